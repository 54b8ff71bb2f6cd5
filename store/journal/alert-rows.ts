/** Rows of the alert tables and what they mean. */
import type { SQLInputValue } from 'node:sqlite'
import type { Acknowledgement, CheckState, NotificationRecord, Perfdata, Problem, State, Transition } from '../../model/check.ts'
import type { Message } from '../../model/contract.ts'
import type { Flapping } from '../../model/flapping.ts'
import type { QueuedNotification, StoredCheck, Told } from '../../model/tracked-check.ts'

export interface CheckRow {
  id: string
  rule: string
  plugin: string
  target_kind: string
  target_id: string
  target_name: string | null
  project: string | null
  host: string | null
  max_attempts: number
  state: State
  hard: number
  attempt: number
  checked: number
  last_state_change: number | null
  last_hard_state: State
  last_hard_state_change: number | null
  last_check: number | null
  next_check: number | null
  output: string
  long_output: string | null
  perfdata: string
  ack_author: string | null
  ack_comment: string | null
  ack_time: number | null
  ack_sticky: number | null
  ack_until: number | null
  on_broken_ground: number
  told: string
  flapping: string
  cause: string | null
  created_at: number
  /** Where the query asks for it. */
  in_downtime?: number
}

/** Columns of check_state in the order of `checkValues`. */
export const checkColumns = [
  ...['id', 'rule', 'plugin', 'target_kind', 'target_id', 'target_name', 'project', 'host', 'max_attempts', 'state', 'hard'],
  ...['attempt', 'checked', 'last_state_change', 'last_hard_state', 'last_hard_state_change', 'last_check', 'next_check'],
  ...[
    'output',
    'long_output',
    'perfdata',
    'ack_author',
    'ack_comment',
    'ack_time',
    'ack_sticky',
    'ack_until',
    'on_broken_ground',
    'told',
    'flapping',
    'cause',
    'created_at',
  ],
]

/** `texts`: what is kept as JSON, where somebody has it already. */
export function checkValues(
  check: StoredCheck,
  texts: { perfdata: string; told: string; flapping: string } = {
    ...{ perfdata: JSON.stringify(check.perfdata), told: JSON.stringify(check.told), flapping: JSON.stringify(check.flapping) },
  },
): SQLInputValue[] {
  const { state, acknowledgement: ack } = check
  return [
    ...[check.id, check.rule, check.plugin, check.target.kind, check.target.id, check.targetName, check.project, check.host],
    ...[check.maxAttempts, state.state, Number(state.hard), state.attempt, Number(state.checked), state.lastStateChange],
    ...[state.lastHardState, state.lastHardStateChange, state.lastCheck, check.nextCheck, state.output, check.longOutput],
    ...[
      texts.perfdata,
      ack?.author ?? null,
      ack?.comment ?? null,
      ack?.time ?? null,
      ack ? Number(ack.sticky) : null,
      ack?.until ?? null,
      Number(state.onBrokenGround === true),
    ],
    ...[texts.told, texts.flapping, check.cause ?? null, state.lastCheck ?? check.nextCheck ?? 0],
  ]
}

const acknowledgementOf = (row: CheckRow): Acknowledgement | null =>
  row.ack_author === null
    ? null
    : {
        ...{ author: row.ack_author, comment: row.ack_comment ?? '', time: row.ack_time ?? 0, sticky: row.ack_sticky === 1 },
        ...(row.ack_until === null ? {} : { until: row.ack_until }),
      }

export function toStoredCheck(row: CheckRow): StoredCheck {
  const state: CheckState = {
    state: row.state,
    hard: row.hard === 1,
    attempt: row.attempt,
    checked: row.checked === 1,
    lastStateChange: row.last_state_change,
    lastHardState: row.last_hard_state,
    lastHardStateChange: row.last_hard_state_change,
    lastCheck: row.last_check,
    output: row.output,
    onBrokenGround: row.on_broken_ground === 1,
  }
  return {
    id: row.id,
    ...subjectOf(row),
    maxAttempts: row.max_attempts,
    state,
    longOutput: row.long_output,
    perfdata: JSON.parse(row.perfdata) as Perfdata[],
    nextCheck: row.next_check,
    acknowledgement: acknowledgementOf(row),
    told: JSON.parse(row.told) as Told,
    flapping: JSON.parse(row.flapping) as Flapping,
    cause: row.cause,
  }
}

/** Which rule looks at what. */
const subjectOf = (row: CheckRow) => ({
  rule: row.rule,
  plugin: row.plugin,
  target: { kind: row.target_kind, id: row.target_id },
  targetName: row.target_name,
  project: row.project,
  host: row.host,
})

export function toProblem(row: CheckRow): Problem {
  const { began, held } = JSON.parse(row.told) as Told
  return {
    check: row.id,
    ...subjectOf(row),
    state: row.state,
    hard: row.hard === 1,
    attempt: row.attempt,
    maxAttempts: row.max_attempts,
    since: row.last_state_change ?? row.created_at,
    output: row.output,
    longOutput: row.long_output,
    perfdata: JSON.parse(row.perfdata) as Perfdata[],
    lastCheck: row.last_check,
    nextCheck: row.next_check,
    ...{ acknowledgement: acknowledgementOf(row), cause: row.cause },
    ...(began === undefined ? {} : { began }),
    ...(row.in_downtime === 1 || (held === 'downtime' && row.state !== 'ok') ? { inDowntime: true } : {}),
  }
}

export interface TransitionRow {
  seq: number
  check_id: string
  rule: string
  target_kind: string
  target_id: string
  target_name: string | null
  project: string | null
  time: number
  from_state: State
  to_state: State
  hard: number
  attempt: number
  output: string
}

export const toTransition = (row: TransitionRow): Transition => ({
  seq: row.seq,
  check: row.check_id,
  rule: row.rule,
  target: { kind: row.target_kind, id: row.target_id },
  targetName: row.target_name,
  project: row.project,
  time: row.time,
  from: row.from_state,
  to: row.to_state,
  hard: row.hard === 1,
  attempt: row.attempt,
  output: row.output,
})

export interface NotificationRow {
  id: number
  check_id: string
  time: number
  kind: NotificationRecord['kind']
  state: State
  contact: string
  notifier: string
  address: string
  outcome: NotificationRecord['outcome']
  reason: string | null
  attempts: number
  next_attempt: number | null
  message: string | null
  filter: string | null
}

export const toNotificationRecord = (row: NotificationRow): NotificationRecord => ({
  check: row.check_id,
  time: row.time,
  kind: row.kind,
  state: row.state,
  contact: row.contact,
  notifier: row.notifier,
  outcome: row.outcome,
  reason: row.reason,
  attempts: row.attempts,
  ...(row.filter === null ? {} : { filter: row.filter }),
})

export const toQueued = (row: NotificationRow): QueuedNotification => ({
  id: row.id,
  message: JSON.parse(row.message ?? 'null') as Message,
  contact: row.contact,
  notifier: row.notifier,
  to: row.address,
  attempts: row.attempts,
  nextAttempt: row.next_attempt ?? 0,
})
