import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { AppError } from '../../model/contract.ts'
import type { Tags } from '../../model/sample.ts'
import { sequenceOf, type Tier } from './names.ts'

/** One sealed Parquet file. */
export interface Segment {
  measurement: string
  /** Start of its UTC day, epoch ms. */
  day: number
  tier: Tier
  /** Relative to the samples directory. */
  file: string
  rows: number
  bytes: number
  fields: readonly string[]
}

export interface SeriesRow {
  sid: number
  measurement: string
  tags: Tags
  /** Newest sealed sample, epoch ms; null when none is sealed. */
  sealed: number | null
}

/** What changes when a day has been sealed; all of it in one transaction, durable before the hot tables go. */
export interface Sealing {
  measurement: string
  day: number
  segments: readonly Segment[]
  /** The hot tables that are in the files now: windows with their highest sealed generation. */
  windows: readonly { window: number; generation: number; amended: boolean }[]
  newest: readonly { sid: number; time: number }[]
}

const schema = `
  CREATE TABLE IF NOT EXISTS series (sid INTEGER PRIMARY KEY AUTOINCREMENT, measurement TEXT NOT NULL, tags TEXT NOT NULL,
    sealed INTEGER, UNIQUE (measurement, tags)) STRICT;
  CREATE TABLE IF NOT EXISTS segment (measurement TEXT NOT NULL, day INTEGER NOT NULL, tier TEXT NOT NULL, file TEXT NOT NULL,
    rows INTEGER NOT NULL, bytes INTEGER NOT NULL, fields TEXT NOT NULL, PRIMARY KEY (measurement, day, tier)) STRICT;
  CREATE TABLE IF NOT EXISTS sealed (measurement TEXT NOT NULL, window INTEGER NOT NULL, generation INTEGER NOT NULL,
    PRIMARY KEY (measurement, window)) STRICT;
  CREATE TABLE IF NOT EXISTS amended (measurement TEXT NOT NULL, window INTEGER NOT NULL, PRIMARY KEY (measurement, window)) STRICT;
  CREATE TABLE IF NOT EXISTS issued (sequence INTEGER NOT NULL) STRICT`

/**
 * Which tag set a series id means and which files are live: `catalog.sqlite`, beside the DuckDB file and not in it, so that
 * a damaged DuckDB file or log can never give an old id a new meaning. Written seldom, synchronous=FULL.
 */
export class Catalog {
  readonly #sqlite: DatabaseSync
  #sequence: number

  constructor(directory: string) {
    try {
      this.#sqlite = new DatabaseSync(join(directory, 'catalog.sqlite'))
      // Exclusive until close or death: the lock of the whole samples directory. DuckDB's own does not see its own process.
      this.#sqlite.exec(`PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=0;
        BEGIN EXCLUSIVE; ${schema}; COMMIT`)
    } catch (cause) {
      if (/locked|busy/i.test((cause as Error).message))
        throw new AppError('locked', `${directory}: another specola process uses these samples; stop it first`, { cause })
      throw new AppError('storage', `${join(directory, 'catalog.sqlite')}: ${(cause as Error).message}`, { cause })
    }
    // Files of an older catalog keep their names: a new one starts above everything that lies there.
    const onDisk = readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((file) => sequenceOf(file) ?? 0)
    this.#sequence = Math.max(this.issued, ...onDisk.slice(0, 50_000))
  }

  /** The highest sequence that this catalog ever gave out. */
  get issued(): number {
    return Number(this.#sqlite.prepare('SELECT max(sequence) AS n FROM issued').get()?.n ?? 0)
  }

  /** A number no file had before; durable before the file exists, so that a file without a segment is known to be a leftover. */
  nextSequence(): number {
    this.#sequence++
    this.#transaction(() => {
      this.#sqlite.exec('DELETE FROM issued')
      this.#sqlite.prepare('INSERT INTO issued VALUES (?)').run(this.#sequence)
    })
    return this.#sequence
  }

  series(): SeriesRow[] {
    return this.#sqlite
      .prepare('SELECT sid, measurement, tags, sealed FROM series ORDER BY sid')
      .all()
      .map((row) => ({
        sid: Number(row.sid),
        measurement: String(row.measurement),
        tags: JSON.parse(String(row.tags)) as Tags,
        sealed: row.sealed === null ? null : Number(row.sealed),
      }))
  }

  /** Ids for new tag sets (canonical), in their order; durable when it returns. */
  addSeries(added: readonly { measurement: string; tags: Tags }[]): number[] {
    const insert = this.#sqlite.prepare('INSERT INTO series (measurement, tags) VALUES (?, ?)')
    return this.#transaction(() =>
      added.map(({ measurement, tags }) => Number(insert.run(measurement, JSON.stringify(tags)).lastInsertRowid)),
    )
  }

  segments(): Segment[] {
    return this.#sqlite
      .prepare('SELECT measurement, day, tier, file, rows, bytes, fields FROM segment ORDER BY measurement, day, tier')
      .all()
      .map((row) => ({
        measurement: String(row.measurement),
        day: Number(row.day),
        tier: String(row.tier) as Tier,
        file: String(row.file),
        rows: Number(row.rows),
        bytes: Number(row.bytes),
        fields: JSON.parse(String(row.fields)) as string[],
      }))
  }

  /** The generation up to which a window's tables are in sealed files; -1 when none is. */
  sealedGeneration(measurement: string, window: number): number {
    const row = this.#sqlite
      .prepare('SELECT generation FROM sealed WHERE measurement = ? AND window = ?')
      .get(measurement, window)
    return row ? Number(row.generation) : -1
  }

  /** Windows in which a sample was written again with other values: their readers take the newest version. */
  amended(): { measurement: string; window: number }[] {
    return this.#sqlite
      .prepare('SELECT measurement, window FROM amended')
      .all()
      .map((row) => ({ measurement: String(row.measurement), window: Number(row.window) }))
  }

  markAmended(measurement: string, window: number): void {
    this.#sqlite.prepare('INSERT OR IGNORE INTO amended VALUES (?, ?)').run(measurement, window)
  }

  seal({ measurement, segments, windows, newest }: Sealing): void {
    this.#transaction(() => {
      const put = this.#sqlite.prepare('INSERT OR REPLACE INTO segment VALUES (?, ?, ?, ?, ?, ?, ?)')
      for (const s of segments) put.run(s.measurement, s.day, s.tier, s.file, s.rows, s.bytes, JSON.stringify(s.fields))
      for (const { window, generation, amended } of windows) {
        this.#sqlite.prepare('INSERT OR REPLACE INTO sealed VALUES (?, ?, ?)').run(measurement, window, generation)
        if (!amended) this.#sqlite.prepare('DELETE FROM amended WHERE measurement = ? AND window = ?').run(measurement, window)
      }
      const seen = this.#sqlite.prepare('UPDATE series SET sealed = max(coalesce(sealed, 0), ?) WHERE sid = ?')
      for (const { sid, time } of newest) seen.run(time, sid)
    })
  }

  /** Forgets segments whose files may go. */
  drop(segments: readonly Segment[]): void {
    const forget = this.#sqlite.prepare('DELETE FROM segment WHERE measurement = ? AND day = ? AND tier = ? AND file = ?')
    this.#transaction(() => {
      for (const { measurement, day, tier, file } of segments) forget.run(measurement, day, tier, file)
    })
  }

  /** Forgets what is only needed while raw samples of that age can still arrive. */
  forgetWindows(before: number): void {
    this.#transaction(() => {
      this.#sqlite.prepare('DELETE FROM sealed WHERE window < ?').run(before)
      this.#sqlite.prepare('DELETE FROM amended WHERE window < ?').run(before)
    })
  }

  removeSeries(sids: readonly number[]): void {
    const remove = this.#sqlite.prepare('DELETE FROM series WHERE sid = ?')
    this.#transaction(() => {
      for (const sid of sids) remove.run(sid)
    })
  }

  close(): void {
    this.#sqlite.close()
  }

  #transaction<T>(work: () => T): T {
    this.#sqlite.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      this.#sqlite.exec('COMMIT')
      return result
    } catch (cause) {
      if (this.#sqlite.isTransaction) this.#sqlite.exec('ROLLBACK')
      throw new AppError('storage', `catalog.sqlite: ${(cause as Error).message}`, { cause })
    }
  }
}
