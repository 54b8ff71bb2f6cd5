/** What a check that belongs to one device has besides a rule: Nagios' terms for hosts and their services. */
import type { State } from '../model/check.ts'
import type { TimePeriod } from '../model/time-period.ts'
import type { Escalation } from './hearing.ts'

export interface OwnCheck {
  /** The device's own check: critical is down, unknown is unreachable. */
  host: boolean
  /** Names of contacts that hear of it whatever they hear of otherwise. */
  contacts: readonly string[]
  /** Instead of them, by number of notification. */
  escalations: readonly Escalation[]
  dependsOn: readonly OwnMaster[]
  /** Run only inside; null = always. */
  checkPeriod: TimePeriod | null
  /** Run only when no result came for so long, ms; null = run as planned. */
  onlyAfterMs: number | null
  /** For `$_SERVICENAME$` in its command. */
  variables: Readonly<Record<string, string>>
}

/** A check of this or another device that explains this one. */
export interface OwnMaster {
  device: string
  /** Null = the device's own check. */
  service: string | null
  states: readonly (State | 'pending')[]
  holds: 'notifications' | 'checks' | 'both'
  inherits: boolean
  /** Counts only inside; null = always. */
  period: TimePeriod | null
}
