/** The queue of notifications, shared: a notification belongs to the engine that claimed it for as long as that engine lives. */
import type { AlertWriter } from '../../model/tracked-check.ts'
import { numbered } from './conditions.ts'
import type { Postgres } from './connect.ts'
import { alive, free, type Membership } from './membership.ts'

export function outbox(
  { query }: Pick<Postgres, 'query'>,
  { id: me, leaseMs }: Pick<Membership, 'id' | 'leaseMs'>,
): Pick<AlertWriter, 'waiting' | 'hurry' | 'begin' | 'conversation'> {
  const run = <T extends object>(sql: string, ...values: unknown[]) => query<T>(numbered(sql), values)
  return {
    async waiting() {
      const [row] = await run<{ count: number; next: number | null; oldest: number | null }>(
        `SELECT count(*) AS count, min(next_attempt) AS next, min(time) AS oldest FROM notification WHERE outcome = 'waiting'`,
      )
      return row ?? { count: 0, next: null, oldest: null }
    },

    async hurry(now, notifier) {
      await run(
        `UPDATE notification SET next_attempt = ? WHERE outcome = 'waiting' AND filter IS NULL AND next_attempt > ? AND (?::text IS NULL OR notifier = ?)`,
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
