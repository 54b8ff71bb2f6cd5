/** On-call overrides, calendar addresses, used links. Of secrets only their hashes are kept. */
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { Feed, OnCallJournal } from '../../model/on-call.ts'
import type { Database } from './database.ts'

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

export function onCallJournal(db: Database): OnCallJournal {
  return {
    async overrides(since) {
      return db
        .all<OverrideRow>('SELECT * FROM rota_override WHERE removed_at IS NULL AND ends > ? ORDER BY seq', since)
        .map(({ id, rota, who, instead, starts, ends, author, comment }) => ({
          ...{ id, rota, who, instead, from: starts, to: ends, by: author, comment },
        }))
    },

    async addOverride({ id, rota, who, instead, from, to, by, comment }, now) {
      db.run(
        `INSERT INTO rota_override (id, rota, who, instead, starts, ends, author, comment, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        ...[id, rota, who, instead, from, to, by, comment, now],
      )
    },

    async removeOverride(id, by, now) {
      const sql = 'UPDATE rota_override SET removed_by = ?, removed_at = ? WHERE id = ? AND removed_at IS NULL'
      return db.run(sql, by, now, id).changes > 0
    },

    async openFeed({ account, contact }, now) {
      const id = randomUUID()
      const secret = randomBytes(32).toString('base64url')
      const sql = 'INSERT INTO rota_feed (id, account, contact, hash, created_at) VALUES (?, ?, ?, ?, ?)'
      db.run(sql, id, account, contact, hashed(secret), now)
      return { id, secret }
    },

    async feeds(account) {
      const sql = 'SELECT * FROM rota_feed WHERE account = ? AND revoked_at IS NULL ORDER BY created_at, id'
      return db.all<FeedRow>(sql, account).map(toFeed)
    },

    async revokeFeed(id, account, now) {
      const sql = 'UPDATE rota_feed SET revoked_at = ? WHERE id = ? AND account = ? AND revoked_at IS NULL'
      return db.run(sql, now, id, account).changes > 0
    },

    async feed(secret, now) {
      const row = db.get<FeedRow>('SELECT * FROM rota_feed WHERE hash = ? AND revoked_at IS NULL', hashed(secret))
      if (!row) return null
      db.run('UPDATE rota_feed SET used_at = ? WHERE id = ?', now, row.id)
      return toFeed(row)
    },

    async useLink(digest, expires, now) {
      db.run('DELETE FROM used_link WHERE expires < ?', now)
      return db.run('INSERT OR IGNORE INTO used_link VALUES (?, ?)', digest, expires).changes > 0
    },

    async linkUsed(digest) {
      return db.get('SELECT 1 FROM used_link WHERE digest = ?', digest) !== undefined
    },
  }
}
