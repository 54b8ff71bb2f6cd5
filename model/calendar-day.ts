/** Days as numbers since 1970-01-01 and the little arithmetic that time periods need. No zones, no clock. */

export interface CalendarDate {
  year: number
  /** 1…12 */
  month: number
  day: number
}

const dayMs = 86_400_000

/** Days since the epoch of a date that may run over its month. */
export const dayNumber = (year: number, month: number, day: number) => Math.floor(Date.UTC(year, month - 1, day) / dayMs)

/** The date of a day number. */
export function calendarDate(number: number): CalendarDate {
  const date = new Date(number * dayMs)
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
}

/** 0 = Sunday. */
export const weekdayOf = (number: number) => (((number + 4) % 7) + 7) % 7

/** 28…31. */
export const daysInMonth = (year: number, month: number) => dayNumber(year, month + 1, 1) - dayNumber(year, month, 1)

/** Day `day` of a month, -1 = the last; null when the month has no such day. */
export function dayOfMonth(year: number, month: number, day: number): number | null {
  const length = daysInMonth(year, month)
  const wanted = day < 0 ? length + day + 1 : day
  return wanted >= 1 && wanted <= length ? dayNumber(year, month, wanted) : null
}

/** The nth `weekday` of a month, -1 = the last; null when there is none. */
export function nthWeekday(year: number, month: number, weekday: number, nth: number): number | null {
  const length = daysInMonth(year, month)
  const first = dayNumber(year, month, 1)
  const offset = (weekday - weekdayOf(first) + 7) % 7
  const inMonth = nth > 0 ? offset + (nth - 1) * 7 : offset + (Math.floor((length - 1 - offset) / 7) + nth + 1) * 7
  return inMonth >= 0 && inMonth < length ? first + inMonth : null
}
