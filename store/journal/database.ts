import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { AppError } from '../../model/contract.ts'
import { migrations } from './migrations.ts'

export type Row = Record<string, string | number | bigint | Uint8Array | null>

/** The one SQLite file behind all journals. Statements are prepared once; numbers come back as JavaScript numbers. */
export interface Database {
  all<T extends object = Row>(sql: string, ...values: SQLInputValue[]): T[]
  get<T extends object = Row>(sql: string, ...values: SQLInputValue[]): T | undefined
  run(sql: string, ...values: SQLInputValue[]): { changes: number; lastInsertRowid: number }
  iterate<T extends object = Row>(sql: string, ...values: SQLInputValue[]): IterableIterator<T>
  /** All or nothing, durable when it returns (WAL, synchronous=FULL). Not reentrant: callers never nest. */
  transaction<T>(work: () => T): T
  close(): void
}

/** Pages kept, the part of the file that is mapped, and how many pages the log may have before it is taken in. */
const memory = {
  usual: 'PRAGMA cache_size=-65536; PRAGMA mmap_size=268435456; PRAGMA wal_autocheckpoint=4000',
  small: 'PRAGMA cache_size=-2048; PRAGMA mmap_size=0; PRAGMA wal_autocheckpoint=250',
}

/**
 * Opens `DIR/journal.sqlite` and brings it to the newest schema. Owning the directory is exclusive: a second process gets
 * AppError('locked'). The lock is a transaction held on a file of its own, so the kernel drops it when the process dies, and
 * readers (`openJournalReadOnly`) can still look while the owner runs. `small`: for few facts and little memory.
 */
export function openDatabase(directory: string, size: keyof typeof memory = 'usual'): Database {
  mkdirSync(directory, { recursive: true, mode: 0o750 })
  const lock = new DatabaseSync(join(directory, 'lock.sqlite'))
  try {
    lock.exec('PRAGMA busy_timeout=0; PRAGMA journal_mode=DELETE; BEGIN EXCLUSIVE')
  } catch (cause) {
    lock.close()
    throw new AppError(
      'locked',
      `${directory}: another specola process uses this data directory; stop it first, or give this one a directory of its own (data: in the config, or --data)`,
      { cause },
    )
  }
  const file = join(directory, 'journal.sqlite')
  const sqlite = new DatabaseSync(file)
  try {
    // first of all to wait: a reader may hold the file while the log of a process that was killed is taken in
    sqlite.exec('PRAGMA busy_timeout=10000')
    // a new file's page holds eight events: half as many pages to write as with SQLite's 4096
    sqlite.exec(`PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY;
      ${memory[size]}`)
    migrate(sqlite)
  } catch (cause) {
    sqlite.close()
    lock.close()
    if (cause instanceof AppError) throw cause
    throw new AppError('storage', `${file}: cannot be opened: ${(cause as Error).message}`, { cause })
  }
  return database(sqlite, lock)
}

/**
 * For commands that make one small change while `serve` owns the directory: SQLite lets the two writers take turns. Never
 * for anything that keeps state in memory, and never migrates: the owner did.
 */
export function openDatabaseShared(directory: string): Database {
  const sqlite = new DatabaseSync(join(directory, 'journal.sqlite'))
  sqlite.exec(
    // first of all to wait: the owner may be writing
    'PRAGMA busy_timeout=5000; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY',
  )
  return database(sqlite, null)
}

/** For commands that only read, also while `serve` owns the directory. */
export function openDatabaseReadOnly(directory: string): Database {
  let sqlite: DatabaseSync
  try {
    sqlite = new DatabaseSync(join(directory, 'journal.sqlite'), { readOnly: true })
  } catch (cause) {
    throw new AppError(
      'not-found',
      `${directory}: no journal here (expected ${join(directory, 'journal.sqlite')}); was anything imported?`,
      {
        cause,
      },
    )
  }
  sqlite.exec('PRAGMA busy_timeout=5000')
  try {
    mustBeNewest(sqlite, directory)
  } catch (error) {
    sqlite.close()
    throw error
  }
  return database(sqlite, null)
}

/** A reader cannot bring an older journal, or one that is just being made, to the newest schema. */
function mustBeNewest(sqlite: DatabaseSync, directory: string): void {
  const made = sqlite.prepare(`SELECT 1 FROM sqlite_master WHERE name = 'migration'`).get() !== undefined
  const rows = made ? sqlite.prepare('SELECT name FROM migration').all() : []
  const applied = new Set(rows.map((row) => String(row.name)))
  const missing = migrations.find(({ name }) => !applied.has(name))
  if (missing)
    throw new AppError(
      'storage',
      `${directory}: this journal is of an older Specola (it lacks ${missing.name}): start serve once, which brings it up to date`,
    )
}

function migrate(sqlite: DatabaseSync) {
  sqlite.exec('CREATE TABLE IF NOT EXISTS migration (name TEXT PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT')
  const applied = new Set(
    sqlite
      .prepare('SELECT name FROM migration')
      .all()
      .map((row) => String(row.name)),
  )
  for (const { name, sql } of migrations) {
    if (applied.has(name)) continue
    sqlite.exec('BEGIN IMMEDIATE')
    try {
      sqlite.exec(sql)
      sqlite.prepare(`INSERT INTO migration VALUES (?, CAST(unixepoch('subsec') * 1000 AS INTEGER))`).run(name)
      sqlite.exec('COMMIT')
    } catch (cause) {
      sqlite.exec('ROLLBACK')
      throw new AppError('storage', `journal.sqlite: migration ${name} failed: ${(cause as Error).message}`, { cause })
    }
  }
}

function database(sqlite: DatabaseSync, lock: DatabaseSync | null): Database {
  const statements = new Map<string, StatementSync>()
  const prepare = (sql: string) => {
    let statement = statements.get(sql)
    if (!statement) {
      statement = sqlite.prepare(sql)
      statements.set(sql, statement)
    }
    return statement
  }
  return {
    all: <T>(sql: string, ...values: SQLInputValue[]) => prepare(sql).all(...values) as T[],
    get: <T>(sql: string, ...values: SQLInputValue[]) => prepare(sql).get(...values) as T | undefined,
    run(sql, ...values) {
      const { changes, lastInsertRowid } = prepare(sql).run(...values)
      return { changes: Number(changes), lastInsertRowid: Number(lastInsertRowid) }
    },
    iterate: <T>(sql: string, ...values: SQLInputValue[]) => prepare(sql).iterate(...values) as IterableIterator<T>,
    transaction(work) {
      sqlite.exec('BEGIN IMMEDIATE')
      try {
        const result = work()
        sqlite.exec('COMMIT')
        return result
      } catch (error) {
        sqlite.exec('ROLLBACK')
        throw error
      }
    },
    close() {
      statements.clear()
      sqlite.close()
      lock?.close()
    },
  }
}
