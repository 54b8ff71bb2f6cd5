/** What an SMS holds: GSM 7-bit default alphabet (3GPP 23.038) or UCS-2, and how many segments a text takes. Pure. */

const basic =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà'
/** These take two places. */
const extended = '^{}\\[~]|€'

const places = new Map([...[...basic].map((one) => [one, 1] as const), ...[...extended].map((one) => [one, 2] as const)])

/** Marks that have a plain form: worth it, a single one of them halves what a segment holds. */
const plainForms: Readonly<Record<string, string>> = {
  '…': '...',
  ...{ '‘': "'", '’': "'", '‚': ',', '“': '"', '”': '"', '„': '"', '«': '"', '»': '"' },
  ...{ '–': '-', '—': '-', '‐': '-', '−': '-', '•': '*', '·': '.', '→': '>', '\u00a0': ' ', '\t': ' ' },
}

export type Alphabet = 'GSM-7' | 'UCS-2'

export interface Sms {
  text: string
  alphabet: Alphabet
  segments: number
}

/** The text as it can be sent: in GSM-7 where every character has a place or a plain form there, else in UCS-2; cut to `most` segments. */
export function smsOf(text: string, most: number, accents: 'keep' | 'drop'): Sms {
  const plain = [...text].map((one) => plainForms[one] ?? one).join('')
  const written = accents === 'drop' ? [...plain].map(withoutAccent).join('') : plain
  const alphabet: Alphabet = [...written].every((one) => places.has(one)) ? 'GSM-7' : 'UCS-2'
  const cut = cutTo(written, most, alphabet)
  return { text: cut, alphabet, segments: segmentsOf(cut, alphabet) }
}

/** `à` has a place, `á` has none but is an `a`; what has neither stays as it is. */
function withoutAccent(one: string): string {
  if (places.has(one)) return one
  const bare = one.normalize('NFD').replace(/\p{M}/gu, '')
  return bare !== '' && [...bare].every((letter) => places.has(letter)) ? bare : one
}

const single = { 'GSM-7': 160, 'UCS-2': 70 } as const
/** A long message gives up some of each segment for its header. */
const joined = { 'GSM-7': 153, 'UCS-2': 67 } as const

const sizeOf = (one: string, alphabet: Alphabet) => (alphabet === 'GSM-7' ? (places.get(one) ?? 1) : one.length)

/** A character that takes two places is not parted: what does not fit begins the next segment. */
export function segmentsOf(text: string, alphabet: Alphabet): number {
  const letters = [...text]
  const whole = letters.reduce((sum, one) => sum + sizeOf(one, alphabet), 0)
  if (whole <= single[alphabet]) return 1
  let segments = 1
  let used = 0
  for (const one of letters) {
    const size = sizeOf(one, alphabet)
    if (used + size > joined[alphabet]) {
      segments++
      used = 0
    }
    used += size
  }
  return segments
}

function cutTo(text: string, most: number, alphabet: Alphabet): string {
  if (segmentsOf(text, alphabet) <= most) return text
  const letters = [...text]
  const end = alphabet === 'GSM-7' ? '...' : '…'
  let low = 0
  let high = letters.length
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (segmentsOf(letters.slice(0, middle).join('') + end, alphabet) <= most) low = middle
    else high = middle - 1
  }
  return (
    letters
      .slice(0, low)
      .join('')
      .replace(/(?:\s|\u200d|\ufe0f)+$/u, '') + end
  )
}
