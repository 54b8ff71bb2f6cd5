/** An alert: something to tell about a check, on its way through the stages to the people who want it. */
import type { AlertKind, State } from '../model/check.ts'
import type { FlappingRule } from '../model/flapping.ts'
import type { StateRule } from '../model/state.ts'
import type { TimePeriod } from '../model/time-period.ts'
import type { Tracked } from '../model/tracked-check.ts'

/** What a rule or a contact may want to hear of. */
export type Wish = State | 'recovery' | 'flapping' | 'downtime'

export interface AlertRule extends StateRule {
  /** Time until an unacknowledged problem is told again; 0 = once. */
  repeatMs: number
  /** A problem that ends before this is not told. */
  delayMs: number
  /** What is told at all. */
  tells: readonly Wish[]
  /** null = flapping is not looked for. */
  flapping: FlappingRule | null
  /** Told only inside; null = always. */
  period: TimePeriod | null
}

export interface Alert {
  kind: AlertKind
  check: Tracked
  rule: AlertRule
}

/** What holds around a check at the moment of an alert; texts are reasons for people, null = it does not hold. */
export interface StageContext {
  now: number
  /** What the target runs on does not work; `certain` once that problem is hard. */
  dependency: { reason: string; certain: boolean } | null
  /** Somebody switched notifications off. */
  off?: string | null
  /** Another check that this one depends on is in a state in which nobody is told of this one. */
  master?: string | null
  /** Until then a first word waits whether it is one of many. */
  groupingUntil?: number | null
  /** A planned downtime is under way: the check's own. */
  downtime?: string | null
  /** … or that of what it runs on. */
  downtimeBelow?: string | null
  /** A flexible downtime starts with this very problem. */
  downtimeStarting?: string | null
  /** A notification held in a downtime moves the clock of a check that is told once, as in Nagios: nothing follows from it. */
  clockMovesInDowntime?: boolean
  /** Next instants are computed as Nagios does. */
  nagiosPeriods?: boolean
}

/** A held alert: the code is stable, the reason is for people. */
export interface Hold {
  stage: string
  reason: string
  /** The notification clock moves here. */
  next?: number
}

/** Decides whether an alert may go on; null lets it pass. Pure. */
export type Stage = (alert: Alert, context: StageContext) => Hold | null

/** Who is told, and when a problem is told again. */
export interface Reach<R> {
  recipients: readonly R[]
  /** An escalation decided it. */
  escalated: boolean
  repeatMs: number
}

/** Asked for an alert that passed its stages, with the number it would have. */
export type Reaching<R> = (alert: Alert, number: number) => Reach<R>

/** Somebody is told, with the notification's number. */
export interface Telling<R> {
  kind: AlertKind
  number: number
  recipients: readonly R[]
  escalated: boolean
}
