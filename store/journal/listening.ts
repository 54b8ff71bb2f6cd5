/** What Specola knows of its own presence on the bus, and of what it could not understand. */
import { createHash } from 'node:crypto'
import type { ListeningLog, ParkedMessage, UnreadLog } from '../../model/contract.ts'
import type { Database } from './database.ts'

export function listeningLog(db: Database): ListeningLog {
  return {
    async last(source) {
      const rows = db.all<{ exchange: string; seen_at: number }>(
        'SELECT exchange, seen_at FROM listening WHERE source = ?',
        source,
      )
      return new Map(rows.map(({ exchange, seen_at }) => [exchange, seen_at]))
    },

    async bound(source, exchanges, at) {
      db.run(
        `INSERT INTO listening (source, exchange, since, seen_at) SELECT ?1, value, ?3, ?3 FROM json_each(?2) WHERE true
         ON CONFLICT (source, exchange) DO UPDATE SET seen_at = max(seen_at, excluded.seen_at)`,
        source,
        JSON.stringify(exchanges),
        at,
      )
    },

    async absent(absences) {
      if (absences.length === 0) return
      db.run(
        `INSERT INTO absence (source, exchange, start, stop, cause, lost)
         SELECT a.value ->> 'source', a.value ->> 'exchange', a.value ->> 'from', a.value ->> 'to', a.value ->> 'cause', a.value ->> 'lost'
         FROM json_each(?) a WHERE true
         ON CONFLICT (source, exchange, start) DO UPDATE SET stop = max(stop, excluded.stop), lost = max(lost, excluded.lost)`,
        JSON.stringify(absences.map((absence) => ({ ...absence, lost: absence.lost ? 1 : 0 }))),
      )
    },
  }
}

export function unreadLog(db: Database): UnreadLog {
  return {
    async parked(messages, time) {
      db.transaction(() => {
        for (const message of messages)
          db.run(
            `INSERT INTO unread (id, time, service, messages) VALUES (?, ?, ?, 1)
             ON CONFLICT (id) DO UPDATE SET messages = messages + 1`,
            digest(message),
            time,
            message.exchange,
          )
      })
    },

    async understood(messages) {
      db.transaction(() => {
        for (const message of messages) db.run('DELETE FROM unread WHERE id = ?', digest(message))
      })
    },
  }
}

/** What makes a parked message the same one when it comes back from its file. */
const digest = ({ routing_key, body }: Pick<ParkedMessage, 'routing_key' | 'body'>) =>
  createHash('sha256').update(routing_key).update('\0').update(body).digest()
