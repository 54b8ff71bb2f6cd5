/** The queue of notifications, shared: a notification belongs to the engine that claimed it for as long as that engine lives. */
import type { AlertWriter } from '../../model/tracked-check.ts'
import { type NotificationRow, toQueued } from '../journal/alert-rows.ts'
import { numbered, storable } from './conditions.ts'
import type { Postgres } from './connect.ts'
import { living, type Membership } from './membership.ts'

/** A claim that goes on: of this engine, or of nobody who lives. Two values: the engine, the lease in ms. */
const free = `(claimed_by IS NULL OR claimed_by = ?
  OR NOT EXISTS (SELECT 1 FROM engine WHERE engine.id = claimed_by AND ${living}))`
/** Who was not seen for too long claims nothing: others may take it for dead. Two values: the engine, the lease in ms. */
const alive = `EXISTS (SELECT 1 FROM engine WHERE engine.id = ? AND ${living})`

export function outbox(
  { query }: Pick<Postgres, 'query'>,
  { id: me, leaseMs }: Pick<Membership, 'id' | 'leaseMs'>,
): Pick<AlertWriter, 'due' | 'waiting' | 'hurry' | 'begin' | 'attempted' | 'conversation'> {
  const run = <T extends object>(sql: string, ...values: unknown[]) => query<T>(numbered(sql), values)
  return {
    async due(now, limit) {
      const rows = await run<NotificationRow>(
        `UPDATE notification SET claimed_by = ? WHERE id IN (
           SELECT id FROM notification n WHERE outcome = 'waiting' AND next_attempt <= ? AND ${free} AND ${alive}
             AND id = (SELECT min(id) FROM notification m WHERE m.outcome = 'waiting' AND m.check_id = n.check_id
               AND m.contact = n.contact AND m.notifier = n.notifier)
           ORDER BY id LIMIT ? FOR UPDATE SKIP LOCKED)
         RETURNING *`,
        ...[me, now, me, leaseMs, me, leaseMs, limit],
      )
      return rows.sort((a, b) => a.id - b.id).map(toQueued)
    },

    async waiting() {
      const [row] = await run<{ count: number; next: number | null; oldest: number | null }>(
        `SELECT count(*) AS count, min(next_attempt) AS next, min(time) AS oldest FROM notification WHERE outcome = 'waiting'`,
      )
      return row ?? { count: 0, next: null, oldest: null }
    },

    async hurry(now, notifier) {
      await run(
        `UPDATE notification SET next_attempt = ? WHERE outcome = 'waiting' AND next_attempt > ? AND (?::text IS NULL OR notifier = ?)`,
        ...[now, now, notifier ?? null, notifier ?? null],
      )
    },

    async begin(id) {
      const rows = await run(
        `UPDATE notification SET claimed_by = ? WHERE id = ? AND outcome = 'waiting' AND ${free} AND ${alive} RETURNING id`,
        ...[me, id, me, leaseMs, me, leaseMs],
      )
      return rows.length > 0
    },

    async attempted(id, time, outcome) {
      const sent = outcome.outcome === 'sent'
      const waits = outcome.outcome === 'waiting'
      await run(
        `UPDATE notification SET outcome = ?, reason = ?, attempts = attempts + 1, next_attempt = ?, delivery = ?,
           time = CASE WHEN ? THEN ?::bigint ELSE time END, message = CASE WHEN ? THEN message END, claimed_by = NULL
         WHERE id = ? AND outcome = 'waiting'`,
        ...[outcome.outcome, sent ? null : storable(outcome.reason), waits ? outcome.nextAttempt : null],
        ...[sent && outcome.deliveryId !== null ? storable(outcome.deliveryId) : null, sent, time, waits, id],
      )
    },

    async conversation({ id, message, notifier, to }) {
      const address = [message.problem.check, notifier, to, id]
      const [row] = await run<{ delivery: string }>(
        `SELECT delivery FROM notification WHERE check_id = ? AND notifier = ? AND address = ? AND id < ?
           AND outcome = 'sent' AND delivery IS NOT NULL
           AND id > coalesce((SELECT max(id) FROM notification WHERE check_id = ? AND notifier = ? AND address = ? AND id < ?
             AND outcome = 'sent' AND kind = 'recovery'), 0)
         ORDER BY id LIMIT 1`,
        ...[...address, ...address],
      )
      return row?.delivery ?? null
    },
  }
}
