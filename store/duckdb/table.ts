import { DuckDBDoubleVector, type DuckDBMaterializedResult, DuckDBVarCharVector } from '@duckdb/node-api'

/** A result whose columns are numbers (DOUBLE; null reads as NaN), read without making an object per value. */
export class Table {
  readonly length: number
  readonly #columns: Float64Array[]
  readonly #texts: (string[] | undefined)[] = []

  constructor(result: DuckDBMaterializedResult) {
    this.length = result.rowCount
    this.#columns = Array.from({ length: result.columnCount }, () => new Float64Array(result.rowCount))
    let offset = 0
    for (let i = 0; i < result.chunkCount; i++) {
      const chunk = result.getChunk(i)
      for (let c = 0; c < this.#columns.length; c++) this.#fill(c, offset, chunk.getColumnVector(c))
      offset += chunk.rowCount
    }
  }

  column(index: number): Float64Array {
    return this.#columns[index] as Float64Array
  }

  number(row: number, index: number): number {
    return this.#columns[index]?.[row] as number
  }

  /** Of a VARCHAR column. */
  text(row: number, index: number): string {
    return this.#texts[index]?.[row] as string
  }

  #fill(index: number, offset: number, vector: unknown) {
    const column = this.#columns[index] as Float64Array
    if (vector instanceof DuckDBDoubleVector) {
      const { items, validity } = vector as unknown as { items: Float64Array; validity: { itemValid(i: number): boolean } }
      column.set(items, offset)
      for (let i = 0; i < items.length; i++) if (!validity.itemValid(i)) column[offset + i] = Number.NaN
    } else if (vector instanceof DuckDBVarCharVector) {
      const texts = this.#texts[index] ?? []
      this.#texts[index] = texts
      for (let i = 0; i < vector.itemCount; i++) texts.push(vector.getItem(i) ?? '')
    } else {
      const { itemCount, getItem } = vector as { itemCount: number; getItem(i: number): unknown }
      for (let i = 0; i < itemCount; i++) {
        const value = getItem.call(vector, i)
        column[offset + i] = value === null ? Number.NaN : Number(value)
      }
    }
  }
}
