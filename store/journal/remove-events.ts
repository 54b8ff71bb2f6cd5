/**
 * Removes old events that no figure is made of: sign-ins, requests, what was done to networks and users. Events of instances, of
 * everything with a ledger and of the ports that floating IPs served are never removed, so that no month, closed or not, and no
 * open instance ever lacks one. What was done stays in the timeline, which keeps its own actions.
 */
import { resourceKinds } from '../../model/usage.ts'
import type { Database } from './database.ts'
import { noteUnreferred } from './raw-texts.ts'
import { noteRetired } from './retired.ts'

const rowsAtOnce = 500

/** Kinds whose ledgers are folded anew from the log. */
const neededKinds = JSON.stringify(['instance', ...resourceKinds, 'port'])

/**
 * ?1 = first seq that was ever heard on the bus: it says since when. The newest word of a resource stays: readings of the API are
 * compared with it. Nova tells twice, of few things but instances: its stay.
 */
const removable = `e.service <> 'nova' AND e.twin IS NULL AND e.seq <> ?1 AND e.seq < (SELECT max(seq) FROM event)
  AND (e.resource_kind IS NULL OR e.resource_kind NOT IN (SELECT value FROM json_each('${neededKinds}')))
  AND (e.resource_id IS NULL OR EXISTS (
    SELECT 1 FROM event n INDEXED BY event_resource WHERE n.resource_id = e.resource_id AND n.resource_kind IS e.resource_kind AND n.time > e.time))`

/** Older than `before`, oldest first. Each step is one short transaction, and says how many it removed. */
export function* removeOldEvents(db: Database, before: number, now: () => number): Generator<number> {
  const first = db.get<{ seq: number }>(`SELECT seq FROM event WHERE hidden = 0 AND format <> 'native' ORDER BY time LIMIT 1`)
  for (;;) {
    const from = db.get<{ time: number }>('SELECT time FROM retired_to')?.time ?? Number.MIN_SAFE_INTEGER
    const last = db.get<{ time: number }>(
      `SELECT time FROM event INDEXED BY event_identity WHERE time > ? AND time <= ? ORDER BY time LIMIT 1 OFFSET ${rowsAtOnce - 1}`,
      ...[from, before],
    )
    const to = last?.time ?? before
    if (from >= before) return
    yield db.transaction(() => {
      const rows = db.all<{ seq: number; batch: number | null }>(
        `SELECT e.seq, e.raw_batch AS batch FROM event e INDEXED BY event_identity WHERE e.time > ?2 AND e.time <= ?3 AND ${removable}`,
        ...[first?.seq ?? 0, from, to],
      )
      const batches = Map.groupBy(
        rows.filter(({ batch }) => batch !== null),
        ({ batch }) => batch as number,
      )
      noteUnreferred(db, new Map([...batches].map(([batch, its]) => [batch, its.length])))
      db.run('DELETE FROM event WHERE seq IN (SELECT value FROM json_each(?))', JSON.stringify(rows.map(({ seq }) => seq)))
      db.run('DELETE FROM retired_to')
      db.run('INSERT INTO retired_to (time) VALUES (?)', to)
      return noteRetired(db, 'events', rows.length, now())
    })
  }
}
