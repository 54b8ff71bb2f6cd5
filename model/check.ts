/** Checks, their states and what the alerter decides. Terms are Nagios's where Nagios has one. */
import type { ResourceRef } from './event.ts'

/** `nodata`: whatever the check reads has fallen silent; nothing is known, and that is known for sure. */
export type State = 'ok' | 'warning' | 'critical' | 'unknown' | 'nodata'

/** Plugin exit codes in order: 0 ok, 1 warning, 2 critical, 3 unknown. No plugin can say `nodata`: that is ours to find out. */
export const states: readonly Exclude<State, 'nodata'>[] = ['ok', 'warning', 'critical', 'unknown']

/** What a plugin that runs this check exits with: to Nagios no data is unknown. */
export const exitCode = (state: State): number => (state === 'nodata' ? 3 : states.indexOf(state))

/** Problem states, the worst first: the order in which pages list and count them. */
export const problemStates = ['critical', 'unknown', 'nodata', 'warning'] as const satisfies readonly State[]

/** Whether the states that somebody listed cover this one: who asks for unknown gets no data too, as with Nagios. */
export const covers = (listed: readonly string[], state: string): boolean =>
  listed.includes(state) || (state === 'nodata' && listed.includes('unknown'))

/** One `label=value[UOM];warn;crit;min;max` item; warn and crit stay as range text. value null = `U`. */
export interface Perfdata {
  label: string
  value: number | null
  unit: string
  warn?: string
  crit?: string
  min?: number
  max?: number
}

export interface CheckResult {
  state: State
  output: string
  longOutput?: string
  perfdata: readonly Perfdata[]
  /** It came from outside, and says what it means: a device's is hard at once. */
  pushed?: true
}

/** Where a check stands. Times are epoch ms. */
export interface CheckState {
  state: State
  hard: boolean
  attempt: number
  /** False until the first result. */
  checked: boolean
  lastStateChange: number | null
  lastHardState: State
  lastHardStateChange: number | null
  /** Time of the newest result; null before the first. */
  lastCheck: number | null
  output: string
  /** What it runs on did not work at the last result: a soft problem is counted anew once that is over. */
  onBrokenGround?: boolean
}

/** A problem as pages show it: a check in a non-ok state, with what people did about it. */
export interface Problem {
  /** Stable id of the check on its target; used in URLs. */
  check: string
  rule: string
  plugin: string
  target: ResourceRef
  /** Display name of the target at the time of reading. */
  targetName: string | null
  project: string | null
  host: string | null
  state: State
  hard: boolean
  attempt: number
  maxAttempts: number
  since: number
  output: string
  longOutput: string | null
  perfdata: readonly Perfdata[]
  lastCheck: number | null
  nextCheck: number | null
  acknowledgement: Acknowledgement | null
  /** The check whose problem explains this one; it may be one that the reader may not see. */
  cause?: string | null
  /** Planned work on it or on what it runs on is under way. */
  inDowntime?: boolean
  /** When it left ok, whatever states it went through since; absent while it is ok. Tells this problem from the next. */
  began?: number
}

export interface Acknowledgement {
  author: string
  comment: string
  time: number
  sticky: boolean
  /** It ends by itself then, and those who have to be are told again. */
  until?: number
}

/** What somebody wrote about a check; it stays when the acknowledgement that it came with ends. */
export interface Comment {
  id: number
  check: string
  time: number
  author: string
  text: string
}

export interface Transition {
  seq: number
  check: string
  rule: string
  target: ResourceRef
  targetName: string | null
  project: string | null
  time: number
  from: State
  to: State
  hard: boolean
  attempt: number
  output: string
}

/** What there may be to tell about a check. */
export type AlertKind =
  | 'problem'
  | 'recovery'
  | 'acknowledgement'
  | 'custom'
  | 'flapping-start'
  | 'flapping-stop'
  | 'flapping-disabled'
  | 'downtime-start'
  | 'downtime-end'
  | 'downtime-cancelled'

/** One attempt to tell one person, and how it went: the reason of every silence is kept too. */
export interface NotificationRecord {
  check: string
  time: number
  /** `handler`: no message, an event handler that was run. */
  kind: AlertKind | 'test' | 'handler'
  state: State
  contact: string
  notifier: string
  outcome: 'sent' | 'failed' | 'waiting' | 'suppressed'
  reason: string | null
  attempts: number
  /** Stable code of what held it (`downtime`, `quiet`, `contact` …), beside the reason for people. */
  filter?: string
}
