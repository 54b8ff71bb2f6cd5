/** The alerter's side of the journal: what a cycle changed, and the queue of notifications. */
import type { Acknowledgement, NotificationRecord, Transition } from '../../model/check.ts'
import type { AlertWriter, NewNotification, StoredCheck } from '../../model/tracked-check.ts'
import { type CheckRow, toStoredCheck } from './alert-rows.ts'
import { checkWriter } from './check-writer.ts'
import type { Database } from './database.ts'
import { keepComment, keepDowntime, openDowntimes } from './downtimes.ts'

/** Why one is not sent: kept beside those that were. */
const insertNotification = `INSERT INTO notification
  (check_id, time, decided_at, kind, state, contact, notifier, address, outcome, filter, reason, attempts, next_attempt, message,
   project, rule, target_kind, target_id, target_name)
  SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, project, rule, target_kind, target_id, target_name
  FROM (SELECT 1) LEFT JOIN check_state ON id = ?`

/** Puts one on its way; returns its id. */
export function queueNotification(db: Database, { message, contact, notifier, to }: NewNotification): number {
  const { check, state } = message.problem
  const values = [check, message.time, message.time, message.kind, state, contact, notifier, to, 'waiting', null, null]
  return db.run(insertNotification, ...values, message.time, JSON.stringify(message), check).lastInsertRowid
}

export function alertWriter(db: Database): AlertWriter {
  const transition = ({ target, ...change }: Omit<Transition, 'seq'>) =>
    db.run(
      `INSERT INTO transition (check_id, rule, target_kind, target_id, target_name, project, time, from_state, to_state, hard, attempt, output)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[change.check, change.rule, target.kind, target.id, change.targetName, change.project, change.time],
      ...[change.from, change.to, Number(change.hard), change.attempt, change.output],
    )
  const hold = (record: NotificationRecord) => {
    const { check, time, kind, state, contact, notifier, outcome, reason, filter = null } = record
    const values = [check, time, time, kind, state, contact, notifier, '', outcome, filter, reason, null, null, check]
    db.run(insertNotification, ...values)
  }
  const keepAcknowledged = ({ id, project }: StoredCheck, { time, author }: Acknowledgement) =>
    db.run(
      'INSERT INTO acknowledged (check_id, time, author, project) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
      ...[id, time, author, project],
    )
  const states = checkWriter(db)
  return {
    async stored() {
      return db.all<CheckRow>('SELECT * FROM check_state').map(toStoredCheck)
    },

    async openDowntimes() {
      return openDowntimes(db)
    },

    async commit({ checks, removed, transitions, notifications, held, downtimes, comments }) {
      let committed = false
      try {
        db.transaction(() => {
          for (const check of checks) states.write(check)
          for (const check of checks) if (check.acknowledgement) keepAcknowledged(check, check.acknowledgement)
          for (const change of transitions) transition(change)
          for (const notification of notifications) queueNotification(db, notification)
          for (const record of held) hold(record)
          for (const downtime of downtimes) keepDowntime(db, downtime)
          for (const comment of comments) keepComment(db, comment)
          for (const id of removed) {
            states.removed(id)
            db.run('DELETE FROM check_state WHERE id = ?', id)
          }
        })
        committed = true
      } finally {
        states.settled(committed)
      }
      return []
    },

    async waiting() {
      const row = db.get<{ count: number; next: number | null; oldest: number | null }>(
        `SELECT count(*) AS count, min(next_attempt) AS next, min(time) AS oldest FROM notification WHERE outcome = 'waiting'`,
      )
      return { count: row?.count ?? 0, next: row?.next ?? null, oldest: row?.oldest ?? null }
    },

    async hurry(now, notifier) {
      const which = notifier === undefined ? '' : ' AND notifier = ?'
      const values = notifier === undefined ? [now, now] : [now, now, notifier]
      db.run(
        `UPDATE notification SET next_attempt = ? WHERE outcome = 'waiting' AND filter IS NULL AND next_attempt > ?${which}`,
        ...values,
      )
    },

    async conversation({ id, message, notifier, to }) {
      const { check } = message.problem
      const row = db.get<{ delivery: string }>(
        `SELECT delivery FROM notification WHERE check_id = ?1 AND notifier = ?2 AND address = ?3 AND id < ?4
           AND outcome = 'sent' AND delivery IS NOT NULL
           AND id > coalesce((SELECT max(id) FROM notification WHERE check_id = ?1 AND notifier = ?2 AND address = ?3 AND id < ?4
             AND outcome = 'sent' AND kind = 'recovery'), 0)
         ORDER BY id LIMIT 1`,
        ...[check, notifier, to, id],
      )
      return row?.delivery ?? null
    },
  }
}
