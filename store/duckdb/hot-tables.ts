import type { DuckDBAppender, DuckDBDataChunk } from '@duckdb/node-api'
import { appendRows, newChunk } from './columns.ts'
import type { Engine } from './engine.ts'
import { columnName, type HotName, hotTableName, nameOfColumn, parseHotTable, quoted } from './names.ts'
import type { HotRows } from './stage.ts'

/** A table of the newest samples: no keys, rows in order of arrival. */
export interface HotTable extends HotName {
  table: string
  fields: readonly string[]
  /** Sealing has begun: it takes no more rows. */
  frozen: boolean
}

interface OpenAppender {
  appender: DuckDBAppender
  chunk: DuckDBDataChunk
}

/** The hot tables of an engine: makes them, appends to them, drops them. Calls that write take turns (the caller sees to it). */
export class HotTables {
  readonly #engine: Engine
  readonly #tables = new Map<string, HotTable>()
  readonly #appenders = new Map<string, OpenAppender>()
  readonly #nextGeneration: (name: Omit<HotName, 'generation'>) => number

  /** `sealedGeneration`: the last generation of a window that lies in sealed files; its tables are leftovers. */
  constructor(engine: Engine, sealedGeneration: (measurement: string, window: number) => number) {
    this.#engine = engine
    this.#nextGeneration = ({ measurement, window }) =>
      1 +
      Math.max(
        sealedGeneration(measurement, window),
        ...this.of(measurement).map((table) => (table.window === window ? table.generation : -1)),
      )
  }

  /** Reads which tables there are and drops those whose rows were sealed before the process died. */
  async load(sealedGeneration: (measurement: string, window: number) => number): Promise<void> {
    const columns = await this.#engine.read(
      `SELECT table_name, column_name FROM duckdb_columns() WHERE starts_with(table_name, 'hot_') ORDER BY table_name, column_index`,
    )
    const fields = new Map<string, string[]>()
    for (let row = 0; row < columns.length; row++) {
      const table = columns.text(row, 0)
      const column = columns.text(row, 1)
      if (!fields.has(table)) fields.set(table, [])
      if (column !== 'sid' && column !== 'ts') fields.get(table)?.push(nameOfColumn(column))
    }
    const leftovers: string[] = []
    for (const [table, names] of fields) {
      const name = parseHotTable(table)
      if (!name) continue
      if (name.generation <= sealedGeneration(name.measurement, name.window)) leftovers.push(table)
      else this.#tables.set(table, { ...name, table, fields: names, frozen: false })
    }
    await this.#drop(leftovers)
  }

  all(): HotTable[] {
    return [...this.#tables.values()]
  }

  of(measurement: string): HotTable[] {
    return this.all().filter((table) => table.measurement === measurement)
  }

  /** Stores rows of any number of tables in one transaction: durable, all or nothing. */
  async append(rows: readonly HotRows[]): Promise<void> {
    const targets: [HotTable, HotRows][] = []
    for (const part of rows) targets.push([await this.#tableFor(part), part])
    for (const [table] of targets) await this.#appender(table)
    await this.#engine.write('BEGIN')
    try {
      for (const [table, part] of targets) {
        const { appender, chunk } = this.#appenders.get(table.table) as OpenAppender
        appendRows(appender, chunk, table.fields, part)
        appender.flushSync() // into the transaction: cheap, nothing is written to disk yet
      }
    } catch (error) {
      this.#forgetAppenders()
      await this.#engine.write('ROLLBACK')
      throw error
    }
    // The fsync happens here, on a thread of its own. A failed COMMIT has rolled back by itself.
    try {
      await this.#engine.write('COMMIT')
    } catch (error) {
      this.#forgetAppenders()
      throw error
    }
  }

  /** From now on rows for these tables' windows go to new tables. */
  freeze(tables: readonly HotTable[]): void {
    for (const table of tables) {
      table.frozen = true
      this.#closeAppender(table.table)
    }
  }

  thaw(tables: readonly HotTable[]): void {
    for (const table of tables) table.frozen = false
  }

  /** Takes tables out of sight of new queries; `dropTables` removes them once no old query reads them. */
  hide(tables: readonly HotTable[]): void {
    for (const { table } of tables) this.#tables.delete(table)
  }

  async dropTables(tables: readonly HotTable[]): Promise<void> {
    for (const { table } of tables) this.#closeAppender(table)
    await this.#drop(tables.map(({ table }) => table))
  }

  close(): void {
    this.#forgetAppenders()
  }

  /** The newest open table of the rows' window that has all their fields; a new generation when there is none. */
  async #tableFor({ measurement, window, stage }: HotRows): Promise<HotTable> {
    const open = this.of(measurement).filter((table) => table.window === window && !table.frozen)
    const newest = open.sort((a, b) => b.generation - a.generation)[0]
    const known = new Set(newest?.fields)
    if (newest && stage.fields.every((field) => known.has(field))) return newest
    // What earlier tables of the measurement had, this one will need soon: no table per field that appears.
    const earlier = this.of(measurement).flatMap((table) => table.fields)
    const fields = [...new Set([...stage.fields, ...earlier])]
    const name = { measurement, window, generation: this.#nextGeneration({ measurement, window }) }
    const table = hotTableName(name)
    const columns = fields.map((field) => `, ${quoted(columnName(field))} DOUBLE`).join('')
    await this.#engine.write(`CREATE TABLE ${quoted(table)} (sid INTEGER NOT NULL, ts BIGINT NOT NULL${columns})`)
    await this.#engine.checkpoint() // DDL has failed to replay from the log before (duckdb#19712, #18259)
    const made: HotTable = { ...name, table, fields, frozen: false }
    this.#tables.set(table, made)
    if (newest) this.#closeAppender(newest.table)
    return made
  }

  async #appender({ table, fields }: HotTable): Promise<void> {
    if (this.#appenders.has(table)) return
    try {
      this.#appenders.set(table, { appender: await this.#engine.writer.createAppender(table), chunk: newChunk(fields.length) })
    } catch (error) {
      throw this.#engine.failure(error)
    }
  }

  #closeAppender(table: string): void {
    const open = this.#appenders.get(table)
    this.#appenders.delete(table)
    if (open) discard(open.appender)
  }

  #forgetAppenders(): void {
    for (const table of [...this.#appenders.keys()]) this.#closeAppender(table)
  }

  async #drop(tables: readonly string[]): Promise<void> {
    for (const table of tables) await this.#engine.write(`DROP TABLE IF EXISTS ${quoted(table)}`)
    if (tables.length > 0) await this.#engine.checkpoint()
  }
}

/** Rows it still holds must never be flushed outside a transaction: cleared first, then closed. */
function discard(appender: DuckDBAppender) {
  appender.clear()
  appender.closeSync()
}
