/** Why somebody was (not) called: every decision, searchable, in words that SQLite and PostgreSQL both understand. The scope is part of the query. */
import type { Decision, DecisionLog } from '../model/outbox.ts'
import type { HistoryDeps } from './alert-history.ts'
import { type NotificationRow, toNotificationRecord } from './journal/alert-rows.ts'

interface Condition {
  sql: string
  values: readonly unknown[]
}

export interface DecisionDeps extends HistoryDeps {
  /** The text is somewhere in one of the columns. */
  contains(columns: readonly string[], text: string): Condition
  /** `column is one of the list ?`; a list of numbers stands for that `?`. */
  among(column: string): string
  /** The column that rows of delivery_turn arrive in the order of. */
  arrival: string
}

interface DecisionRow extends NotificationRow {
  project: string | null
  decided_at: number | null
  rule: string | null
  target_kind: string | null
  target_id: string | null
  target_name: string | null
  delivery: string | null
  stands_for: number | null
}

interface TurnRow {
  notification: number
  time: number
  outcome: string
  filter: string | null
  reason: string | null
}

const mostRows = 10_000

const when = (condition: string, value: unknown): Condition[] =>
  value === undefined ? [] : [{ sql: condition, values: [value] }]

export function decisionsOf({ all, inScope, contains, among, arrival }: DecisionDeps): DecisionLog {
  return {
    async decisions(scope, { contact, check, target, rule, project, outcome, from, to, q, limit }) {
      const conditions: Condition[] = [
        inScope(scope),
        ...when(`contact IN (?, '')`, contact),
        ...when('check_id = ?', check),
        ...when('target_kind = ?', target?.kind),
        ...when('target_id = ?', target?.id),
        ...when('rule = ?', rule),
        ...when('project = ?', project),
        ...when('outcome = ?', outcome),
        ...when('decided_at >= ?', from),
        ...when('decided_at < ?', to),
        ...(q ? [contains(['target_name', 'target_id', 'rule', 'reason'], q)] : []),
      ]
      const where = conditions.map(({ sql }) => `(${sql})`).join(' AND ')
      const rows = await all<DecisionRow>(
        `SELECT * FROM notification WHERE ${where} ORDER BY decided_at DESC NULLS LAST, id DESC LIMIT ?`,
        [...conditions.flatMap(({ values }) => values), Math.min(limit, mostRows)],
      )
      const turns = await all<TurnRow>(`SELECT * FROM delivery_turn WHERE ${among('notification')} ORDER BY time, ${arrival}`, [
        rows.map(({ id }) => id),
      ])
      const byId = Map.groupBy(turns, ({ notification }) => notification)
      return rows.map((row) => toDecision(row, byId.get(row.id) ?? []))
    },
  }
}

const toDecision = (row: DecisionRow, turns: readonly TurnRow[]): Decision => ({
  ...toNotificationRecord(row),
  id: row.id,
  decidedAt: row.decided_at ?? row.time,
  rule: row.rule,
  target: row.target_kind === null || row.target_id === null ? null : { kind: row.target_kind, id: row.target_id },
  targetName: row.target_name,
  project: row.project,
  deliveryId: row.delivery,
  standsFor: row.stands_for,
  turns: turns.map(({ time, outcome, filter, reason }) => ({ time, outcome, filter, reason })),
})
