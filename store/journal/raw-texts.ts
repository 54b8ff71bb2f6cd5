/** The texts of messages: how old each batch is and how much of it is still somebody's; old ones go, sparse ones are made smaller. */
import { emptiedTexts } from '../../model/message-texts.ts'
import type { Database } from './database.ts'
import { noteRetired } from './retired.ts'

const agedAtOnce = 5000
const removedAtOnce = 20

/** Inside the transaction that stored the batch and its events. */
export function noteTexts(
  db: Database,
  batch: number,
  of: { newest: number; first: number; last: number; events: number },
): void {
  db.run(
    'INSERT INTO raw_age (batch, newest, first_seq, last_seq, told, remaining) VALUES (?, ?, ?, ?, ?, ?)',
    ...[batch, of.newest, of.first, of.last, of.events, of.events],
  )
}

/** Events of these batches were removed, inside the same transaction. */
export function noteUnreferred(db: Database, removed: ReadonlyMap<number, number>): void {
  for (const [batch, count] of removed)
    db.run(
      'UPDATE raw_age SET remaining = remaining - ?1, sparse = (remaining - ?1) * 2 <= told WHERE batch = ?2',
      ...[count, batch],
    )
}

/** Learns of the batches of older journals, step by step. Nothing of a batch may be removed before. */
export function* ageTexts(db: Database): Generator<void> {
  for (;;) {
    const mark = db.get<{ reached: number; until: number }>('SELECT reached, until FROM raw_aging')
    if (!mark || mark.reached >= mark.until) return
    const to = Math.min(mark.until, mark.reached + agedAtOnce)
    db.transaction(() => {
      db.run(
        `INSERT INTO raw_age (batch, newest, first_seq, last_seq, told, remaining)
           SELECT raw_batch, max(time), min(seq), max(seq), count(*), count(*) FROM event
           WHERE seq > ? AND seq <= ? AND raw_batch IS NOT NULL GROUP BY 1
         ON CONFLICT (batch) DO UPDATE SET newest = max(newest, excluded.newest), last_seq = excluded.last_seq,
           told = told + excluded.told, remaining = remaining + excluded.remaining`,
        ...[mark.reached, to],
      )
      db.run('UPDATE raw_aging SET reached = ?', to)
    })
    yield
  }
}

/** Removes batches whose newest message is older. Their events stay, without a text. Yields how many messages lost theirs. */
export function* removeOldTexts(db: Database, before: number, now: () => number): Generator<number> {
  for (;;) {
    const old = db.all<{ batch: number; remaining: number }>(
      // the newest batch stays whatever its age: its number must not be given again
      'SELECT batch, remaining FROM raw_age WHERE newest < ? AND batch < (SELECT max(id) FROM raw_batch) ORDER BY newest LIMIT ?',
      ...[before, removedAtOnce],
    )
    if (old.length === 0) return
    const batches = JSON.stringify(old.map(({ batch }) => batch))
    const count = old.reduce((sum, { remaining }) => sum + remaining, 0)
    yield db.transaction(() => {
      db.run('DELETE FROM raw_batch WHERE id IN (SELECT value FROM json_each(?))', batches)
      db.run('DELETE FROM raw_age WHERE batch IN (SELECT value FROM json_each(?))', batches)
      return noteRetired(db, 'texts', count, now())
    })
  }
}

/** Takes out of batches the texts that belong to no event any more. Places of the others stay. */
export async function emptyNextSparse(db: Database): Promise<boolean> {
  const sparse = db.get<{ batch: number; first_seq: number; last_seq: number; newest: number }>(
    `SELECT batch, first_seq, last_seq, (SELECT max(id) FROM raw_batch) AS newest FROM raw_age INDEXED BY raw_age_sparse
     WHERE sparse = 1 LIMIT 1`,
  )
  if (!sparse) return false
  const { batch, first_seq, last_seq, newest } = sparse
  const stored = db.get<{ body: Uint8Array }>('SELECT body FROM raw_batch WHERE id = ?', batch)
  // they were stored in one transaction, one after the other
  const kept = db
    .all<{ place: number }>(
      'SELECT raw_index AS place FROM event WHERE seq BETWEEN ? AND ? AND raw_batch = ?',
      ...[first_seq, last_seq, batch],
    )
    .map(({ place }) => place)
  const gone = stored === undefined || (kept.length === 0 && batch < newest)
  const body = gone ? null : await emptiedTexts(stored.body, new Set(kept))
  db.transaction(() => {
    if (body === null) {
      db.run('DELETE FROM raw_batch WHERE id = ?', batch)
      db.run('DELETE FROM raw_age WHERE batch = ?', batch)
    } else {
      db.run('UPDATE raw_batch SET body = ? WHERE id = ?', body, batch)
      db.run('UPDATE raw_age SET told = remaining, sparse = 0 WHERE batch = ?', batch)
    }
  })
  return true
}
