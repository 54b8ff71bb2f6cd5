/** What a month will have cost, from what it cost so far and how fast money is being spent. Pure; currency units. */

export interface Forecast {
  low: number
  expected: number
  high: number
}

const dayMs = 86_400_000

export interface SpendingPace {
  /** Of this month until now. */
  spent: number
  /** What each of the last days cost (windows of 24 hours, newest last, the newest ends now); fewer when there is no more past. */
  days: readonly number[]
  /** What everything that exists now costs in 24 hours. */
  nowPerDay: number
  now: number
  monthEnd: number
}

/**
 * spent + remaining time × pace. The expected pace is the mean of two: the mean of the last seven days, which knows of what
 * comes and goes, and what is held at this moment, which knows of what was started or deleted an hour ago. The range is not a
 * confidence interval but what the remaining days would cost at the slowest and at the fastest pace seen among those days and
 * now: it is narrow for a project that never changes, and honest about one that does. What was spent is spent: at the month's end
 * all three are the same.
 */
export function forecast({ spent, days, nowPerDay, now, monthEnd }: SpendingPace): Forecast {
  const remaining = Math.max(0, monthEnd - now) / dayMs
  const mean = days.length === 0 ? nowPerDay : days.reduce((sum, day) => sum + day, 0) / days.length
  const paces = [...days, nowPerDay]
  return {
    low: spent + remaining * Math.min(...paces),
    expected: spent + (remaining * (mean + nowPerDay)) / 2,
    high: spent + remaining * Math.max(...paces),
  }
}
