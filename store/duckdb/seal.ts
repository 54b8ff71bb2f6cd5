/** Turns hot tables of a day into its sealed files: raw rows sorted by series, and the roll-ups computed from them. */
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AppError } from '../../model/contract.ts'
import type { Segment } from './catalog.ts'
import type { Engine } from './engine.ts'
import type { HotTable } from './hot-tables.ts'
import { cellMs, columnName, dayMs, literal, quoted, segmentFile, type Tier } from './names.ts'
import { type Plan, plan } from './plan.ts'
import { newestVersions, rawRows } from './query.ts'

export interface SealJob {
  directory: string
  measurement: string
  day: number
  /** The day's present files; their raw rows go into the new one. */
  segments: readonly Segment[]
  tables: readonly HotTable[]
  amendedWindows: ReadonlySet<number>
  sequence: () => number
}

export interface SealResult {
  segments: Segment[]
  newest: { sid: number; time: number }[]
}

/**
 * Writes and checks the day's new files; nothing refers to them yet when it returns. Each is complete on disk before its name
 * exists (temporary file, fsync, rename, fsync of the folder).
 */
export async function seal(engine: Engine, job: SealJob): Promise<SealResult> {
  const { directory, measurement, day, segments, tables, amendedWindows } = job
  const pieces = plan({ segments, tables, amendedWindows }, { from: day, to: day + dayMs, step: null })
  const fields = [...new Set(pieces.raw.flatMap((piece) => piece.fields))].sort()
  const sequence = job.sequence()
  const segment = (tier: Tier) => ({ measurement, day, tier, file: segmentFile(measurement, day, tier, sequence), fields })
  await mkdir(join(directory, columnName(measurement)), { recursive: true, mode: 0o750 })

  const raw = segment('raw')
  const rows = sourceRows(directory, pieces, fields)
  const rawSegment = await publish(engine, directory, raw, `${rows} ORDER BY sid, ts`, async (file) => {
    const before = await fingerprint(engine, `(${rows})`, fields)
    const after = await fingerprint(engine, `read_parquet(${literal(file)})`, fields)
    if (before !== after)
      throw new AppError('storage', `samples: ${raw.file} does not read back as it was written (${before} became ${after})`)
  })
  const five = segment('5m')
  const hour = segment('1h')
  const fromRaw = `read_parquet(${literal(join(directory, raw.file))})`
  const fromFive = `read_parquet(${literal(join(directory, five.file))})`
  const fiveSegment = await publish(engine, directory, five, cellsOfRaw(fromRaw, fields, cellMs['5m']))
  const hourSegment = await publish(engine, directory, hour, cellsOfCells(fromFive, fields, cellMs['1h']))
  const newest = await engine.seal(`SELECT CAST(sid AS DOUBLE), CAST(max(ts) AS DOUBLE) FROM ${fromRaw} GROUP BY sid`)
  return {
    segments: [rawSegment, fiveSegment, hourSegment],
    newest: Array.from({ length: newest.length }, (_, i) => ({ sid: newest.number(i, 0), time: newest.number(i, 1) })),
  }
}

function sourceRows(directory: string, { raw, amended }: Plan, fields: readonly string[]): string {
  const rows = rawRows(directory, raw, fields, null, amended)
  return amended ? newestVersions(rows) : `SELECT * FROM (${rows})`
}

/** Count, extent and a checksum over every value, whatever the order of rows. */
async function fingerprint(engine: Engine, source: string, fields: readonly string[]): Promise<string> {
  const values = ['sid', 'ts', ...fields.map((field) => quoted(columnName(field)))].join(', ')
  const table = await engine.seal(
    `SELECT CAST(count(*) AS VARCHAR) || ' rows, ' || CAST(min(ts) AS VARCHAR) || ' to ' || CAST(max(ts) AS VARCHAR) || ', checksum '
      || CAST(bit_xor(hash(${values})) AS VARCHAR) FROM ${source}`,
  )
  return table.text(0, 0)
}

async function publish(
  engine: Engine,
  directory: string,
  segment: Omit<Segment, 'rows' | 'bytes'>,
  select: string,
  verify?: (temporary: string) => Promise<void>,
): Promise<Segment> {
  const path = join(directory, segment.file)
  const temporary = `${path}.tmp`
  try {
    const copied = await engine.seal(
      `COPY (${select}) TO ${literal(temporary)} (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2, ROW_GROUP_SIZE 30720)`,
    )
    const file = await open(temporary, 'r')
    await file.sync().finally(() => file.close())
    await verify?.(temporary)
    await rename(temporary, path)
    await syncFolder(dirname(path))
    return { ...segment, rows: copied.number(0, 0), bytes: (await stat(path)).size }
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

async function syncFolder(path: string) {
  const folder = await open(path, 'r')
  await folder.sync().finally(() => folder.close())
}

/** One row per series and cell; everything needed to answer any aggregate exactly. `lag`: how long before the cell's last row. */
function cellsOfRaw(source: string, fields: readonly string[], cell: number): string {
  const columns = fields.map((field) => {
    const value = quoted(columnName(field))
    return columnsOf(field, {
      count: `CAST(count(${value}) AS INTEGER)`,
      sum: `sum(${value})`,
      min: `min(${value})`,
      max: `max(${value})`,
      last: `arg_max(${value}, ts)`,
      lag: `CAST(max(ts) - max(ts) FILTER (WHERE ${value} IS NOT NULL) AS INTEGER)`,
    })
  })
  return cells(source, 'max(ts)', columns, cell)
}

function cellsOfCells(source: string, fields: readonly string[], cell: number): string {
  const columns = fields.map((field) => {
    const part = (name: string) => quoted(`${columnName(field)}.${name}`)
    const time = `last_ts - ${part('lag')}`
    return columnsOf(field, {
      count: `CAST(sum(${part('count')}) AS INTEGER)`,
      sum: `sum(${part('sum')})`,
      min: `min(${part('min')})`,
      max: `max(${part('max')})`,
      last: `arg_max(${part('last')}, ${time})`,
      lag: `CAST(max(last_ts) - max(${time}) AS INTEGER)`,
    })
  })
  return cells(source, 'max(last_ts)', columns, cell)
}

const columnsOf = (field: string, parts: Readonly<Record<string, string>>) =>
  Object.entries(parts)
    .map(([name, expression]) => `${expression} AS ${quoted(`${columnName(field)}.${name}`)}`)
    .join(', ')

const cells = (source: string, lastTime: string, columns: readonly string[], cell: number) =>
  `SELECT * RENAME (cell AS ts, newest AS last_ts) FROM (
    SELECT sid, ts // ${cell} * ${cell} AS cell, ${lastTime} AS newest${columns.map((column) => `, ${column}`).join('')}
    FROM ${source} GROUP BY sid, cell) ORDER BY sid, ts`
