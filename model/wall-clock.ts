/** Wall clocks of time zones: which instant a clock on a wall means, also where clocks are changed. */
import { IANAZone } from 'luxon'

const dayMs = 86_400_000

/** Milliseconds that the zone's wall clock is ahead of UTC. */
export const aheadOfUtc = (zone: string, at: number) => IANAZone.create(zone).offset(at) * 60_000

/** What the wall clock shows, as if it were UTC: epoch ms of that reading. */
export const wallTime = (zone: string, at: number) => at + aheadOfUtc(zone, at)

/** The instant within a day of `about` at which the zone's offset changes, to the second. */
export function clockChange(zone: string, about: number): number {
  let low = Math.floor((about - dayMs) / 1000)
  let high = low + (2 * dayMs) / 1000
  const before = aheadOfUtc(zone, low * 1000)
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (aheadOfUtc(zone, middle * 1000) === before) low = middle
    else high = middle
  }
  return high * 1000
}

/**
 * The first instant at which the wall clock shows `wall` (as of `wallTime`). An hour that the clock shows twice counts the first
 * time; one that it skips is the instant of the change.
 */
export function instantOf(zone: string, wall: number): number {
  const possible = [-dayMs, dayMs].map((side) => wall - aheadOfUtc(zone, wall + side))
  const shown = possible.filter((at) => wallTime(zone, at) === wall)
  return shown.length > 0 ? Math.min(...shown) : clockChange(zone, wall)
}
