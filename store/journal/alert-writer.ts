/** The alerter's side of the journal: what a cycle changed, and the queue of notifications. */
import type { Acknowledgement, NotificationRecord, Transition } from '../../model/check.ts'
import type { AlertWriter, NewNotification, StoredCheck } from '../../model/tracked-check.ts'
import { type CheckRow, checkColumns, checkValues, type NotificationRow, toQueued, toStoredCheck } from './alert-rows.ts'
import type { Database } from './database.ts'
import { keepComment, keepDowntime, openDowntimes } from './downtimes.ts'

const upsertCheck = `INSERT INTO check_state (${checkColumns.join(', ')}) VALUES (${checkColumns.map(() => '?').join(', ')})
  ON CONFLICT (id) DO UPDATE SET ${checkColumns
    .filter((column) => column !== 'id' && column !== 'created_at')
    .map((column) => `${column} = excluded.${column}`)
    .join(', ')}`

/** Why one is not sent: kept beside those that were. */
const insertNotification = `INSERT INTO notification
  (check_id, project, time, kind, state, contact, notifier, address, outcome, reason, attempts, next_attempt, message)
  VALUES (?, (SELECT project FROM check_state WHERE id = ?), ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)`

export function alertWriter(db: Database): AlertWriter {
  const transition = ({ target, ...change }: Omit<Transition, 'seq'>) =>
    db.run(
      `INSERT INTO transition (check_id, rule, target_kind, target_id, target_name, project, time, from_state, to_state, hard, attempt, output)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[change.check, change.rule, target.kind, target.id, change.targetName, change.project, change.time],
      ...[change.from, change.to, Number(change.hard), change.attempt, change.output],
    )
  const queue = ({ message, contact, notifier, to }: NewNotification) => {
    const { check, state } = message.problem
    const values = [check, check, message.time, message.kind, state, contact, notifier, to, 'waiting', null, message.time]
    db.run(insertNotification, ...values, JSON.stringify(message))
  }
  const hold = (record: NotificationRecord) => {
    const { check, time, kind, state, contact, notifier, outcome, reason } = record
    db.run(insertNotification, ...[check, check, time, kind, state, contact, notifier, '', outcome, reason, null, null])
  }
  const keepAcknowledged = ({ id, project }: StoredCheck, { time, author }: Acknowledgement) =>
    db.run(
      'INSERT INTO acknowledged (check_id, time, author, project) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
      ...[id, time, author, project],
    )
  return {
    async stored() {
      return db.all<CheckRow>('SELECT * FROM check_state').map(toStoredCheck)
    },

    async openDowntimes() {
      return openDowntimes(db)
    },

    async commit({ checks, removed, transitions, notifications, held, downtimes, comments }) {
      db.transaction(() => {
        for (const check of checks) db.run(upsertCheck, ...checkValues(check))
        for (const check of checks) if (check.acknowledgement) keepAcknowledged(check, check.acknowledgement)
        for (const change of transitions) transition(change)
        for (const notification of notifications) queue(notification)
        for (const record of held) hold(record)
        for (const downtime of downtimes) keepDowntime(db, downtime)
        for (const comment of comments) keepComment(db, comment)
        for (const id of removed) db.run('DELETE FROM check_state WHERE id = ?', id)
      })
      return []
    },

    async due(now, limit) {
      return db
        .all<NotificationRow>(
          `SELECT * FROM notification n WHERE outcome = 'waiting' AND next_attempt <= ?
             AND id = (SELECT min(id) FROM notification m WHERE m.outcome = 'waiting' AND m.check_id = n.check_id
               AND m.contact = n.contact AND m.notifier = n.notifier)
           ORDER BY id LIMIT ?`,
          now,
          limit,
        )
        .map(toQueued)
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
      db.run(`UPDATE notification SET next_attempt = ? WHERE outcome = 'waiting' AND next_attempt > ?${which}`, ...values)
    },

    async attempted(id, time, outcome) {
      const { reason, next, delivery } = {
        reason: outcome.outcome === 'sent' ? null : outcome.reason,
        next: outcome.outcome === 'waiting' ? outcome.nextAttempt : null,
        delivery: outcome.outcome === 'sent' ? outcome.deliveryId : null,
      }
      db.run(
        `UPDATE notification SET outcome = ?, reason = ?, attempts = attempts + 1, next_attempt = ?, delivery = ?,
           time = iif(? = 'sent', ?, time), message = iif(? = 'waiting', message, NULL) WHERE id = ?`,
        ...[outcome.outcome, reason, next, delivery, outcome.outcome, time, outcome.outcome, id],
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
