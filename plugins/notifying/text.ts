/** Text that came from outside, made fit for a message: names are chosen by tenants, outputs by whoever wrote the check. Pure. */

/** Control characters but line feed and tab, line separators, and marks that turn the writing direction or show nothing at all. */
const hidden =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed here
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu

/** A carriage return alone ends a line too. */
const lineEnds = /\r\n?|[\u0085\u2028\u2029]/g

/** Valid Unicode that hides nothing; lines stay lines. */
export const plain = (text: string): string => text.toWellFormed().replace(lineEnds, '\n').replace(hidden, '')

/** The same on one line, no longer than so many UTF-16 units. */
export const oneLine = (text: string, longest: number): string =>
  clip(
    plain(text.slice(0, longest * 4 + 1000))
      .replace(/\s+/g, ' ')
      .trim(),
    longest,
  )

/** What services count as a character: never fewer than a person would. */
export const units = (text: string): number => text.length
export const bytes = (text: string): number => Buffer.byteLength(text)

/** The text, or as much of it as fits with an ellipsis; no character is cut in two. */
export function clip(text: string, longest: number, measure: (text: string) => number = units): string {
  if (measure(text) <= longest) return text
  const room = longest - measure('…')
  if (room < 0) return ''
  let low = 0
  let high = Math.min(text.length, room)
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (measure(whole(text.slice(0, middle))) <= room) low = middle
    else high = middle - 1
  }
  return `${whole(text.slice(0, low)).trimEnd()}…`
}

/** Without half a surrogate pair or a joiner that joins nothing at its end. */
const whole = (text: string) => text.replace(/[\ud800-\udbff]$/, '').replace(/[\u200d\ufe0e\ufe0f]+$/u, '')

/** Text for HTML of chat services, which know these and no other entities. */
export const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** As many characters of the source as fit once they are escaped. */
export function clipEscaped(text: string, longest: number, escaping: (text: string) => string): string {
  return escaping(clip(text, longest, (one) => escaping(one).length))
}
