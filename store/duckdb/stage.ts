import { AppError } from '../../model/contract.ts'
import { checkedName } from '../admission.ts'

/** A measurement with more is not one: somebody writes values into field names. */
const maxFields = 1000

/**
 * The numbers of one measurement's samples as a matrix, on their way into columns. Reading the properties of a sample is what
 * costs (its field objects are dictionaries, as collectors build them): it is done once, here, and never again.
 */
export class Stage {
  readonly fields: string[] = []
  readonly #places = new Map<string, number>()
  #values = new Float64Array(0)
  #stride = 0
  #rows = 0

  /** Forgets the rows of the batch before; the fields stay known. */
  clear(): void {
    this.#rows = 0
  }

  /** Takes a row in. `finite`: how many of its `count` values are numbers; the others are as if they were not there. */
  add(fields: Readonly<Record<string, number>>): { row: number; count: number; finite: number } {
    const row = this.#rows++
    this.#fit()
    let start = row * this.#stride
    let next = 0
    let count = 0
    let finite = 0
    for (const name in fields) {
      // Samples of one collector name their fields in one order: then no look-up is needed.
      let place = this.fields[next] === name ? next : this.#places.get(name)
      if (place === undefined) {
        place = this.#newField(name)
        start = row * this.#stride
      }
      next = place + 1
      count++
      const value = fields[name] as number
      if (!Number.isFinite(value)) continue
      this.#values[start + place] = value
      finite++
    }
    return { row, count, finite }
  }

  /** Copies one field of many rows into a column; NaN where there is no value. Returns whether any was missing. */
  copy(field: string, rows: readonly number[], from: number, count: number, column: Float64Array): boolean {
    const place = this.#places.get(field)
    if (place === undefined) {
      column.fill(Number.NaN, 0, count)
      return true
    }
    let missing = false
    for (let i = 0; i < count; i++) {
      const value = this.#values[(rows[from + i] as number) * this.#stride + place] as number
      column[i] = value
      if (Number.isNaN(value)) missing = true
    }
    return missing
  }

  #newField(name: string): number {
    checkedName('field', name)
    const place = this.fields.length
    if (place >= maxFields) throw new AppError('invalid', `samples: a measurement has more than ${maxFields} fields`)
    this.fields.push(name)
    this.#places.set(name, place)
    if (place >= this.#stride) this.#widen(Math.max(8, this.#stride * 2))
    return place
  }

  #widen(stride: number): void {
    const values = new Float64Array(Math.max(64, this.#rows) * stride).fill(Number.NaN)
    for (let row = 0; row < this.#rows; row++)
      for (let place = 0; place < this.#stride; place++)
        values[row * stride + place] = this.#values[row * this.#stride + place] as number
    this.#values = values
    this.#stride = stride
  }

  /** Room for the newest row, empty. */
  #fit(): void {
    const end = this.#rows * this.#stride
    if (end > this.#values.length) {
      const values = new Float64Array(end * 2)
      values.set(this.#values)
      this.#values = values
    }
    this.#values.fill(Number.NaN, end - this.#stride, end)
  }
}

/** Rows for one measurement and window: series, instant and row of the stage for each. */
export interface HotRows {
  measurement: string
  window: number
  stage: Stage
  sids: readonly number[]
  times: readonly number[]
  rows: readonly number[]
}
