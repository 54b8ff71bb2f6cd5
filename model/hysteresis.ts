/** Thresholds with another one for the way back: a value that hovers around its limit is one problem, not many. Pure. */
import type { State } from './check.ts'
import { alerts, type Threshold } from './threshold.ts'

export interface Limits {
  warn: Threshold | null
  crit: Threshold | null
  /** A warning, once there, stays while this alerts; null = as `warn`. */
  warnClear: Threshold | null
  critClear: Threshold | null
}

/**
 * A state is entered by its threshold and left by its clear threshold. `previous` is what the last result said; after one that
 * told nothing (unknown) only the thresholds count.
 */
export function judgeWithHysteresis(value: number, limits: Limits, previous: State | null): State {
  const over = (limit: Threshold | null) => limit !== null && alerts(limit, value)
  if (over(limits.crit) || (previous === 'critical' && over(limits.critClear))) return 'critical'
  const wasProblem = previous === 'critical' || previous === 'warning'
  return over(limits.warn) || (wasProblem && over(limits.warnClear)) ? 'warning' : 'ok'
}

/** Does `inner` alert only where `outer` does too? */
export function alertsOnlyWithin(inner: Threshold, outer: Threshold): boolean {
  const [a, b] = [inner, outer]
  const nothing = (one: Threshold) =>
    !one.inside && one.start === Number.NEGATIVE_INFINITY && one.end === Number.POSITIVE_INFINITY
  if (nothing(a)) return true
  if (a.inside && b.inside) return a.start >= b.start && a.end <= b.end
  if (!a.inside && !b.inside) return b.start >= a.start && b.end <= a.end
  // inside [a.start, a.end] alerts; outer alerts outside [b.start, b.end]: they must not touch
  if (a.inside) return a.end < b.start || a.start > b.end
  // inner alerts on both far ends unless it has none
  return a.start === Number.NEGATIVE_INFINITY
    ? b.end === Number.POSITIVE_INFINITY && b.start <= a.end
    : a.end === Number.POSITIVE_INFINITY
      ? b.start === Number.NEGATIVE_INFINITY && b.end >= a.start
      : b.start === Number.NEGATIVE_INFINITY && b.end === Number.POSITIVE_INFINITY
}
