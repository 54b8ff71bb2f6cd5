/**
 * Removes the witnesses that say nothing (model/thinning.ts), in small steps. What goes is found instance by instance and removed
 * in the order of the log, where neighbours share their pages: instance by instance each row would cost pages of its own.
 */
import { dayMs } from '../../model/audit-period.ts'
import { compareKeys, sortKey } from '../../model/ledger-state.ts'
import { type LoggedEvent, type Run, thinner } from '../../model/thinning.ts'
import type { Database } from './database.ts'
import { eventColumns, type StoredEvent, toEvent } from './event-body.ts'
import { noteUnreferred } from './raw-texts.ts'
import { noteRetired } from './retired.ts'
import { fingerprintOf } from './thinned.ts'

/** Rows read, or removed, at once: some 10 ms. */
const rowsAtOnce = 500
const instancesAtOnce = 100
/** A journal that was never thinned is caught up with so much at a time, ms: what is to go is kept in memory meanwhile. */
const windowMs = 4 * dayMs
/** An audit may tell of an instance this long after its end, ms. */
const auditedFor = 2 * dayMs

/** Witnesses older than `before`. Each step is short, and says how many rows it removed; other work may go on between two. */
export function* thinWitnesses(db: Database, before: number, now: () => number): Generator<number> {
  for (let to = firstEnd(db, before); to !== null; to = to < before ? Math.min(before, to + windowMs) : null)
    yield* thinWindow(db, to, now)
}

/** Instances that were not looked through as far as ?1 and may have been witnessed since. */
const due = `fold IS NOT NULL AND (t.time IS NULL OR (t.time < ?1 AND (i.terminated_at IS NULL OR i.terminated_at > t.time - ${auditedFor})))`

function firstEnd(db: Database, before: number): number | null {
  const from = db.get<{ time: number | null }>(
    `SELECT min(coalesce(t.time, max(coalesce(i.launched_at, i.created_at, 0), (SELECT min(time) FROM event)))) AS time
     FROM instance i LEFT JOIN thinned_to t ON t.instance = i.id WHERE ${due}`,
    before,
  )?.time
  return from === null || from === undefined ? null : Math.min(before, from + windowMs)
}

interface Going {
  seqs: number[]
  /** Whose each of them is. */
  owners: string[]
}

function* thinWindow(db: Database, to: number, now: () => number): Generator<number> {
  const going: Going = { seqs: [], owners: [] }
  const visited: string[] = []
  const disturbed = lateWords(db, to)
  for (;;) {
    const ids = db.all<{ id: string }>(
      `SELECT i.id FROM instance i LEFT JOIN thinned_to t ON t.instance = i.id WHERE i.id > ?2 AND ${due} ORDER BY i.id LIMIT ${instancesAtOnce}`,
      ...[to, visited.at(-1) ?? ''],
    )
    if (ids.length === 0) break
    const runs: [string, Run][] = []
    for (const { id } of ids) {
      for (const run of yield* runsOf(db, id, to)) if (run.dropped.length > 0) runs.push([id, run])
      visited.push(id)
      yield 0
    }
    // known from now on when they come again, before the first of them is gone
    db.transaction(() => {
      for (const [id, run] of runs) putRun(db, id, run)
    })
    for (const [id, { dropped }] of runs)
      for (const seq of dropped) {
        going.seqs.push(seq)
        going.owners.push(id)
      }
    yield 0
  }
  yield* remove(db, going, disturbed, now)
  yield* mark(db, visited, to, disturbed())
}

/** What of one instance's log up to `to` can go. */
function* runsOf(db: Database, instance: string, to: number): Generator<number, Run[]> {
  const toldAt = db.get<{ time: number | null }>(
    `SELECT max(time) AS time FROM event INDEXED BY event_resource
     WHERE resource_id = ? AND resource_kind = 'instance' AND type GLOB 'instance.*' AND type <> 'instance.absent'`,
    instance,
  )?.time
  const its = thinner(instance, toldAt ?? Number.MIN_SAFE_INTEGER)
  for (let after = Number.MIN_SAFE_INTEGER; ; ) {
    const page = pageOf(db, instance, after, to)
    for (const logged of page) its.take(logged)
    const last = page.at(-1)
    if (!last) return its.runs()
    after = last.event.time
    if (page.length >= rowsAtOnce) yield 0
  }
}

/** The next rows about it, in the order of `sortKey`; those of one instant together. */
function pageOf(db: Database, instance: string, after: number, to: number): LoggedEvent[] {
  const last = db.get<{ time: number }>(
    `SELECT time FROM event INDEXED BY event_resource WHERE resource_id = ? AND time > ? AND time <= ? ORDER BY time LIMIT 1 OFFSET ${rowsAtOnce - 1}`,
    ...[instance, after, to],
  )
  return db
    .all<StoredEvent & { seq: number; twin: number | null }>(
      `SELECT seq, twin, ${eventColumns()} FROM event INDEXED BY event_resource WHERE resource_id = ? AND time > ? AND time <= ?`,
      ...[instance, after, last?.time ?? to],
    )
    .map((row) => ({ seq: row.seq, twin: row.twin, event: toEvent(row) }))
    .sort((a, b) => compareKeys(sortKey(a.event), sortKey(b.event)))
}

function putRun(db: Database, instance: string, { key, said, from, to }: Run): void {
  db.run(
    `INSERT INTO thinned (instance, run, start, stop, said) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (instance, run, start) DO UPDATE SET stop = excluded.stop, said = excluded.said`,
    ...[instance, key, from, to, fingerprintOf(said)],
  )
}

/** The instances of which something older than `to` was recorded since we began: what was found of them holds no more. */
function lateWords(db: Database, to: number): () => ReadonlySet<string> {
  const newest = () => db.get<{ seq: number | null }>('SELECT max(seq) AS seq FROM event')?.seq ?? 0
  const late = new Set<string>()
  let seen = newest()
  return () => {
    const rows = db.all<{ id: string }>(
      'SELECT DISTINCT resource_id AS id FROM event WHERE seq > ? AND +time <= ? AND resource_id IS NOT NULL',
      ...[seen, to],
    )
    for (const { id } of rows) late.add(id)
    seen = newest()
    return late
  }
}

function* remove(
  db: Database,
  { seqs, owners }: Going,
  disturbed: () => ReadonlySet<string>,
  now: () => number,
): Generator<number> {
  const order = Uint32Array.from(seqs.keys()).sort((a, b) => (seqs[a] as number) - (seqs[b] as number))
  for (let at = 0; at < order.length; at += rowsAtOnce) {
    yield db.transaction(() => {
      const late = disturbed()
      const chosen = [...order.subarray(at, at + rowsAtOnce)].filter((i) => !late.has(owners[i] as string)).map((i) => seqs[i])
      const list = JSON.stringify(withTwins(db, chosen as number[]))
      // the newest row stays whatever it says: its number must not be given again
      const going = 'seq IN (SELECT value FROM json_each(?)) AND seq < (SELECT max(seq) FROM event)'
      const batches = db.all<{ batch: number; count: number }>(
        `SELECT raw_batch AS batch, count(*) AS count FROM event WHERE ${going} AND raw_batch IS NOT NULL GROUP BY 1`,
        list,
      )
      noteUnreferred(db, new Map(batches.map(({ batch, count }) => [batch, count])))
      return noteRetired(db, 'witnesses', db.run(`DELETE FROM event WHERE ${going}`, list).changes, now())
    })
  }
}

/** Twins go together: one alone would be told of by nobody after a kill. The later one is not met again in its own turn. */
function withTwins(db: Database, seqs: readonly number[]): number[] {
  const twins = db.all<{ twin: number }>(
    'SELECT twin FROM event WHERE seq IN (SELECT value FROM json_each(?)) AND twin IS NOT NULL',
    JSON.stringify(seqs),
  )
  return [...seqs, ...twins.map(({ twin }) => twin)]
}

/** Those that were disturbed are looked through again. */
function* mark(db: Database, visited: readonly string[], to: number, disturbed: ReadonlySet<string>): Generator<number> {
  const done = visited.filter((id) => !disturbed.has(id))
  for (let at = 0; at < done.length; at += rowsAtOnce) {
    db.transaction(() =>
      db.run(
        `INSERT INTO thinned_to (instance, time) SELECT value, ? FROM json_each(?) WHERE true
         ON CONFLICT (instance) DO UPDATE SET time = excluded.time`,
        ...[to, JSON.stringify(done.slice(at, at + rowsAtOnce))],
      ),
    )
    yield 0
  }
}
