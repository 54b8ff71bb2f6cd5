/** One line of a time period: which days it means and which hours of them. Nagios's syntax and meaning. */
import { calendarDate, dayNumber, dayOfMonth, daysInMonth, nthWeekday, weekdayOf } from './calendar-day.ts'

/** Seconds of the day by the wall clock, both ends included. */
export interface HourRange {
  from: number
  to: number
}

/** In order of precedence: the first kind that matches a day decides alone. */
export const dayKinds = ['date', 'month-day', 'day', 'nth-weekday-of-month', 'nth-weekday', 'weekday'] as const
export type DayKind = (typeof dayKinds)[number]

interface DayPoint {
  kind: DayKind
  year: number
  /** 0 = any. */
  month: number
  day: number
  weekday: number
  nth: number
}

export interface DayRule {
  kind: DayKind
  from: DayPoint
  to: DayPoint
  /** Every n-th day from the start of the span. */
  every: number
  /** A date with a stride but without an end runs for ever. */
  open: boolean
  hours: readonly HourRange[]
}

export type ParsedDayRule = { ok: true; rule: DayRule } | { ok: false; message: string }

const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']
const months = [
  ...['january', 'february', 'march', 'april', 'may', 'june'],
  ...['july', 'august', 'september', 'october', 'november', 'december'],
]
const hoursAtEnd = /(?:^|\s)((?:\d{1,2}:\d{2}\s*-\s*\d{1,2}:\d{2})(?:\s*,\s*\d{1,2}:\d{2}\s*-\s*\d{1,2}:\d{2})*)\s*$/

/** Reads `monday 2 - friday 2 / 2 09:00-12:00,13:00-17:00` and its like. */
export function parseDayRule(line: string): ParsedDayRule {
  const tail = hoursAtEnd.exec(line)
  if (!tail) return { ok: false, message: `no hours at the end of "${line}" (write for example 09:00-17:00)` }
  const hours = parseHours(tail[1] as string)
  if (typeof hours === 'string') return { ok: false, message: hours }
  const [span = '', stride] = line
    .slice(0, tail.index)
    .trim()
    .toLowerCase()
    .split(/\s*\/\s*/)
  const [first = '', second] = span.split(/\s+-\s+/)
  const from = parsePoint(first, null)
  const to = second === undefined ? from : parsePoint(second, from)
  const every = stride === undefined ? 1 : Number(stride)
  if (!from) return { ok: false, message: `"${first}" is not a day` }
  if (!to || to.kind !== from.kind) return { ok: false, message: `"${second}" does not end a span that begins with "${first}"` }
  if (!Number.isInteger(every) || every < 1) return { ok: false, message: `"${stride}" is not a number of days` }
  const open = from.kind === 'date' && second === undefined && stride !== undefined
  return { ok: true, rule: { kind: from.kind, from, to, every, open, hours } }
}

function parseHours(text: string): HourRange[] | string {
  const ranges: HourRange[] = []
  for (const part of text.split(',')) {
    const [h1 = 0, m1 = 0, h2 = 0, m2 = 0] = (part.match(/\d+/g) ?? []).map(Number)
    const range = { from: h1 * 3600 + m1 * 60, to: h2 * 3600 + m2 * 60 }
    if (m1 > 59 || m2 > 59 || range.from > 86_400 || range.to > 86_400 || range.from > range.to)
      return `"${part.trim()}" is not a range of hours within one day`
    ranges.push(range)
  }
  return ranges
}

/** `start` helps to read a shortened end: `february 10 - 15`, `day 1 - 31`. */
function parsePoint(text: string, start: DayPoint | null): DayPoint | null {
  const point = (kind: DayKind, parts: Partial<DayPoint>): DayPoint => ({
    ...{ kind, year: 0, month: 0, day: 0, weekday: 0, nth: 0 },
    ...parts,
  })
  const date = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text)
  if (date) {
    const [year = 0, month = 0, day = 0] = date.slice(1).map(Number)
    return month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month) ? point('date', { year, month, day }) : null
  }
  const words = text.split(/\s+/)
  const [word = '', count, monthName] = words
  const numbered = count === undefined ? Number.NaN : Number(count)
  const whole = Number.isInteger(numbered) && numbered !== 0
  if (/^-?\d+$/.test(word) && words.length === 1 && start && (start.kind === 'month-day' || start.kind === 'day'))
    return { ...start, day: Number(word) }
  if (word === 'day' && whole && words.length === 2) return point('day', { day: numbered })
  const month = months.indexOf(word) + 1
  if (month > 0 && whole && words.length === 2) return point('month-day', { month, day: numbered })
  const weekday = weekdays.indexOf(word)
  if (weekday === -1) return null
  if (words.length === 1) return point('weekday', { weekday })
  if (!whole) return null
  if (words.length === 2) return point('nth-weekday', { weekday, nth: numbered })
  const ofMonth = months.indexOf(monthName ?? '') + 1
  return words.length === 3 && ofMonth > 0 ? point('nth-weekday-of-month', { weekday, nth: numbered, month: ofMonth }) : null
}

/** Does the rule mean this day? */
export function matchesDay(rule: DayRule, day: number): boolean {
  return spansNear(rule, day).some(([from, to]) => day >= from && day <= to && (day - from) % rule.every === 0)
}

/** The spans of the rule that could hold the day: of this month or year, and of the one before when a span runs over. */
function spansNear({ kind, from, to, open }: DayRule, day: number): [number, number][] {
  if (kind === 'date') {
    const start = dayNumber(from.year, from.month, from.day)
    return [[start, open ? Number.POSITIVE_INFINITY : dayNumber(to.year, to.month, to.day)]]
  }
  if (kind === 'weekday') return weekdaySpans(from.weekday, to.weekday, day)
  const { year, month } = calendarDate(day)
  const spans: [number, number][] = []
  const yearly = kind === 'month-day' || kind === 'nth-weekday-of-month'
  for (const back of [0, 1]) {
    const at = yearly ? { year: year - back, month: 0 } : monthBefore(year, month, back)
    const start = resolve(from, at.year, from.month || at.month)
    if (start === null) continue
    const end = endOf(to, at.year, to.month || at.month)
    if (end !== null && end >= start) spans.push([start, end])
    // `monday 1 - friday 1` in a month whose first Friday comes first: the month without the days between them.
    else if (end !== null && kind === 'nth-weekday')
      spans.push([dayNumber(at.year, at.month, 1), end], [start, dayNumber(at.year, at.month + 1, 0)])
    else if (end !== null) {
      const next = yearly ? { year: at.year + 1, month: 0 } : monthBefore(at.year, at.month, -1)
      const later = endOf(to, next.year, to.month || next.month)
      if (later !== null) spans.push([start, later])
    }
  }
  return spans
}

function weekdaySpans(from: number, to: number, day: number): [number, number][] {
  const start = day - ((weekdayOf(day) - from + 7) % 7)
  return [[start, start + ((to - from + 7) % 7)]]
}

function monthBefore(year: number, month: number, back: number): { year: number; month: number } {
  const { year: y, month: m } = calendarDate(dayNumber(year, month - back, 1))
  return { year: y, month: m }
}

function resolve(point: DayPoint, year: number, month: number): number | null {
  return point.kind === 'month-day' || point.kind === 'day'
    ? dayOfMonth(year, month, point.day)
    : nthWeekday(year, month, point.weekday, point.nth)
}

/** A span to day 31, or to a fifth Tuesday, ends with the month that has none. */
function endOf(point: DayPoint, year: number, month: number): number | null {
  const exact = resolve(point, year, month)
  const count = point.kind === 'month-day' || point.kind === 'day' ? point.day : point.nth
  return exact ?? (count > 0 ? dayNumber(year, month, daysInMonth(year, month)) : null)
}
