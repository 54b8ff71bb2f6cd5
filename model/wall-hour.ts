import { DateTime } from 'luxon'

/** Hour of the day, 0…23, on a clock on the wall of that zone. */
export const wallHour = (time: number, zone: string): number => DateTime.fromMillis(time, { zone }).hour
