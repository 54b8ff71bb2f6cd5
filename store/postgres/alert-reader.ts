/** Check states, what changed them, who took them and who was told, read from PostgreSQL. The scope is part of every query. */
import type { Scope } from '../../model/access.ts'
import type { Comment, State } from '../../model/check.ts'
import type { AlertJournal, ProblemQuery } from '../../model/contract.ts'
import {
  type CheckRow,
  type NotificationRow,
  type TransitionRow,
  toNotificationRecord,
  toProblem,
  toTransition,
} from '../journal/alert-rows.ts'
import { type DowntimeRow, toDowntime } from '../journal/downtimes.ts'
import { type HardChange, worstPerBucket } from '../journal/worst-states.ts'
import { allOf, type Condition, contains, equals, inScope, numbered } from './conditions.ts'
import type { Postgres } from './connect.ts'

const severity = `CASE state WHEN 'critical' THEN 0 WHEN 'unknown' THEN 1 WHEN 'nodata' THEN 2 WHEN 'warning' THEN 3 ELSE 4 END`
const mostProblems = 1000
/** The check's own downtime, its target's, or that of the host that carries it. */
const inDowntime = `(EXISTS (SELECT 1 FROM downtime WHERE ended_at IS NULL AND active = 1
  AND subject IN ('check:' || check_state.id, target_kind || ':' || target_id, 'hypervisor:' || host)))::int`

export function alertReader({ query }: Pick<Postgres, 'query'>): AlertJournal {
  const all = <T extends object>(sql: string, ...values: unknown[]) => query<T>(numbered(sql), values)
  const checks = async (where: Condition, tail = '', ...values: unknown[]) =>
    (
      await all<CheckRow>(
        `SELECT *, ${inDowntime} AS in_downtime FROM check_state WHERE ${where.sql} ${tail}`,
        ...where.values,
        ...values,
      )
    ).map(toProblem)
  const transitions = async (where: Condition, limit: number) =>
    (
      await all<TransitionRow>(`SELECT * FROM transition WHERE ${where.sql} ORDER BY seq DESC LIMIT ?`, ...where.values, limit)
    ).map(toTransition)
  const oneOf = (scope: Scope, id: string) => allOf([inScope(scope), equals('id', id)])
  return {
    problems: (scope, asked) =>
      checks(
        problemsWhere(scope, asked),
        `ORDER BY ack_author IS NOT NULL, ${severity}, last_state_change DESC NULLS LAST, id LIMIT ?`,
        Math.min(asked.limit ?? mostProblems, mostProblems),
      ),

    async explains(scope, causes) {
      const where = allOf([inScope(scope), { sql: `state <> 'ok' AND hard = 1 AND cause = ANY(?)`, values: [causes] }])
      const rows = await all<{ cause: string; n: number }>(
        `SELECT cause, count(*) AS n FROM check_state WHERE ${where.sql} GROUP BY cause`,
        ...where.values,
      )
      return new Map(rows.map(({ cause, n }) => [cause, n]))
    },

    check: async (scope, id) => (await checks(oneOf(scope, id)))[0] ?? null,

    checksOf: (scope, target) =>
      checks(
        allOf([inScope(scope), equals('target_kind', target.kind), equals('target_id', target.id)]),
        `ORDER BY ${severity}, rule COLLATE "C", id`,
      ),

    recovered: (scope, since) =>
      transitions(allOf([inScope(scope), { sql: `time >= ? AND hard = 1 AND to_state = 'ok'`, values: [since] }]), mostProblems),

    transitions: (scope, { check, target, from, to, limit }) =>
      transitions(
        allOf([
          inScope(scope),
          equals('check_id', check),
          equals('target_kind', target?.kind),
          equals('target_id', target?.id),
          from === undefined ? null : { sql: 'time >= ?', values: [from] },
          to === undefined ? null : { sql: 'time < ?', values: [to] },
        ]),
        limit,
      ),

    async notifications(scope, check, limit) {
      const where = allOf([inScope(scope), equals('check_id', check)])
      const rows = await all<NotificationRow>(
        `SELECT * FROM notification WHERE ${where.sql} ORDER BY id DESC LIMIT ?`,
        ...where.values,
        limit,
      )
      return rows.map(toNotificationRecord)
    },

    async downtimes(scope, id, limit) {
      const [check] = await checks(oneOf(scope, id))
      if (!check) return []
      const rows = await all<DowntimeRow>(
        `SELECT * FROM downtime WHERE subject IN (?, ?)
         ORDER BY ended_at IS NOT NULL, CASE WHEN ended_at IS NULL THEN starts ELSE -starts END, id LIMIT ?`,
        ...[`check:${id}`, `${check.target.kind}:${check.target.id}`, limit],
      )
      return rows.map(toDowntime)
    },

    async comments(scope, id, limit) {
      const [check] = await checks(oneOf(scope, id))
      if (!check) return []
      return all<Comment>(
        'SELECT id, check_id AS "check", time, author, text FROM comment WHERE check_id = ? ORDER BY id DESC LIMIT ?',
        ...[id, limit],
      )
    },

    async summary(scope) {
      const where = inScope(scope)
      const open = unexplained(scope)
      const counts: Record<State | 'pending' | 'unhandled', number> = {
        ...{ ok: 0, warning: 0, critical: 0, unknown: 0, nodata: 0, pending: 0, unhandled: 0 },
      }
      const rows = await all<{ state: State | 'pending'; n: number; unhandled: number }>(
        `SELECT CASE WHEN checked = 0 THEN 'pending' WHEN hard = 1 THEN state ELSE last_hard_state END AS state, count(*) AS n,
           count(*) FILTER (WHERE hard = 1 AND state <> 'ok' AND ack_author IS NULL AND (${open.sql})) AS unhandled
         FROM check_state WHERE ${where.sql} GROUP BY 1`,
        ...[...open.values, ...where.values],
      )
      for (const { state, n, unhandled } of rows) {
        counts[state] += n
        counts.unhandled += unhandled
      }
      return counts
    },

    async worst(scope, asked) {
      const { from, to } = asked
      const where = inScope(scope)
      const [first] = await all<{ time: number | null }>(
        `SELECT min(time) AS time FROM (SELECT min(created_at) AS time FROM check_state WHERE ${where.sql}
           UNION ALL SELECT min(time) FROM transition WHERE ${where.sql}) AS known`,
        ...[...where.values, ...where.values],
      )
      const changes = await all<HardChange>(
        `SELECT * FROM (SELECT DISTINCT ON (check_id) check_id, seq, ?::bigint AS time, to_state AS state FROM transition
             WHERE ${where.sql} AND hard = 1 AND time < ? ORDER BY check_id, seq DESC) AS before
           UNION ALL SELECT check_id, seq, time, to_state FROM transition WHERE ${where.sql} AND hard = 1 AND time >= ? AND time < ?
           ORDER BY seq`,
        ...[from, ...where.values, from, ...where.values, from, to],
      )
      return worstPerBucket(first?.time ?? null, changes, asked)
    },
  }
}

/** What is counted under a problem that the scope sees is no row of its own, and nobody has to take it. */
function unexplained(scope: Scope): Condition {
  const visible = inScope(scope)
  return {
    sql: `cause IS NULL OR cause NOT IN (SELECT id FROM check_state WHERE state <> 'ok' AND hard = 1 AND (${visible.sql}))`,
    values: visible.values,
  }
}

function problemsWhere(scope: Scope, query: ProblemQuery): Condition {
  const states = query.states?.filter((state) => state !== 'ok')
  return allOf([
    inScope(scope),
    { sql: `state <> 'ok'`, values: [] },
    query.soft ? null : { sql: 'hard = 1', values: [] },
    states === undefined ? null : { sql: 'state = ANY(?)', values: [states] },
    query.handled === undefined ? null : { sql: `ack_author IS ${query.handled ? 'NOT ' : ''}NULL`, values: [] },
    equals('project', query.project),
    equals('host', query.host),
    query.causes === undefined ? null : { sql: 'cause = ANY(?)', values: [query.causes] },
    query.explained === false ? unexplained(scope) : null,
    equals('target_kind', query.target?.kind),
    equals('target_id', query.target?.id),
    query.q ? contains(['target_name', 'target_id', 'rule', 'host', 'output'], query.q) : null,
  ])
}
