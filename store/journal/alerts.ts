/** Check states, what changed them, who took them and who was told: the reading side. The scope is part of every query. */
import type { Scope } from '../../model/access.ts'
import type { State } from '../../model/check.ts'
import type { AlertJournal, ProblemQuery } from '../../model/contract.ts'
import type { DecisionLog, Outbox } from '../../model/outbox.ts'
import type { AlertWriter } from '../../model/tracked-check.ts'
import {
  type CheckRow,
  type NotificationRow,
  type TransitionRow,
  toNotificationRecord,
  toProblem,
  toTransition,
} from './alert-rows.ts'
import { alertWriter } from './alert-writer.ts'
import type { Database } from './database.ts'
import { decisionLog } from './decisions.ts'
import { commentsOf, downtimesOf } from './downtimes.ts'
import { outbox } from './outbox.ts'
import { allOf, type Condition, contains, equals, inScope } from './scope.ts'
import { worstStates } from './worst-states.ts'

const severity = `CASE state WHEN 'critical' THEN 0 WHEN 'unknown' THEN 1 WHEN 'nodata' THEN 2 WHEN 'warning' THEN 3 ELSE 4 END`
const mostProblems = 1000
/** The check's own downtime, its target's, or that of the host that carries it. */
const inDowntime = `EXISTS (SELECT 1 FROM downtime WHERE ended_at IS NULL AND active = 1
  AND subject IN ('check:' || check_state.id, target_kind || ':' || target_id, 'hypervisor:' || host))`

/** All sides of the alert journal on one database. */
export function alertJournal(db: Database): AlertJournal & AlertWriter & Outbox & DecisionLog {
  return { ...alertReader(db), ...alertWriter(db), ...outbox(db), ...decisionLog(db) }
}

function alertReader(db: Database): AlertJournal {
  const checks = (condition: Condition, tail: string, ...values: number[]) =>
    db
      .all<CheckRow>(
        `SELECT *, ${inDowntime} AS in_downtime FROM check_state WHERE ${condition.sql} ${tail}`,
        ...condition.values,
        ...values,
      )
      .map(toProblem)
  return {
    async problems(scope, query) {
      const order = `ORDER BY ack_author IS NOT NULL, ${severity}, last_state_change DESC, id LIMIT ?`
      return checks(problemsWhere(scope, query), order, Math.min(query.limit ?? mostProblems, mostProblems))
    },

    async explains(scope, causes) {
      const where = allOf([inScope(scope, 'project'), { sql: `state <> 'ok' AND hard = 1`, values: [] }, inList('cause', causes)])
      const sql = `SELECT cause, count(*) AS n FROM check_state WHERE ${where.sql} GROUP BY cause`
      return new Map(db.all<{ cause: string; n: number }>(sql, ...where.values).map(({ cause, n }) => [cause, n]))
    },

    async check(scope, id) {
      return checks(allOf([inScope(scope, 'project'), equals('id', id)]), '')[0] ?? null
    },

    async checksOf(scope, target) {
      const where = allOf([inScope(scope, 'project'), equals('target_kind', target.kind), equals('target_id', target.id)])
      return checks(where, `ORDER BY ${severity}, rule, id`)
    },

    async recovered(scope, since) {
      const where = inScope(scope, 'project')
      return db
        .all<TransitionRow>(
          `SELECT * FROM transition WHERE ${where.sql} AND time >= ? AND hard = 1 AND to_state = 'ok' ORDER BY seq DESC LIMIT ?`,
          ...where.values,
          since,
          mostProblems,
        )
        .map(toTransition)
    },

    async transitions(scope, { check, target, from, to, limit }) {
      const where = allOf([
        inScope(scope, 'project'),
        equals('check_id', check),
        equals('target_kind', target?.kind),
        equals('target_id', target?.id),
        from === undefined ? null : { sql: 'time >= ?', values: [from] },
        to === undefined ? null : { sql: 'time < ?', values: [to] },
      ])
      return db
        .all<TransitionRow>(`SELECT * FROM transition WHERE ${where.sql} ORDER BY seq DESC LIMIT ?`, ...where.values, limit)
        .map(toTransition)
    },

    async notifications(scope, check, limit) {
      const where = allOf([inScope(scope, 'project'), equals('check_id', check)])
      return db
        .all<NotificationRow>(`SELECT * FROM notification WHERE ${where.sql} ORDER BY id DESC LIMIT ?`, ...where.values, limit)
        .map(toNotificationRecord)
    },

    async downtimes(scope, id, limit) {
      const [check] = checks(allOf([inScope(scope, 'project'), equals('id', id)]), '')
      return check ? downtimesOf(db, id, check.target, limit) : []
    },

    async comments(scope, id, limit) {
      const [check] = checks(allOf([inScope(scope, 'project'), equals('id', id)]), '')
      return check ? commentsOf(db, id, limit) : []
    },

    async summary(scope) {
      const where = inScope(scope, 'project')
      const open = unexplained(scope)
      const counts: Record<State | 'pending' | 'unhandled', number> = {
        ...{ ok: 0, warning: 0, critical: 0, unknown: 0, nodata: 0, pending: 0, unhandled: 0 },
      }
      const rows = db.all<{ state: State | 'pending'; n: number; unhandled: number }>(
        `SELECT iif(checked, iif(hard, state, last_hard_state), 'pending') AS state, count(*) AS n,
           sum(hard AND state <> 'ok' AND ack_author IS NULL AND (${open.sql})) AS unhandled
         FROM check_state WHERE ${where.sql} GROUP BY 1`,
        ...open.values,
        ...where.values,
      )
      for (const { state, n, unhandled } of rows) {
        counts[state] += n
        counts.unhandled += unhandled
      }
      return counts
    },

    async worst(scope, query) {
      return worstStates(db, inScope(scope, 'project'), query)
    },
  }
}

const inList = (column: string, values: readonly string[]): Condition => ({
  sql: `${column} IN (SELECT value FROM json_each(?))`,
  values: [JSON.stringify(values)],
})

/** What is counted under a problem that the scope sees is no row of its own, and nobody has to take it. */
function unexplained(scope: Scope): Condition {
  const visible = inScope(scope, 'c.project')
  return {
    sql: `cause IS NULL OR NOT EXISTS (SELECT 1 FROM check_state c
      WHERE c.id = check_state.cause AND c.state <> 'ok' AND c.hard = 1 AND ${visible.sql})`,
    values: visible.values,
  }
}

function problemsWhere(scope: Scope, query: ProblemQuery): Condition {
  const states = query.states?.filter((state) => state !== 'ok')
  return allOf([
    inScope(scope, 'project'),
    { sql: `state <> 'ok'`, values: [] },
    query.soft ? null : { sql: 'hard = 1', values: [] },
    states === undefined ? null : { sql: 'state IN (SELECT value FROM json_each(?))', values: [JSON.stringify(states)] },
    query.handled === undefined ? null : { sql: `ack_author IS ${query.handled ? 'NOT ' : ''}NULL`, values: [] },
    equals('project', query.project),
    equals('host', query.host),
    query.causes === undefined ? null : inList('cause', query.causes),
    query.explained === false ? unexplained(scope) : null,
    equals('target_kind', query.target?.kind),
    equals('target_id', query.target?.id),
    query.q ? contains(['target_name', 'target_id', 'rule', 'host', 'output'], query.q) : null,
  ])
}
