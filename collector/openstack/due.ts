/** When what is read of an API. Pure; times are epoch ms. */

/** Is it time for a reading of everything? They are made at an hour of the day, UTC, every so often. */
export function fullListDue(last: number | null, { every, hour }: { every: number; hour: number }, now: number): boolean {
  if (last === null) return true
  const offset = hour * 3_600_000
  const slot = Math.floor((now - offset) / every) * every + offset
  return last < slot
}

/** Messages may have been lost until `heardAgainAt`: what they told is found by a reading of everything that begins later. */
export const deafSince = (last: number | null, heardAgainAt: number | null): boolean =>
  last !== null && heardAgainAt !== null && heardAgainAt >= last

/** An hour after one that lacked something, ms. */
const againAfter = 3_600_000
/** A part of the time that is spent on readings of everything at the most. */
const share = 1 / 20

/** How long after the beginning of a reading of everything the next one may begin, ms. */
export const restAfter = (took: number, lacking: boolean): number => (lacking ? againAfter : took / share)

/**
 * From when on changes are asked for: well before the last reading, as rows become visible after the time that they bear, and
 * clocks differ.
 */
export const changesSince = (lastReadAt: number, interval: number): number => lastReadAt - 2 * interval
