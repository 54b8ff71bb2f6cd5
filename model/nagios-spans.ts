/** The spans of days that a line of a time period means to Nagios 4.4.6 where that is not what it says. Pure. */
import { calendarDate, dayNumber, dayOfMonth, daysInMonth, nthWeekday } from './calendar-day.ts'
import type { DayRule } from './day-rule.ts'

type Point = DayRule['from']

/**
 * Does the line, not one of a plain weekday, mean this day to Nagios? Its search begins in the year, or month, of the day that is asked about: `december 28 -
 * january 3` begins on December 28 and holds no day of January; `day 30 - 3` holds the first three days of a month that has a 30th. A
 * stride makes the end of its span count for nothing, and `/ 1` is no stride. An end that does not exist is the end of its month.
 */
export function nagiosMatches({ kind, from, to, every, open }: DayRule, day: number): boolean {
  const { year, month } = calendarDate(day)
  const span =
    kind === 'date' ? dates(from, to, open && every > 1) : kind === 'weekday' ? null : spanIn(kind, from, to, year, month)
  if (!span) return false
  const [start, end] = span
  if (every > 1) return day >= start && (day - start) % every === 0
  return start <= end ? day >= start && day <= end : day <= end || day >= start
}

const dates = (from: Point, to: Point, open: boolean): [number, number] => {
  const start = dayNumber(from.year, from.month, from.day)
  return [start, open ? Number.POSITIVE_INFINITY : dayNumber(to.year, to.month, to.day)]
}

/** Within a month a start behind the end leaves out the days between them. */
function spanIn(kind: DayRule['kind'], from: Point, to: Point, year: number, month: number): [number, number] | null {
  const yearly = kind === 'month-day' || kind === 'nth-weekday-of-month'
  const start = exact(from, year, from.month || month)
  if (start === null) return null
  const end = exact(to, year, to.month || month)
  if (!yearly) return [start, end ?? lastOf(year, month)]
  if (end !== null && end >= start) return [start, end]
  return [start, exact(to, year + 1, to.month) ?? lastOf(year + 1, to.month)]
}

const exact = (point: Point, year: number, month: number): number | null =>
  point.kind === 'month-day' || point.kind === 'day'
    ? dayOfMonth(year, month, point.day)
    : nthWeekday(year, month, point.weekday, point.nth)

const lastOf = (year: number, month: number) => dayNumber(year, month, daysInMonth(year, month))
