/** The queue by receiver, shared: one engine at a time serves a receiver, for as long as it lives. */
import type { DeliveryTurn, Outbox, OutboxItem, StandIn } from '../../model/outbox.ts'
import { type NotificationRow, toQueued } from '../journal/alert-rows.ts'
import { queuedRow } from './batch-rows.ts'
import { numbered, rowsParameter, storable } from './conditions.ts'
import type { Postgres, Query } from './connect.ts'
import { alive, free, type Membership } from './membership.ts'
import { insertNotifications } from './notification-rows.ts'

interface Row extends NotificationRow {
  fell_back: number
}

const toItem = (row: Row): OutboxItem => ({ ...toQueued(row), filter: row.filter, fellBack: row.fell_back === 1 })

export function receivers(
  { query, transaction }: Pick<Postgres, 'query' | 'transaction'>,
  { id: me, leaseMs }: Pick<Membership, 'id' | 'leaseMs'>,
): Outbox {
  const run = <T extends object>(sql: string, ...values: unknown[]) => query<T>(numbered(sql), values)
  return {
    async dueReceivers(now) {
      const rows = await run<{ notifier: string; address: string }>(
        `SELECT notifier, address FROM notification WHERE outcome = 'waiting' AND next_attempt <= ? AND ${free}
         GROUP BY notifier, address ORDER BY min(id)`,
        ...[now, me, leaseMs],
      )
      return rows.map(({ notifier, address }) => ({ notifier, to: address }))
    },

    async waitingFor({ notifier, to }, now, limit) {
      const rows = await run<Row>(
        `UPDATE notification SET claimed_by = ? WHERE id IN (
           SELECT id FROM notification WHERE outcome = 'waiting' AND notifier = ? AND address = ? AND next_attempt <= ?
             AND ${free} AND ${alive}
             AND NOT EXISTS (SELECT 1 FROM notification WHERE outcome = 'waiting' AND notifier = ? AND address = ? AND NOT ${free})
           ORDER BY id LIMIT ? FOR UPDATE SKIP LOCKED)
         RETURNING *`,
        ...[me, notifier, to, now, me, leaseMs, me, leaseMs, notifier, to, me, leaseMs, limit],
      )
      return rows.sort((a, b) => a.id - b.id).map(toItem)
    },

    async sentTimes(contact, notifier, since) {
      const rows = await run<{ time: number }>(
        `SELECT max(time) AS time FROM notification WHERE outcome = 'sent' AND contact = ? AND notifier = ? AND time > ?
         GROUP BY coalesce(bundle, id) ORDER BY 1`,
        ...[contact, notifier, since],
      )
      return rows.map(({ time }) => time)
    },

    async settle(turns, standIns) {
      if (turns.length + standIns.length === 0) return
      await transaction(async (inside) => {
        for (const turn of turns) await settleOne(inside, turn)
        for (const standIn of standIns) await standInFor(inside, standIn)
      })
    },

    async backOff({ notifier, to }, until) {
      await run(
        `UPDATE notification SET next_attempt = ? WHERE outcome = 'waiting' AND notifier = ? AND address = ? AND next_attempt < ?`,
        ...[until, notifier, to, until],
      )
    },
  }
}

async function settleOne(query: Query, turn: DeliveryTurn): Promise<void> {
  const { id, time, outcome } = turn
  const reason = outcome === 'sent' ? null : storable(turn.reason)
  const filter = outcome === 'held' || outcome === 'suppressed' ? turn.filter : null
  const run = (sql: string, ...values: unknown[]) =>
    query<{ filter: string | null; reason: string | null }>(numbered(sql), values)
  const waiting = `WHERE id = ? AND outcome = 'waiting'`
  if (outcome === 'held') {
    const [before] = await run(`SELECT filter, reason FROM notification ${waiting}`, id)
    await run(
      `UPDATE notification SET filter = ?, reason = ?, next_attempt = ?, claimed_by = NULL ${waiting}`,
      ...[filter, reason, turn.nextAttempt, id],
    )
    if (before?.filter === filter && before?.reason === reason) return
  } else if (outcome === 'retry')
    await run(
      `UPDATE notification SET reason = ?, attempts = attempts + 1, next_attempt = ?, claimed_by = NULL ${waiting}`,
      ...[reason, turn.nextAttempt, id],
    )
  else if (outcome === 'sent')
    await run(
      `UPDATE notification SET outcome = 'sent', reason = CASE WHEN filter IS NULL THEN NULL ELSE reason END,
         attempts = attempts + 1, next_attempt = NULL, delivery = ?, bundle = ?, time = ?, message = NULL, claimed_by = NULL ${waiting}`,
      ...[turn.deliveryId === null ? null : storable(turn.deliveryId), turn.bundle, time, id],
    )
  else
    await run(
      `UPDATE notification SET outcome = ?, reason = ?, filter = coalesce(?, filter), attempts = attempts + ?::int,
         next_attempt = NULL, message = NULL, claimed_by = NULL ${waiting}`,
      ...[outcome, reason, filter, outcome === 'failed' ? 1 : 0, id],
    )
  await run(
    'INSERT INTO delivery_turn (notification, time, outcome, filter, reason) VALUES (?, ?, ?, ?, ?)',
    ...[id, time, outcome, filter, reason],
  )
}

async function standInFor(query: Query, { for: original, notification }: StandIn): Promise<void> {
  const [row] = await query<{ id: number }>(`${insertNotifications} RETURNING id`, [rowsParameter([queuedRow(notification, 0)])])
  if (row) await query('UPDATE notification SET stands_for = $1 WHERE id = $2', [original, row.id])
  await query('UPDATE notification SET fell_back = 1 WHERE id = $1', [original])
}
