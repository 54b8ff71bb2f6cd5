/** Rows into DuckDB's column vectors. The hottest loop of the store: no object per value, one chunk used again and again. */
import { BIGINT, DOUBLE, type DuckDBAppender, DuckDBDataChunk, type DuckDBVector, INTEGER } from '@duckdb/node-api'
import type { Sample } from '../../model/sample.ts'

/** DuckDB's own vector size: a chunk never holds more. */
const chunkRows = 2048

/** A chunk for (sid, ts, fields…). New ones per batch made the process grow to 1.4 GB: memory that no limit covers. */
export function newChunk(fields: number): DuckDBDataChunk {
  return DuckDBDataChunk.create([INTEGER, BIGINT, ...Array<typeof DOUBLE>(fields).fill(DOUBLE)])
}

/** Appends the rows; the appender's owner flushes. */
export function appendRows(
  appender: DuckDBAppender,
  chunk: DuckDBDataChunk,
  fields: readonly string[],
  { sids, samples }: { sids: readonly number[]; samples: readonly Sample[] },
): void {
  const places = new Map(fields.map((field, i) => [field, i]))
  for (let start = 0; start < samples.length; start += chunkRows) {
    const rows = Math.min(chunkRows, samples.length - start)
    chunk.reset()
    chunk.rowCount = rows
    const sidVector = chunk.getColumnVector(0)
    const timeVector = chunk.getColumnVector(1)
    const vectors = fields.map((_, i) => chunk.getColumnVector(i + 2))
    const sid = itemsOf<Int32Array>(sidVector)
    const time = halves(itemsOf<BigInt64Array>(timeVector))
    const columns = vectors.map((vector) => itemsOf<Float64Array>(vector).fill(Number.NaN))
    for (let row = 0; row < rows; row++) {
      const sample = samples[start + row] as Sample
      sid[row] = sids[start + row] as number
      time[2 * row] = sample.time >>> 0
      time[2 * row + 1] = Math.floor(sample.time / 4_294_967_296)
      fill(columns, row, sample.fields, fields, places)
    }
    sidVector.flush()
    timeVector.flush()
    for (let c = 0; c < vectors.length; c++) {
      const vector = vectors[c] as DuckDBVector
      const column = columns[c] as Float64Array
      for (let row = 0; row < rows; row++) if (Number.isNaN(column[row])) vector.setItem(row, null)
      vector.flush()
    }
    appender.appendDataChunk(chunk)
  }
}

/** Fields come in the table's order nearly always: then no look-up is needed. */
function fill(
  columns: readonly Float64Array[],
  row: number,
  values: Readonly<Record<string, number>>,
  fields: readonly string[],
  places: ReadonlyMap<string, number>,
) {
  let next = 0
  for (const name in values) {
    const place = fields[next] === name ? next : places.get(name)
    if (place === undefined)
      throw new Error(`no column for field ${name}`) // the table was made for these very samples
    ;(columns[place] as Float64Array)[row] = values[name] as number
    next = place + 1
  }
}

/** The memory behind a vector, which the package's types hide. */
const itemsOf = <T>(vector: DuckDBVector): T => (vector as unknown as { items: T }).items

const halves = (items: BigInt64Array) => new Uint32Array(items.buffer, items.byteOffset, items.length * 2)
