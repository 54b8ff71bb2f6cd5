/** Rows into DuckDB's column vectors: no object per value, one chunk used again and again. */
import { BIGINT, DOUBLE, type DuckDBAppender, DuckDBDataChunk, type DuckDBVector, INTEGER } from '@duckdb/node-api'
import type { HotRows } from './stage.ts'

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
  { sids, times, rows, stage }: HotRows,
): void {
  for (let start = 0; start < rows.length; start += chunkRows) {
    const count = Math.min(chunkRows, rows.length - start)
    chunk.reset()
    chunk.rowCount = count
    const sidVector = chunk.getColumnVector(0)
    const timeVector = chunk.getColumnVector(1)
    const sid = itemsOf<Int32Array>(sidVector)
    const time = halves(itemsOf<BigInt64Array>(timeVector))
    for (let i = 0; i < count; i++) {
      const at = times[start + i] as number
      sid[i] = sids[start + i] as number
      time[2 * i] = at >>> 0
      time[2 * i + 1] = Math.floor(at / 4_294_967_296)
    }
    sidVector.flush()
    timeVector.flush()
    fields.forEach((field, place) => {
      const vector = chunk.getColumnVector(place + 2)
      const column = itemsOf<Float64Array>(vector)
      if (stage.copy(field, rows, start, count, column))
        for (let i = 0; i < count; i++) if (Number.isNaN(column[i])) vector.setItem(i, null)
      vector.flush()
    })
    appender.appendDataChunk(chunk)
  }
}

/** The memory behind a vector, which the package's types hide. */
const itemsOf = <T>(vector: DuckDBVector): T => (vector as unknown as { items: T }).items

const halves = (items: BigInt64Array) => new Uint32Array(items.buffer, items.byteOffset, items.length * 2)
