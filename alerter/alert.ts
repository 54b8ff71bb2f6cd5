/** An alert: a problem or a recovery on its way through the stages to the people who want it. */
import type { State } from '../model/check.ts'
import type { FlappingRule } from '../model/flapping.ts'
import type { StateRule } from '../model/state.ts'
import type { TimePeriod } from '../model/time-period.ts'
import type { Tracked } from '../model/tracked-check.ts'

export interface AlertRule extends StateRule {
  /** Time until an unacknowledged problem is told again; 0 = once. */
  repeatMs: number
  /** A problem that ends before this is not told. */
  delayMs: number
  /** What is told at all. */
  tells: readonly (State | 'recovery' | 'flapping')[]
  /** null = flapping is not looked for. */
  flapping: FlappingRule | null
  /** Told only inside; null = always. */
  period: TimePeriod | null
}

export interface Alert {
  kind: 'problem' | 'recovery' | 'flapping-start' | 'flapping-stop'
  check: Tracked
  rule: AlertRule
}

export interface StageContext {
  now: number
  /** What the target runs on does not work; `certain` once that problem is hard. */
  dependency: { reason: string; certain: boolean } | null
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
