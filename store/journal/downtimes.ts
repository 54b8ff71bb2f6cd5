/** Downtimes and comments: rows and the queries that read and write them. The scope is that of the check they belong to. */
import type { Comment } from '../../model/check.ts'
import type { StoredDowntime } from '../../model/downtime.ts'
import type { NewComment } from '../../model/tracked-check.ts'
import type { Database } from './database.ts'

export interface DowntimeRow {
  id: string
  subject: string
  fixed: number
  starts: number
  ends: number
  duration: number
  triggered_by: string | null
  author: string
  comment: string
  active: number
  since: number | null
  ended_at: number | null
  outcome: StoredDowntime['outcome']
}

export const toDowntime = (row: DowntimeRow): StoredDowntime => ({
  ...{ id: row.id, subject: row.subject, fixed: row.fixed === 1, start: row.starts, end: row.ends },
  ...{ durationMs: row.duration, triggeredBy: row.triggered_by, author: row.author, comment: row.comment },
  ...{ active: row.active === 1, since: row.since, endedAt: row.ended_at, outcome: row.outcome },
})

export const openDowntimes = (db: Database): StoredDowntime[] =>
  db.all<DowntimeRow>('SELECT * FROM downtime WHERE ended_at IS NULL ORDER BY starts, id').map(toDowntime)

export function keepDowntime(db: Database, one: StoredDowntime): void {
  db.run(
    `INSERT INTO downtime (id, subject, fixed, starts, ends, duration, triggered_by, author, comment, active, since, ended_at, outcome)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET active = excluded.active, since = excluded.since, ended_at = excluded.ended_at,
       outcome = excluded.outcome`,
    ...[one.id, one.subject, Number(one.fixed), one.start, one.end, one.durationMs, one.triggeredBy, one.author, one.comment],
    ...[Number(one.active && one.endedAt === null), one.since, one.endedAt, one.outcome],
  )
}

/** Of a check and of the target that it looks at. */
export const downtimesOf = (db: Database, check: string, target: { kind: string; id: string }, limit: number): StoredDowntime[] =>
  db
    .all<DowntimeRow>(
      `SELECT * FROM downtime WHERE subject IN (?, ?) ORDER BY ended_at IS NOT NULL, iif(ended_at IS NULL, starts, -starts), id LIMIT ?`,
      ...[`check:${check}`, `${target.kind}:${target.id}`, limit],
    )
    .map(toDowntime)

export function keepComment(db: Database, { check, time, author, text }: NewComment): void {
  db.run('INSERT INTO comment (check_id, time, author, text) VALUES (?, ?, ?, ?)', check, time, author, text)
}

export const commentsOf = (db: Database, check: string, limit: number): Comment[] =>
  db
    .all<{ id: number; check_id: string; time: number; author: string; text: string }>(
      'SELECT * FROM comment WHERE check_id = ? ORDER BY id DESC LIMIT ?',
      check,
      limit,
    )
    .map(({ check_id, ...row }) => ({ ...row, check: check_id }))
