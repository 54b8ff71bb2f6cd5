/** The delivery side of the alert journal: what waits for which receiver, and what became of it. */
import type { DeliveryTurn, Outbox, OutboxItem, StandIn } from '../../model/outbox.ts'
import { type NotificationRow, toQueued } from './alert-rows.ts'
import { queueNotification } from './alert-writer.ts'
import type { Database } from './database.ts'

interface WaitingRow extends NotificationRow {
  fell_back: number
}

const toItem = (row: WaitingRow): OutboxItem => ({ ...toQueued(row), filter: row.filter, fellBack: row.fell_back === 1 })

export function outbox(db: Database): Outbox {
  return {
    async dueReceivers(now) {
      return db
        .all<{ notifier: string; address: string }>(
          `SELECT notifier, address FROM notification WHERE outcome = 'waiting' AND next_attempt <= ?
           GROUP BY notifier, address ORDER BY min(id)`,
          now,
        )
        .map(({ notifier, address }) => ({ notifier, to: address }))
    },

    async waitingFor({ notifier, to }, now, limit) {
      return db
        .all<WaitingRow>(
          `SELECT * FROM notification WHERE outcome = 'waiting' AND notifier = ? AND address = ? AND next_attempt <= ?
           ORDER BY id LIMIT ?`,
          ...[notifier, to, now, limit],
        )
        .map(toItem)
    },

    async sentTimes(contact, notifier, since) {
      return db
        .all<{ time: number }>(
          `SELECT max(time) AS time FROM notification WHERE outcome = 'sent' AND contact = ? AND notifier = ? AND time > ?
           GROUP BY coalesce(bundle, id) ORDER BY 1`,
          ...[contact, notifier, since],
        )
        .map(({ time }) => time)
    },

    async settle(turns, standIns) {
      db.transaction(() => {
        for (const turn of turns) settleOne(db, turn)
        for (const standIn of standIns) standInFor(db, standIn)
      })
    },

    async backOff({ notifier, to }, until) {
      db.run(
        `UPDATE notification SET next_attempt = ? WHERE outcome = 'waiting' AND notifier = ? AND address = ? AND next_attempt < ?`,
        ...[until, notifier, to, until],
      )
    },
  }
}

function settleOne(db: Database, turn: DeliveryTurn): void {
  const { id, time, outcome } = turn
  const reason = outcome === 'sent' ? null : turn.reason
  const filter = outcome === 'held' || outcome === 'suppressed' ? turn.filter : null
  if (outcome === 'held') {
    const before = db.get<{ filter: string | null; reason: string | null }>(
      'SELECT filter, reason FROM notification WHERE id = ?',
      id,
    )
    db.run('UPDATE notification SET filter = ?, reason = ?, next_attempt = ? WHERE id = ?', filter, reason, turn.nextAttempt, id)
    if (before?.filter === filter && before?.reason === reason) return
  } else if (outcome === 'retry')
    db.run(
      'UPDATE notification SET reason = ?, attempts = attempts + 1, next_attempt = ? WHERE id = ?',
      reason,
      turn.nextAttempt,
      id,
    )
  else if (outcome === 'sent')
    db.run(
      `UPDATE notification SET outcome = 'sent', reason = iif(filter IS NULL, NULL, reason), attempts = attempts + 1,
         next_attempt = NULL, delivery = ?, bundle = ?, time = ?, message = NULL WHERE id = ?`,
      ...[turn.deliveryId, turn.bundle, time, id],
    )
  else
    db.run(
      `UPDATE notification SET outcome = ?, reason = ?, filter = coalesce(?, filter), attempts = attempts + ?,
         next_attempt = NULL, message = NULL WHERE id = ?`,
      ...[outcome, reason, filter, outcome === 'failed' ? 1 : 0, id],
    )
  db.run('INSERT INTO delivery_turn VALUES (?, ?, ?, ?, ?)', id, time, outcome, filter, reason)
}

function standInFor(db: Database, { for: original, notification }: StandIn): void {
  const id = queueNotification(db, notification)
  db.run('UPDATE notification SET stands_for = ? WHERE id = ?', original, id)
  db.run('UPDATE notification SET fell_back = 1 WHERE id = ?', original)
}
