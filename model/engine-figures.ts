/** What the alert engine costs and how late it is, as it counts itself since its start. */

/** Of a number of measurements; null = there was none. */
export interface Spread {
  p50: number
  p95: number
  max: number
}

/** One check's cost. Times in ms. */
export interface CheckCost {
  check: string
  rule: string
  targetName: string
  project: string | null
  runs: number
  /** How long a run takes, newer runs counting more. */
  tookMs: number
  /** How long after its time it is run. */
  lateMs: number
}

export interface EngineFigures {
  /** Checks known, and those that this engine decides on. */
  checks: number
  owned: number
  /** Since the start. */
  runs: number
  cycles: number
  /** Of the last minute. */
  checksPerSecond: number
  /** Of the last five minutes, ms. */
  lateMs: Spread | null
  cycleMs: Spread | null
  commitMs: Spread | null
  commitFailures: number
  deliveries: readonly { notifier: string; outcome: 'sent' | 'failed' | 'waiting'; count: number }[]
  /** Mean time of a run by rule, with how many checks it has. */
  rules: readonly { rule: string; checks: number; runs: number; tookMs: number }[]
  slowest: readonly CheckCost[]
  latest: readonly CheckCost[]
  /** Percent of weighted changes among the last 21 states, most first. */
  flapping: readonly {
    check: string
    rule: string
    targetName: string
    project: string | null
    percent: number
    flapping: boolean
  }[]
}

/** 50th and 95th percentile (nearest rank) and largest. */
export function spreadOf(values: readonly number[]): Spread | null {
  if (values.length === 0) return null
  const sorted = [...values].sort((a, b) => a - b)
  const rank = (share: number) => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] as number
  return { p50: rank(0.5), p95: rank(0.95), max: sorted.at(-1) as number }
}
