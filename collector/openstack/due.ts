/** When what is read of an API. Pure; times are epoch ms. */

/** Is it time for a reading of everything? They are made at an hour of the day, UTC, every so often. */
export function fullListDue(last: number | null, { every, hour }: { every: number; hour: number }, now: number): boolean {
  if (last === null) return true
  const offset = hour * 3_600_000
  const slot = Math.floor((now - offset) / every) * every + offset
  return last < slot
}

/**
 * From when on changes are asked for: well before the last reading, as rows become visible after the time that they bear, and
 * clocks differ.
 */
export const changesSince = (lastReadAt: number, interval: number): number => lastReadAt - 2 * interval
