/** What is usual at this hour of the week, and how far from it a value is. Pure. */
import { DateTime } from 'luxon'

export interface Usual {
  mean: number
  /** Standard deviation of the past weeks, never below the least that counts. */
  spread: number
  weeks: number
}

export interface Hour {
  /** 1 = last week. */
  week: number
  from: number
  to: number
}

/** The hour of the week that `now` is in, in each of the last weeks, by the clock on the wall: clock changes do not move it. */
export function sameHours(now: number, weeks: number, zone: string): Hour[] {
  const hour = DateTime.fromMillis(now, { zone }).startOf('hour')
  return Array.from({ length: weeks }, (_, i) => {
    const from = hour.minus({ weeks: i + 1 }).toMillis()
    return { week: i + 1, from, to: from + 3_600_000 }
  })
}

/**
 * Mean and spread of the same hour in past weeks; null when fewer weeks than `atLeast` are known. Few weeks that happen to agree
 * do not make anything else strange: the spread is at least `leastShare` of the mean, and `least`.
 */
export function usual(
  means: readonly (number | null)[],
  { atLeast, least, leastShare }: { atLeast: number; least: number; leastShare: number },
): Usual | null {
  const known = means.filter((mean) => mean !== null)
  if (known.length < Math.max(2, atLeast)) return null
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length
  const variance = known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (known.length - 1)
  return { mean, weeks: known.length, spread: Math.max(Math.sqrt(variance), least, leastShare * Math.abs(mean)) }
}

/** In standard deviations; 0 where both agree, without bound where nothing ever varied. */
export function deviation(value: number, { mean, spread }: Usual): number {
  const distance = value - mean
  return distance === 0 ? 0 : spread === 0 ? Math.sign(distance) * Number.MAX_VALUE : distance / spread
}
