import { DateTime } from 'luxon'

/** `2026-10` → its first instant and the next month's, epoch ms, in the zone: 31 days may have 743, 744 or 745 hours. null = no month. */
export function monthPeriod(month: string, zone: string): { from: number; to: number } | null {
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(month)) return null
  const start = DateTime.fromISO(`${month}-01`, { zone })
  return start.isValid ? { from: start.toMillis(), to: start.plus({ months: 1 }).startOf('month').toMillis() } : null
}

/** The month in which an instant lies: `2026-10`. */
export const monthOf = (time: number, zone: string): string => DateTime.fromMillis(time, { zone }).toFormat('yyyy-MM')

export const monthBefore = (month: string, count = 1): string =>
  DateTime.fromISO(`${month}-01`, { zone: 'utc' }).minus({ months: count }).toFormat('yyyy-MM')

/** First instant of an ISO date in the zone, epoch ms; null when there is no such date. */
export function dateStart(date: string, zone: string): number | null {
  const start = DateTime.fromISO(date, { zone })
  return /^\d{4}-\d{2}-\d{2}$/.test(date) && start.isValid ? start.startOf('day').toMillis() : null
}

/** The instant of day `day` (1…28) and hour of the month after `month`: when its report is due. */
export const dueInNextMonth = (month: string, day: number, hour: number, zone: string): number =>
  DateTime.fromISO(`${month}-01`, { zone }).plus({ months: 1 }).set({ day, hour }).toMillis()
