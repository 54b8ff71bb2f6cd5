/** Weekly reports that were mailed, in words that SQLite and PostgreSQL both understand. */
import type { FatigueMails } from '../model/alert-history.ts'
import type { HistoryDeps } from './alert-history.ts'

export function fatigueMails({ all }: Pick<HistoryDeps, 'all'>): FatigueMails {
  return {
    async plan(week, addresses, now) {
      for (const address of addresses)
        await all(
          `INSERT INTO mailed_fatigue (week, address, state, attempts, next_attempt) VALUES (?, ?, 'waiting', 0, ?)
           ON CONFLICT DO NOTHING`,
          [week, address, now],
        )
    },
    async due(now) {
      const rows = await all<{ week: string; address: string; attempts: number; next_attempt: number }>(
        `SELECT week, address, attempts, next_attempt FROM mailed_fatigue
         WHERE state = 'waiting' AND next_attempt <= ? ORDER BY next_attempt, address`,
        [now],
      )
      return rows.map(({ next_attempt, ...row }) => ({ ...row, nextAttempt: next_attempt }))
    },
    async claim({ week, address, nextAttempt }, until) {
      const rows = await all(
        `UPDATE mailed_fatigue SET next_attempt = ?, attempts = attempts + 1
         WHERE week = ? AND address = ? AND state = 'waiting' AND next_attempt = ? RETURNING 1 AS claimed`,
        [until, week, address, nextAttempt],
      )
      return rows.length > 0
    },
    async settle({ week, address }, { sentAt, nextAttempt, detail }) {
      const state = sentAt !== null ? 'sent' : nextAttempt !== null ? 'waiting' : 'failed'
      await all('UPDATE mailed_fatigue SET state = ?, next_attempt = ?, sent_at = ?, detail = ? WHERE week = ? AND address = ?', [
        ...[state, nextAttempt, sentAt, detail, week, address],
      ])
    },
  }
}
