/** When a device's check may run: inside its check period, and some only when nobody else has told its state for long. */
import { nextWithin, within } from '../model/time-period.ts'
import type { Entry } from './registry.ts'
import type { Around } from './surroundings.ts'

/** Until when the check waits, epoch ms; null = it may run. */
export function notYet({ rule, stored }: Entry, { config }: Pick<Around, 'config'>, now: number): number | null {
  const own = rule.device
  if (!own) return null
  if (own.onlyAfterMs !== null && stored.state.lastCheck !== null) {
    const stale = stored.state.lastCheck + own.onlyAfterMs
    if (now < stale) return Math.min(stale, now + rule.intervalMs)
  }
  if (own.checkPeriod === null || within(own.checkPeriod, now)) return null
  const next = nextWithin(own.checkPeriod, now, { nagiosCompatible: config.quirks.periodGaps })
  return Math.min(next ?? Number.POSITIVE_INFINITY, now + rule.intervalMs)
}
