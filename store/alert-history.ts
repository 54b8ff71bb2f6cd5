/** The history of alerts, in words that SQLite and PostgreSQL both understand. */
import type { Scope } from '../model/access.ts'
import type { AlertHistory, FatigueFacts, HardTransition } from '../model/alert-history.ts'
import { type CheckRow, toProblem } from './journal/alert-rows.ts'

export interface HistoryDeps {
  /** `?` stands for each value in order. */
  all<T extends object>(sql: string, values: readonly unknown[]): Promise<T[]>
  /** On a column `project`. */
  inScope(scope: Scope): { sql: string; values: readonly unknown[] }
}

interface ChangeRow {
  check_id: string
  rule: string
  target_kind: string
  target_id: string
  target_name: string | null
  time: number
  to_state: HardTransition['to']
}

/** No way back to ok, and no way from ok but that of the first result. */
const never = `state <> 'ok' AND checked = 1 AND created_at <= ? AND NOT EXISTS (SELECT 1 FROM transition t WHERE t.check_id = check_state.id
  AND (t.to_state = 'ok' OR (t.from_state = 'ok' AND t.time > check_state.created_at)))`
const always = `state = 'ok' AND checked = 1 AND created_at <= ? AND NOT EXISTS (SELECT 1 FROM transition t
  WHERE t.check_id = check_state.id AND t.time >= ?)`

export function alertHistory({ all, inScope }: HistoryDeps): AlertHistory {
  const listed = async (scope: Scope, where: string, values: readonly unknown[], limit: number) => {
    const own = inScope(scope)
    const condition = `${own.sql} AND ${where}`
    const [counted] = await all<{ n: number }>(`SELECT count(*) AS n FROM check_state WHERE ${condition}`, [
      ...own.values,
      ...values,
    ])
    const rows = await all<CheckRow>(`SELECT * FROM check_state WHERE ${condition} ORDER BY created_at, id LIMIT ?`, [
      ...[...own.values, ...values, limit],
    ])
    return { count: counted?.n ?? 0, checks: rows.map(toProblem) }
  }
  return {
    neverOk: (scope, before, limit) => listed(scope, never, [before], limit),
    alwaysOk: (scope, since, limit) => listed(scope, always, [since, since], limit),
    async fatigueFacts(scope, { before, from, to }) {
      const { sql, values } = inScope(scope)
      const [changes, acknowledged, told] = await Promise.all([
        all<ChangeRow>(
          `SELECT check_id, rule, target_kind, target_id, target_name, time, to_state FROM transition
           WHERE ${sql} AND hard = 1 AND time >= ? AND time < ? ORDER BY seq`,
          [...values, before, to],
        ),
        all<{ check_id: string; time: number }>(
          `SELECT check_id, time FROM acknowledged WHERE ${sql} AND time >= ? AND time < ? ORDER BY time`,
          [...values, from, to],
        ),
        all<{ check_id: string; time: number; kind: FatigueFacts['told'][number]['kind']; contact: string }>(
          `SELECT check_id, time, kind, contact FROM notification
           WHERE ${sql} AND outcome = 'sent' AND kind <> 'handler' AND time >= ? AND time < ? ORDER BY time, id`,
          [...values, from, to],
        ),
      ])
      return {
        changes: changes.map(({ check_id, target_kind, target_id, target_name, to_state, rule, time }) => ({
          ...{ check: check_id, rule, target: { kind: target_kind, id: target_id }, targetName: target_name, time, to: to_state },
        })),
        acknowledged: acknowledged.map(({ check_id, time }) => ({ check: check_id, time })),
        told: told.map(({ check_id, ...one }) => ({ check: check_id, ...one })),
      }
    },
  }
}
