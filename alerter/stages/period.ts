import { nextWithin, within } from '../../model/time-period.ts'
import type { Stage } from '../alert.ts'

/** Outside the notification period a problem waits for its next beginning. */
export const period: Stage = ({ rule }, { now, nagiosPeriods = false }) => {
  if (!rule.period || within(rule.period, now)) return null
  const next = nextWithin(rule.period, now, { nagiosCompatible: nagiosPeriods })
  return {
    stage: 'period',
    reason: `outside the notification period "${rule.period.name}"`,
    next: next ?? now,
  }
}
