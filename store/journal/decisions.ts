/** Why somebody was (not) called: every decision, searchable. The scope is part of the query. */
import type { Decision, DecisionLog } from '../../model/outbox.ts'
import { type NotificationRow, toNotificationRecord } from './alert-rows.ts'
import type { Database } from './database.ts'
import { allOf, contains, equals, inScope } from './scope.ts'

export interface DecisionRow extends NotificationRow {
  project: string | null
  decided_at: number | null
  rule: string | null
  target_kind: string | null
  target_id: string | null
  target_name: string | null
  delivery: string | null
  stands_for: number | null
}

export interface TurnRow {
  notification: number
  time: number
  outcome: string
  filter: string | null
  reason: string | null
}

export const mostRows = 10_000

export function decisionLog(db: Database): DecisionLog {
  return {
    async decisions(scope, query) {
      const { contact, check, target, rule, project, outcome, from, to, q } = query
      const where = allOf([
        inScope(scope, 'project'),
        contact === undefined ? null : { sql: `contact IN (?, '')`, values: [contact] },
        equals('check_id', check),
        equals('target_kind', target?.kind),
        equals('target_id', target?.id),
        equals('rule', rule),
        equals('project', project),
        equals('outcome', outcome),
        from === undefined ? null : { sql: 'decided_at >= ?', values: [from] },
        to === undefined ? null : { sql: 'decided_at < ?', values: [to] },
        q ? contains(['target_name', 'target_id', 'rule', 'reason'], q) : null,
      ])
      const rows = db.all<DecisionRow>(
        `SELECT * FROM notification WHERE ${where.sql} ORDER BY decided_at DESC, id DESC LIMIT ?`,
        ...[...where.values, Math.min(query.limit, mostRows)],
      )
      const turns = db.all<TurnRow>(
        'SELECT * FROM delivery_turn WHERE notification IN (SELECT value FROM json_each(?)) ORDER BY time, rowid',
        JSON.stringify(rows.map(({ id }) => id)),
      )
      const byId = Map.groupBy(turns, ({ notification }) => notification)
      return rows.map((row) => toDecision(row, byId.get(row.id) ?? []))
    },
  }
}

export const toDecision = (row: DecisionRow, turns: readonly TurnRow[]): Decision => ({
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
