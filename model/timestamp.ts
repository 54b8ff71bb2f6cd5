const shape = /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s*(Z|[+-]\d\d:?\d\d)?$/

/**
 * Reads every shape of time that OpenStack services write: with a blank or a T, with or without fraction, with Z, +00:00,
 * +0000 or no zone (then UTC). Epoch ms, fractions of a millisecond cut off; null for '', null or anything that is no time.
 */
export function parseTimestamp(value: unknown): number | null {
  if (typeof value !== 'string' || value === '') return null
  const usual = usualTime(value)
  if (usual !== null) return usual
  const match = shape.exec(value)
  if (!match) return null
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = match
  const milliseconds = Number(fraction.slice(0, 3).padEnd(3, '0'))
  const time = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second), milliseconds)
  const date = new Date(time)
  if (date.getUTCDate() !== Number(day) || date.getUTCMonth() !== Number(month) - 1) return null
  if (zone === 'Z') return time
  const sign = zone.startsWith('-') ? -1 : 1
  const offset = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))
  return time - sign * offset * 60_000
}

/** `2026-10-05T12:30:00` with a fraction or without, which is nearly every time of every message: ten times as fast as the rule. */
function usualTime(value: string): number | null {
  if (value.length < 19) return null
  const year = digits(value, 0, 4)
  const month = digits(value, 5, 7)
  const day = digits(value, 8, 10)
  const hour = digits(value, 11, 13)
  const minute = digits(value, 14, 16)
  const second = digits(value, 17, 19)
  const separated =
    value[4] === '-' && value[7] === '-' && (value[10] === 'T' || value[10] === ' ') && value[13] === ':' && value[16] === ':'
  if (!separated || year < 100 || month < 1 || month > 12 || day < 1 || day > 28) return null
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return null
  let milliseconds = 0
  if (value.length > 19) {
    if (value[19] !== '.' || value.length < 23 || value.length > 29) return null
    milliseconds = digits(value, 20, 23)
    if (milliseconds < 0 || digits(value, 23, value.length) < 0) return null
  }
  return Date.UTC(year, month - 1, day, hour, minute, second, milliseconds)
}

/** -1 when there is anything but digits. */
function digits(value: string, from: number, to: number): number {
  let number = 0
  for (let at = from; at < to; at++) {
    const digit = value.charCodeAt(at) - 48
    if (digit < 0 || digit > 9) return -1
    number = number * 10 + digit
  }
  return number
}

/** Nova's database keeps whole seconds, cut off: compare times of different witnesses only after this. */
export const floorToSecond = (time: number): number => Math.floor(time / 1000) * 1000
