import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../../model/contract.ts'
import type { Sample } from '../../model/sample.ts'
import { entryOf } from '../entry-of.ts'
import { SeriesIndex } from '../series-index.ts'
import type { Catalog, Segment } from './catalog.ts'
import type { Engine } from './engine.ts'
import { HotTables } from './hot-tables.ts'
import { quoted, sequenceOf } from './names.ts'
import type { Known } from './plan.ts'
import { Stage } from './stage.ts'

const maxMeasurements = 1000

/**
 * What the store has, as its parts share it: which series, files and hot tables there are, how far each series has come.
 * Changed only by writers in their turn; a query takes what it needs in one go, before its first await.
 */
export class Holdings {
  readonly directory: string
  readonly catalog: Catalog
  readonly engine: Engine
  readonly hot: HotTables
  /** Newest sample of a series that was written or read since start. */
  readonly latest = new Map<number, Sample>()
  readonly #indexes: Map<string, SeriesIndex>
  readonly #newest = new Map<number, number>()
  readonly #amended = new Map<string, Set<number>>()
  #segments: Segment[]
  readonly #stages = new Map<string, Stage>()
  #stagesInUse = false
  #stale = false

  private constructor(directory: string, catalog: Catalog, engine: Engine) {
    this.directory = directory
    this.catalog = catalog
    this.engine = engine
    const sealed = (measurement: string, window: number) => catalog.sealedGeneration(measurement, window)
    this.hot = new HotTables(engine, sealed)
    this.#segments = catalog.segments()
    this.#indexes = new Map()
    for (const { measurement, window } of catalog.amended()) this.#amendedOf(measurement).add(window)
    for (const { sid, measurement, tags, sealed } of catalog.series()) {
      this.indexOf(measurement).add(sid, tags)
      if (sealed !== null) this.#newest.set(sid, sealed)
    }
  }

  static async load(directory: string, catalog: Catalog, engine: Engine): Promise<Holdings> {
    const holdings = new Holdings(directory, catalog, engine)
    await holdings.hot.load((measurement, window) => catalog.sealedGeneration(measurement, window))
    if (holdings.#indexes.size === 0 && (holdings.hot.all().length > 0 || parquetFiles(directory).length > 0))
      throw new AppError(
        'storage',
        `${directory}: there are samples but catalog.sqlite, which names them, is missing or empty; restore it, or move the directory away to start anew`,
      )
    await holdings.refreshNewest()
    holdings.#removeLeftovers()
    return holdings
  }

  /** The index of a measurement, made when it is new. */
  indexOf(measurement: string): SeriesIndex {
    if (!this.#indexes.has(measurement) && this.#indexes.size >= maxMeasurements)
      throw new AppError('invalid', `samples: more than ${maxMeasurements} measurements; "${measurement}" is not taken`)
    return entryOf(this.#indexes, measurement, () => new SeriesIndex())
  }

  /** undefined for a measurement nobody wrote. */
  index(measurement: string): SeriesIndex | undefined {
    return this.#indexes.get(measurement)
  }

  get indexes(): IterableIterator<SeriesIndex> {
    return this.#indexes.values()
  }

  known(measurement: string): Known {
    return {
      segments: this.#segments.filter((segment) => segment.measurement === measurement),
      tables: this.hot.of(measurement),
      amendedWindows: new Set(this.#amended.get(measurement)),
    }
  }

  get segments(): readonly Segment[] {
    return this.#segments
  }

  /** Replaces files by their successors (same measurement, day and tier) and removes some; returns those no longer in use. */
  replaceSegments(added: readonly Segment[], removed: readonly Segment[] = []): Segment[] {
    const gone = new Set(removed.map(({ file }) => file))
    const places = new Set(added.map(({ measurement, day, tier }) => `${day} ${tier} ${measurement}`))
    const old = this.#segments.filter(
      ({ file, measurement, day, tier }) => gone.has(file) || places.has(`${day} ${tier} ${measurement}`),
    )
    this.#segments = [...this.#segments.filter((segment) => !old.includes(segment)), ...added]
    return old
  }

  /** Stages for the next batch. Those of a batch that failed are not used again: what was wrong may be in their fields. */
  clearedStages(): { of(measurement: string): Stage } {
    if (this.#stagesInUse) this.#stages.clear()
    for (const stage of this.#stages.values()) stage.clear()
    this.#stagesInUse = true
    return { of: (measurement) => entryOf(this.#stages, measurement, () => new Stage()) }
  }

  batchSucceeded(): void {
    this.#stagesInUse = false
  }

  /** Latest stored instant of a series, or -1. */
  newest(sid: number): number {
    return this.#newest.get(sid) ?? -1
  }

  setNewest(sid: number, time: number): void {
    this.#newest.set(sid, time)
  }

  /** Series whose last sample is older than any retention. */
  seriesBefore(time: number): number[] {
    return [...this.#newest].filter(([, newest]) => newest < time).map(([sid]) => sid)
  }

  forgetSeries(sids: ReadonlySet<number>): void {
    for (const sid of sids) {
      this.#newest.delete(sid)
      this.latest.delete(sid)
    }
    for (const index of this.#indexes.values()) index.remove(sids)
  }

  setAmended(measurement: string, window: number, amended: boolean): void {
    if (amended) this.#amendedOf(measurement).add(window)
    else this.#amended.get(measurement)?.delete(window)
  }

  /** After a commit whose outcome is unknown, what is stored must be read again before the next write. */
  doubtNewest(): void {
    this.#stale = true
  }

  async refreshIfDoubtful(): Promise<void> {
    if (this.#stale) await this.refreshNewest()
  }

  async refreshNewest(): Promise<void> {
    for (const { table } of this.hot.all()) {
      const rows = await this.engine.read(
        `SELECT CAST(sid AS DOUBLE), CAST(max(ts) AS DOUBLE) FROM ${quoted(table)} GROUP BY sid`,
      )
      for (let row = 0; row < rows.length; row++) {
        const sid = rows.number(row, 0)
        const time = rows.number(row, 1)
        if (time > this.newest(sid)) {
          this.#newest.set(sid, time)
          this.latest.delete(sid)
        }
      }
    }
    this.#stale = false
  }

  #amendedOf(measurement: string): Set<number> {
    return entryOf(this.#amended, measurement, () => new Set<number>())
  }

  /** Files of a sealing that did not finish, or that were replaced just before the process died. */
  #removeLeftovers(): void {
    const live = new Set(this.#segments.map(({ file }) => file))
    const issued = this.catalog.issued
    for (const file of parquetFiles(this.directory))
      if (!live.has(file) && (sequenceOf(file) as number) <= issued) rmSync(join(this.directory, file), { force: true })
  }
}

function parquetFiles(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((file) => sequenceOf(file) !== null)
}
