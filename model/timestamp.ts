const shape = /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s*(Z|[+-]\d\d:?\d\d)?$/

/**
 * Reads every shape of time that OpenStack services write: with a blank or a T, with or without fraction, with Z, +00:00,
 * +0000 or no zone (then UTC). Epoch ms, fractions of a millisecond cut off; null for '', null or anything that is no time.
 */
export function parseTimestamp(value: unknown): number | null {
  if (typeof value !== 'string' || value === '') return null
  const match = shape.exec(value)
  if (!match) return null
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = match
  const milliseconds = fraction === '' ? 0 : Math.floor(Number(`0.${fraction}`) * 1000)
  const time = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second), milliseconds)
  const date = new Date(time)
  if (date.getUTCDate() !== Number(day) || date.getUTCMonth() !== Number(month) - 1) return null
  if (zone === 'Z') return time
  const sign = zone.startsWith('-') ? -1 : 1
  const offset = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))
  return time - sign * offset * 60_000
}

/** Nova's database keeps whole seconds, cut off: compare times of different witnesses only after this. */
export const floorToSecond = (time: number): number => Math.floor(time / 1000) * 1000
