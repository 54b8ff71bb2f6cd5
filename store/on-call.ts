/** On-call overrides, calendar addresses, used links, in words that SQLite and PostgreSQL both understand. Of secrets only hashes are kept. */
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { Feed, OnCallJournal } from '../model/on-call.ts'
import type { HistoryDeps } from './alert-history.ts'

interface OverrideRow {
  id: string
  rota: string
  who: string
  instead: string | null
  starts: number
  ends: number
  author: string
  comment: string
}

interface FeedRow {
  id: string
  account: string
  contact: string | null
  created_at: number
  used_at: number | null
}

const toFeed = (row: FeedRow): Feed => ({
  ...{ id: row.id, account: row.account, contact: row.contact, createdAt: row.created_at, usedAt: row.used_at },
})

const hashed = (secret: string) => createHash('sha256').update(secret).digest('hex')

/** `entered`: called after overrides changed, for whoever else has to hear of it. */
export function onCallOf({ all }: Pick<HistoryDeps, 'all'>, entered: () => Promise<void> = async () => undefined): OnCallJournal {
  return {
    async overrides(since) {
      const rows = await all<OverrideRow>('SELECT * FROM rota_override WHERE removed_at IS NULL AND ends > ? ORDER BY seq', [
        since,
      ])
      return rows.map(({ id, rota, who, instead, starts, ends, author, comment }) => ({
        ...{ id, rota, who, instead, from: starts, to: ends, by: author, comment },
      }))
    },

    async addOverride({ id, rota, who, instead, from, to, by, comment }, now) {
      await all(
        `INSERT INTO rota_override (id, rota, who, instead, starts, ends, author, comment, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        [id, rota, who, instead, from, to, by, comment, now],
      )
      await entered()
    },

    async removeOverride(id, by, now) {
      const sql = 'UPDATE rota_override SET removed_by = ?, removed_at = ? WHERE id = ? AND removed_at IS NULL RETURNING id'
      const removed = (await all(sql, [by, now, id])).length > 0
      if (removed) await entered()
      return removed
    },

    async openFeed({ account, contact }, now) {
      const id = randomUUID()
      const secret = randomBytes(32).toString('base64url')
      const sql = 'INSERT INTO rota_feed (id, account, contact, hash, created_at) VALUES (?, ?, ?, ?, ?)'
      await all(sql, [id, account, contact, hashed(secret), now])
      return { id, secret }
    },

    async feeds(account) {
      const sql = 'SELECT * FROM rota_feed WHERE account = ? AND revoked_at IS NULL ORDER BY created_at, id'
      return (await all<FeedRow>(sql, [account])).map(toFeed)
    },

    async revokeFeed(id, account, now) {
      const sql = 'UPDATE rota_feed SET revoked_at = ? WHERE id = ? AND account = ? AND revoked_at IS NULL RETURNING id'
      return (await all(sql, [now, id, account])).length > 0
    },

    async feed(secret, now) {
      const sql = 'UPDATE rota_feed SET used_at = ? WHERE hash = ? AND revoked_at IS NULL RETURNING *'
      const [row] = await all<FeedRow>(sql, [now, hashed(secret)])
      return row ? toFeed(row) : null
    },

    async useLink(digest, expires, now) {
      await all('DELETE FROM used_link WHERE expires < ?', [now])
      const sql = 'INSERT INTO used_link (digest, expires) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING digest'
      return (await all(sql, [digest, expires])).length > 0
    },

    async linkUsed(digest) {
      return (await all('SELECT 1 AS used FROM used_link WHERE digest = ?', [digest])).length > 0
    },
  }
}
