/** Writes check states: of most results only times and words are new, and then no index is touched and nothing is put into JSON again. */
import type { SQLInputValue } from 'node:sqlite'
import type { StoredCheck } from '../../model/tracked-check.ts'
import { checkColumns, checkValues } from './alert-rows.ts'
import type { Database } from './database.ts'

const upsert = `INSERT INTO check_state (${checkColumns.join(', ')}) VALUES (${checkColumns.map(() => '?').join(', ')})
  ON CONFLICT (id) DO UPDATE SET ${checkColumns
    .filter((column) => column !== 'id' && column !== 'created_at')
    .map((column) => `${column} = excluded.${column}`)
    .join(', ')}`
const update = `UPDATE check_state SET last_check = ?, next_check = ?, output = ?, long_output = ?, perfdata = ?, told = ?, flapping = ?
  WHERE id = ?`

/** What was written last, and its JSON. */
interface Written {
  check: StoredCheck
  perfdata: string
  told: string
  flapping: string
}

/** Call inside a transaction; `settled` afterwards says whether that is on disk. */
export interface CheckWriter {
  write(check: StoredCheck): void
  removed(id: string): void
  settled(committed: boolean): void
}

export function checkWriter(db: Database): CheckWriter {
  const written = new Map<string, Written>()
  const touched = new Set<string>()
  return {
    write(check) {
      const before = written.get(check.id)
      touched.add(check.id)
      const texts = {
        perfdata: before?.check.perfdata === check.perfdata ? before.perfdata : JSON.stringify(check.perfdata),
        told: before?.check.told === check.told ? before.told : JSON.stringify(check.told),
        flapping: before?.check.flapping === check.flapping ? before.flapping : JSON.stringify(check.flapping),
      }
      written.set(check.id, { check, ...texts })
      const { state } = check
      const often: SQLInputValue[] = [state.lastCheck, check.nextCheck, state.output, check.longOutput]
      const same = before !== undefined && isSame(before.check, check)
      if (same && db.run(update, ...often, texts.perfdata, texts.told, texts.flapping, check.id).changes > 0) return
      db.run(upsert, ...checkValues(check, texts))
    },
    removed(id) {
      written.delete(id)
    },
    settled(committed) {
      if (!committed) for (const id of touched) written.delete(id)
      touched.clear()
    },
  }
}

/** Nothing differs but what `update` writes. */
const isSame = (a: StoredCheck, b: StoredCheck): boolean =>
  a.rule === b.rule &&
  a.plugin === b.plugin &&
  a.target.kind === b.target.kind &&
  a.target.id === b.target.id &&
  a.targetName === b.targetName &&
  a.project === b.project &&
  a.host === b.host &&
  a.maxAttempts === b.maxAttempts &&
  (a.cause ?? null) === (b.cause ?? null) &&
  a.acknowledgement === b.acknowledgement &&
  a.state.state === b.state.state &&
  a.state.hard === b.state.hard &&
  a.state.attempt === b.state.attempt &&
  a.state.checked === b.state.checked &&
  a.state.lastStateChange === b.state.lastStateChange &&
  a.state.lastHardState === b.state.lastHardState &&
  a.state.lastHardStateChange === b.state.lastHardStateChange &&
  (a.state.onBrokenGround === true) === (b.state.onBrokenGround === true)
