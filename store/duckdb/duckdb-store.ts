import { mkdirSync } from 'node:fs'
import { type Clock, every } from '../../model/clock.ts'
import { AppError, type Logger } from '../../model/contract.ts'
import type { LatestQuery, RangeQuery, RangeResult, Sample, SampleStore } from '../../model/sample.ts'
import { refusalLog } from '../refusal-log.ts'
import { Catalog, type Segment } from './catalog.ts'
import { Engine, type EngineOptions } from './engine.ts'
import { type FreeBytes, spaceGuard } from './free-space.ts'
import { Holdings } from './holdings.ts'
import { maintain, type Retention } from './maintain.ts'
import { readLatest, readRange } from './read.ts'
import { Turns } from './turns.ts'
import { writeBatch } from './write.ts'

const maintainEveryMs = 10 * 60_000
const reopenAfterMs = 5000

export interface DuckSettings extends EngineOptions {
  retention: Retention
  /** Bytes that must stay free on the disk. */
  freeSpace: number
}

export interface DuckDeps {
  /** Where its files lie; made when missing. */
  directory: string
  clock: Clock
  logger: Logger
  /** For tests of a full disk. */
  freeBytes?: FreeBytes
}

/**
 * SampleStore in this process: hot samples in DuckDB, older ones in sorted Parquet files with roll-ups, all under one
 * directory. docs/adr/0010 says why it is built this way.
 */
export class DuckStore implements SampleStore {
  readonly kind = 'duckdb'
  readonly #settings: DuckSettings
  readonly #deps: DuckDeps
  readonly #catalog: Catalog
  readonly #turns = new Turns()
  readonly #active = new Set<Promise<unknown>>()
  readonly #stop = new AbortController()
  readonly #spaceLeft: () => Promise<void>
  readonly #refused: ReturnType<typeof refusalLog>
  #holdings: Holdings
  #reopening: Promise<Holdings> | null = null
  #reopenedAt = Number.NEGATIVE_INFINITY
  #maintenance: Promise<void> = Promise.resolve()
  #loop: Promise<void> = Promise.resolve()

  private constructor(settings: DuckSettings, deps: DuckDeps, catalog: Catalog, holdings: Holdings) {
    this.#settings = settings
    this.#deps = deps
    this.#catalog = catalog
    this.#holdings = holdings
    this.#spaceLeft = spaceGuard(deps.directory, settings.freeSpace, deps.clock, deps.freeBytes)
    this.#refused = refusalLog(deps.clock, deps.logger)
  }

  static async open(settings: DuckSettings, deps: DuckDeps): Promise<DuckStore> {
    mkdirSync(deps.directory, { recursive: true, mode: 0o750 })
    const catalog = new Catalog(deps.directory)
    try {
      const store = new DuckStore(settings, deps, catalog, await openHoldings(settings, deps, catalog))
      store.#loop = every(deps.clock, maintainEveryMs, store.#stop.signal, () => store.#maintainAndLog())
      return store
    } catch (error) {
      catalog.close()
      throw error
    }
  }

  async write(batch: readonly Sample[]): Promise<void> {
    await this.#turns.take(async () => {
      const holdings = await this.#current()
      await this.#spaceLeft()
      const { retention } = this.#settings
      const kept = { now: this.#deps.clock.now(), retentionMs: retention.raw }
      this.#refused(await this.#counted(writeBatch(holdings, batch, kept)))
    })
  }

  async range(query: RangeQuery): Promise<RangeResult> {
    const holdings = await this.#current()
    return this.#counted(readRange(holdings, query))
  }

  async latest(query: LatestQuery): Promise<Sample[]> {
    const holdings = await this.#current()
    return this.#counted(readLatest(holdings, query))
  }

  /** The sealed files there are: for figures of disk use. */
  get sealed(): readonly Segment[] {
    return this.#holdings.segments
  }

  /** Seals what is over and drops what is past its retention; also runs by itself every ten minutes. */
  maintain(): Promise<void> {
    const round = async () => {
      const holdings = await this.#current()
      const { retention } = this.#settings
      const quiet = async () => {
        await Promise.allSettled([...this.#active])
      }
      const caretaker = { holdings, turns: this.#turns, quiet, retention, logger: this.#deps.logger }
      await maintain(caretaker, this.#deps.clock.now(), this.#stop.signal)
    }
    this.#maintenance = this.#maintenance.catch(() => undefined).then(round) // the round before has told its own caller
    return this.#maintenance
  }

  async close(): Promise<void> {
    if (this.#stop.signal.aborted) return
    this.#stop.abort()
    const { engine } = this.#holdings
    engine.interruptSealing()
    await Promise.allSettled([this.#loop, this.#maintenance])
    await this.#turns.take(async () => {
      await Promise.allSettled([...this.#active])
      try {
        if (!engine.broken) await engine.checkpoint()
      } catch (error) {
        this.#deps.logger.warn('samples: no checkpoint at stop; the next start reads the log instead', {
          error: (error as Error).message,
        })
      }
      this.#holdings.hot.close()
      await engine.close()
      this.#catalog.close()
    })
  }

  async #maintainAndLog(): Promise<void> {
    try {
      await this.maintain()
    } catch (error) {
      this.#deps.logger.warn('samples: maintenance failed; tried again in ten minutes', { error: (error as Error).message })
    }
  }

  /** Work in progress, so that files and tables are only removed when nobody reads them. */
  async #counted<T>(work: Promise<T>): Promise<T> {
    this.#active.add(work)
    try {
      return await work
    } finally {
      this.#active.delete(work)
    }
  }

  /** The holdings of a working engine; opens a new one when DuckDB has given the old one up. */
  async #current(): Promise<Holdings> {
    if (this.#stop.signal.aborted) throw new AppError('storage', 'samples: the store is closed')
    if (!this.#holdings.engine.broken) return this.#holdings
    if (!this.#reopening) {
      if (this.#deps.clock.monotonic() - this.#reopenedAt < reopenAfterMs)
        throw new AppError('storage', 'samples: DuckDB gave up after a disk error; opened again in a few seconds')
      this.#reopenedAt = this.#deps.clock.monotonic()
      this.#reopening = this.#reopen().finally(() => {
        this.#reopening = null
      })
    }
    return this.#reopening
  }

  async #reopen(): Promise<Holdings> {
    this.#deps.logger.error('samples: DuckDB gave up after a disk error; opening it again')
    await Promise.allSettled([...this.#active])
    this.#holdings.engine.interruptSealing()
    this.#holdings.hot.close()
    await this.#holdings.engine.close()
    this.#holdings = await openHoldings(this.#settings, this.#deps, this.#catalog)
    this.#deps.logger.info('samples: DuckDB is open again')
    return this.#holdings
  }
}

async function openHoldings(settings: DuckSettings, deps: DuckDeps, catalog: Catalog): Promise<Holdings> {
  const engine = await Engine.open(deps.directory, settings, deps)
  try {
    return await Holdings.load(deps.directory, catalog, engine)
  } catch (error) {
    await engine.close()
    throw error
  }
}
