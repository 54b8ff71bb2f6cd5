/** What a batch becomes in PostgreSQL: rows by table, each with the slot it is fenced by. Pure. */
import type { ResourceRef } from '../../model/event.ts'
import { slotOf } from '../../model/slot.ts'
import type { AlertBatch, NewNotification, StoredCheck } from '../../model/tracked-check.ts'
import { checkColumns, checkValues } from '../journal/alert-rows.ts'

/** The last word on each check: one statement cannot write a row twice. */
export const newestOf = (checks: readonly StoredCheck[]): StoredCheck[] => [
  ...new Map(checks.map((check) => [check.id, check])).values(),
]

export function checkRow(check: StoredCheck): Record<string, unknown> {
  const values = checkValues(check)
  return { ...Object.fromEntries(checkColumns.map((column, n) => [column, values[n]])), slot: slotOf(check.target) }
}

export const transitionRow = (change: AlertBatch['transitions'][number], n: number) => ({
  ...{ n, check_id: change.check, rule: change.rule, target_kind: change.target.kind, target_id: change.target.id },
  ...{ target_name: change.targetName, project: change.project, time: change.time, from_state: change.from },
  ...{ to_state: change.to, hard: Number(change.hard), attempt: change.attempt, output: change.output },
})

export const queuedRow = ({ message, contact, notifier, to }: NewNotification, n: number) => ({
  ...{ n, check_id: message.problem.check, time: message.time, kind: message.kind, state: message.problem.state },
  ...{ contact, notifier, address: to, outcome: 'waiting', filter: null, reason: null, next_attempt: message.time },
  message: JSON.stringify(message),
})

export const heldRow = (record: AlertBatch['held'][number], n: number) => ({
  ...{ n, check_id: record.check, time: record.time, kind: record.kind, state: record.state, contact: record.contact },
  ...{
    notifier: record.notifier,
    address: '',
    outcome: record.outcome,
    filter: record.filter ?? null,
    reason: record.reason,
    next_attempt: null,
    message: null,
  },
})

export const acknowledgedRow = ({ id, project, acknowledgement }: StoredCheck) =>
  acknowledgement === null ? [] : [{ check_id: id, project, time: acknowledgement.time, author: acknowledgement.author }]

/** The part of a batch that concerns these checks only; news of downtimes go by who began or ended the downtime. */
export function allowed(batch: AlertBatch, may: (check: string) => boolean): AlertBatch {
  return {
    checks: batch.checks.filter(({ id }) => may(id)),
    removed: batch.removed.filter(may),
    transitions: batch.transitions.filter(({ check }) => may(check)),
    notifications: batch.notifications.filter(({ downtime, message }) => downtime !== undefined || may(message.problem.check)),
    held: batch.held.filter(({ check }) => may(check)),
    downtimes: batch.downtimes,
    comments: batch.comments.filter(({ check }) => may(check)),
    orders: batch.orders ?? [],
  }
}

/** Targets of the checks in a batch; of some only the id is known. */
export function targetsIn(batch: AlertBatch): { known: Map<string, ResourceRef>; unknown: string[] } {
  const known = new Map<string, ResourceRef>()
  for (const { id, target } of batch.checks) known.set(id, target)
  for (const { check, target } of batch.transitions) known.set(check, target)
  for (const { message, downtime } of batch.notifications)
    if (downtime === undefined) known.set(message.problem.check, message.problem.target)
  const ids = [...batch.removed, ...batch.held.map(({ check }) => check), ...batch.comments.map(({ check }) => check)]
  return { known, unknown: [...new Set(ids)].filter((id) => !known.has(id)) }
}
