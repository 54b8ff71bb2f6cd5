/** Time ranges as people and URLs write them. Days and months are cut in a time zone; 23- and 25-hour days come out right. */
import { DateTime } from 'luxon'

/** [from, to), epoch ms, with the texts it came from so that a page can keep them in its links. */
export interface TimeRange {
  from: number
  to: number
  fromText: string
  toText: string
  /** Ends now: the page moves with the clock. */
  live: boolean
}

export type ParsedRange = { ok: true; range: TimeRange } | { ok: false; wrong: 'from' | 'to' | 'order' | 'span' }

const units = { s: 'second', m: 'minute', h: 'hour', d: 'day', w: 'week', M: 'month', y: 'year' } as const
type Unit = keyof typeof units
const longestMs = 10 * 366 * 86_400_000
const latestMs = Date.UTC(2200, 0, 1)

/** `now`, `now-6h`, `now/d` (start of today), `now-1M/M`, an ISO date or time, or epoch ms → epoch ms; null when it is none of these. */
export function parseInstant(text: string, now: number, zone: string): number | null {
  const relative = /^now(?:([+-])(\d{1,5})([smhdwMy]))?(?:\/([smhdwMy]))?$/.exec(text)
  if (relative) {
    const [, sign, amount, unit, floor] = relative
    let at = DateTime.fromMillis(now, { zone })
    if (unit) at = at.plus({ [units[unit as Unit]]: (sign === '-' ? -1 : 1) * Number(amount) })
    if (floor) at = at.startOf(units[floor as Unit])
    return valid(at.toMillis())
  }
  if (/^\d{9,14}$/.test(text)) return valid(Number(text))
  if (!/^\d{4}-/.test(text) || text.length > 40) return null
  const iso = DateTime.fromISO(text.replace(' ', 'T'), { zone })
  return iso.isValid ? valid(iso.toMillis()) : null
}

const valid = (time: number) => (Number.isFinite(time) && time >= 0 && time <= latestMs ? time : null)

/** Both ends at once; says which end is wrong, so that the form can point at it. */
export function parseRange(fromText: string, toText: string, now: number, zone: string): ParsedRange {
  const from = parseInstant(fromText, now, zone)
  if (from === null) return { ok: false, wrong: 'from' }
  const to = parseInstant(toText, now, zone)
  if (to === null) return { ok: false, wrong: 'to' }
  if (from >= to) return { ok: false, wrong: 'order' }
  if (to - from > longestMs) return { ok: false, wrong: 'span' }
  return { ok: true, range: { from, to, fromText, toText, live: toText === 'now' } }
}

/** Ranges that pages offer by name. */
export const presets = [
  { name: '15m', from: 'now-15m', to: 'now' },
  { name: '1h', from: 'now-1h', to: 'now' },
  { name: '6h', from: 'now-6h', to: 'now' },
  { name: '24h', from: 'now-24h', to: 'now' },
  { name: '7d', from: 'now-7d', to: 'now' },
  { name: '30d', from: 'now-30d', to: 'now' },
  { name: 'today', from: 'now/d', to: 'now' },
  { name: 'this-month', from: 'now/M', to: 'now' },
  { name: 'last-month', from: 'now-1M/M', to: 'now/M' },
] as const

const steps = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 1_209_600,
]

/** The finest round step that cuts the range into at most `points` buckets and is not below `least`. */
export function stepFor(range: { from: number; to: number }, points: number, least = 1000): number {
  const wanted = Math.max(least, (range.to - range.from) / Math.max(1, points))
  const step = steps.find((seconds) => seconds * 1000 >= wanted)
  return step === undefined ? Math.ceil(wanted / 604_800_000) * 604_800_000 : step * 1000
}

/** The calendar month before, around and after the start of a range, as ISO dates for links. */
export function monthsAround(from: number, zone: string): { previous: string; current: string; next: string; after: string } {
  const start = DateTime.fromMillis(from, { zone }).startOf('month')
  const iso = (months: number) => start.plus({ months }).toISODate() as string
  return { previous: iso(-1), current: iso(0), next: iso(1), after: iso(2) }
}

/** True when the range is exactly one calendar month of the zone. */
export function isMonth(range: { from: number; to: number }, zone: string): boolean {
  const start = DateTime.fromMillis(range.from, { zone })
  return start.startOf('month').toMillis() === range.from && start.plus({ months: 1 }).startOf('month').toMillis() === range.to
}

/** The calendar days of the zone that a range touches, cut at its ends. */
export function daysWithin(range: { from: number; to: number }, zone: string): { from: number; to: number }[] {
  const days: { from: number; to: number }[] = []
  let start = DateTime.fromMillis(range.from, { zone })
  while (start.toMillis() < range.to && days.length < 400) {
    const next = start.startOf('day').plus({ days: 1 })
    days.push({ from: start.toMillis(), to: Math.min(next.toMillis(), range.to) })
    start = next
  }
  return days
}
