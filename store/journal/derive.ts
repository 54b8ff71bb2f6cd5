/** For journals that are older than what is counted beside the events now: once, from the event log. */
import { noteActions } from './actions.ts'
import type { Database } from './database.ts'
import { eventColumns, type StoredEvent, toEvent } from './event-body.ts'
import { noteHeard } from './heard.ts'

const batchSize = 2000

/** Inside a transaction, before anything new is stored: all of it or nothing. */
export function deriveOnce(db: Database): void {
  if (db.get('SELECT 1 FROM heard LIMIT 1') || !db.get(`SELECT 1 FROM event WHERE format <> 'native' LIMIT 1`)) return
  for (let after = 0; ; ) {
    const rows = db.all<StoredEvent & { seq: number }>(
      `SELECT seq, ${eventColumns()} FROM event WHERE seq > ? ORDER BY seq LIMIT ?`,
      after,
      batchSize,
    )
    const events = rows.map(toEvent)
    // the further things of a bulk request came in one message
    noteHeard(
      db,
      events.filter(({ id }) => !/#\d+$/.test(id)),
    )
    noteActions(db, events)
    const last = rows.at(-1)
    if (!last) return
    after = last.seq
  }
}
