/** Why somebody was (not) called, from PostgreSQL. The scope is part of the query. */
import type { DecisionLog } from '../../model/outbox.ts'
import { type DecisionRow, mostRows, type TurnRow, toDecision } from '../journal/decisions.ts'
import { allOf, contains, equals, inScope, numbered } from './conditions.ts'
import type { Postgres } from './connect.ts'

export function decisionLog({ query: ask }: Pick<Postgres, 'query'>): DecisionLog {
  return {
    async decisions(scope, query) {
      const { contact, check, target, rule, project, outcome, from, to, q } = query
      const where = allOf([
        inScope(scope),
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
      const rows = await ask<DecisionRow>(
        numbered(`SELECT * FROM notification WHERE ${where.sql} ORDER BY decided_at DESC NULLS LAST, id DESC LIMIT ?`),
        [...where.values, Math.min(query.limit, mostRows)],
      )
      const turns = await ask<TurnRow>('SELECT * FROM delivery_turn WHERE notification = ANY($1) ORDER BY time, seq', [
        rows.map(({ id }) => id),
      ])
      const byId = Map.groupBy(turns, ({ notification }) => notification)
      return rows.map((row) => toDecision(row, byId.get(row.id) ?? []))
    },
  }
}
