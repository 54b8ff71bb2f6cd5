import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import type { Clock } from '../../model/clock.ts'
import { AppError, type Logger } from '../../model/contract.ts'
import { literal } from './names.ts'
import { openDamagedOrNot } from './recover.ts'
import { Table } from './table.ts'

/** Two readers, the writer and the sealer are at most four threads of libuv's pool, which is what it has. */
const readers = 2
const queryTimeoutMs = 60_000

export interface EngineOptions {
  threads: number
  memoryBytes: number
}

/** Query parameters by name (`$name`). */
export type Parameters_ = Record<string, string | number>

/**
 * One open DuckDB instance: a connection that writes, one that seals, a few that read. DuckDB gives up for good after some
 * disk errors ("database has been invalidated"): then `broken` is true and its owner opens a new engine.
 */
export class Engine {
  readonly writer: DuckDBConnection
  readonly #sealer: DuckDBConnection
  readonly #instance: DuckDBInstance
  readonly #clock: Clock
  readonly #idle: DuckDBConnection[]
  readonly #connections: readonly DuckDBConnection[]
  readonly #waiting: ((connection: DuckDBConnection) => void)[] = []
  readonly #running = new Set<Promise<unknown>>()
  #broken = false
  #closed = false

  private constructor(instance: DuckDBInstance, connections: readonly DuckDBConnection[], clock: Clock) {
    this.#instance = instance
    this.#clock = clock
    this.#connections = connections
    const [writer, sealer, ...idle] = connections
    this.writer = writer as DuckDBConnection
    this.#sealer = sealer as DuckDBConnection
    this.#idle = idle
  }

  static async open(directory: string, options: EngineOptions, deps: { clock: Clock; logger: Logger }): Promise<Engine> {
    const temporary = join(directory, 'tmp')
    mkdirSync(temporary, { recursive: true, mode: 0o750 })
    const settings = { threads: String(options.threads), memory_limit: `${Math.floor(options.memoryBytes / 1024)}KiB` }
    const { instance } = await openDamagedOrNot(join(directory, 'hot.duckdb'), settings, deps)
    const connections: DuckDBConnection[] = []
    try {
      for (let i = 0; i < readers + 2; i++) connections.push(await instance.connect())
      for (const setting of [
        `temp_directory = ${literal(temporary)}`,
        'preserve_insertion_order = false',
        'parquet_metadata_cache = true', // a changed file has a new name
        'autoinstall_known_extensions = false',
        'autoload_known_extensions = false',
        'allow_community_extensions = false',
        'lock_configuration = true',
      ])
        await connections[0]?.run(`SET ${setting}`)
    } catch (cause) {
      for (const connection of connections) connection.closeSync()
      instance.closeSync()
      throw new AppError('storage', `samples: ${(cause as Error).message}`, { cause })
    }
    const engine = new Engine(instance, connections, deps.clock)
    try {
      await engine.checkpoint() // after an unclean stop: the log that was just read is read once, not at every crash to come
    } catch (error) {
      deps.logger.warn('samples: no checkpoint at start', { error: (error as Error).message })
    }
    return engine
  }

  get broken(): boolean {
    return this.#broken
  }

  /** Runs a query on a reading connection; waits for one when all are busy. */
  async read(sql: string, parameters: Parameters_ = {}): Promise<Table> {
    const connection = this.#idle.pop() ?? (await new Promise<DuckDBConnection>((resolve) => this.#waiting.push(resolve)))
    try {
      return await this.#query(connection, sql, parameters)
    } finally {
      const next = this.#waiting.shift()
      if (next) next(connection)
      else this.#idle.push(connection)
    }
  }

  /** Runs a statement on the writing connection; callers take turns (see Turns). */
  async write(sql: string): Promise<void> {
    await this.#guarded(() => this.writer.run(sql))
  }

  /** Runs a long statement of sealing on its own connection, without a time limit. */
  async seal(sql: string, parameters: Parameters_ = {}): Promise<Table> {
    return new Table(await this.#guarded(() => this.#sealer.run(sql, parameters)))
  }

  /** Ends a sealing in progress with an error; nothing of it counts yet. */
  interruptSealing(): void {
    this.#sealer.interrupt()
  }

  /** False when transactions are open just now: the log stays as it is and the next occasion comes. */
  async checkpoint(): Promise<boolean> {
    try {
      await this.write('CHECKPOINT')
      return true
    } catch (error) {
      if (/Cannot CHECKPOINT/.test((error as Error).message)) return false
      throw error
    }
  }

  /** What went wrong with DuckDB as an AppError; notes when the instance is gone for good. */
  failure(error: unknown): AppError {
    if (error instanceof AppError) return error
    const message = String((error as Error)?.message ?? error).split('\n', 1)[0] as string
    if (/invalidated|FATAL/i.test(message)) this.#broken = true
    return new AppError('storage', `samples: ${message}`, { cause: error })
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Takes no more work, waits for what is running, then lets go of the files. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await Promise.allSettled([...this.#running])
    for (const connection of this.#connections) connection.closeSync()
    this.#instance.closeSync()
  }

  async #query(connection: DuckDBConnection, sql: string, parameters: Parameters_): Promise<Table> {
    const done = new AbortController()
    let late = false
    const watchdog = this.#clock.sleep(queryTimeoutMs, done.signal).then(
      () => {
        late = true
        connection.interrupt()
      },
      () => undefined, // aborted: the query was in time
    )
    try {
      return new Table(await this.#guarded(() => connection.run(sql, parameters)))
    } catch (error) {
      if (late) throw new AppError('storage', `samples: a query took longer than ${queryTimeoutMs / 1000} s and was stopped`)
      throw error
    } finally {
      done.abort()
      await watchdog
    }
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new AppError('storage', 'samples: DuckDB is closed')
    const running = work()
    this.#running.add(running)
    try {
      return await running
    } catch (error) {
      throw this.failure(error)
    } finally {
      this.#running.delete(running)
    }
  }
}
