/** Pools partial aggregates into the series of a RangeResult. Pure; what the sums came from does not matter. */

import type { Aggregate, RangeQuery, RangeResult, Series, Tags } from '../model/sample.ts'
import { entryOf } from './entry-of.ts'
import type { Grid } from './range-grid.ts'

/** What must be known of a bucket so that two halves of it can be put together. NaN = nothing there. */
export interface Partial {
  count: number
  sum: number
  min: number
  max: number
  last: number
  /** Instant of `last`, epoch ms. */
  lastTime: number
}

/** Which partials an aggregate needs. */
export const needs: Readonly<Record<Aggregate, readonly (keyof Partial)[]>> = {
  mean: ['sum', 'count'],
  sum: ['sum', 'count'],
  count: ['count'],
  min: ['min'],
  max: ['max'],
  last: ['last', 'lastTime'],
}

type Columns = Record<keyof Partial, Float64Array>

/** One group's buckets of one field. */
class Line {
  readonly #columns: Partial_
  constructor(buckets: number, wanted: ReadonlySet<keyof Partial>) {
    this.#columns = {}
    for (const part of wanted) this.#columns[part] = new Float64Array(buckets).fill(Number.NaN)
  }

  add(bucket: number, value: (part: keyof Partial) => number): void {
    const { count, sum, min, max, last, lastTime } = this.#columns
    if (count) count[bucket] = plus(count[bucket] as number, value('count'))
    if (sum) sum[bucket] = plus(sum[bucket] as number, value('sum'))
    if (min) min[bucket] = fold(Math.min, min[bucket] as number, value('min'))
    if (max) max[bucket] = fold(Math.max, max[bucket] as number, value('max'))
    if (last && lastTime) {
      const at = value('lastTime')
      const known = lastTime[bucket] as number
      const later = Number.isNaN(known) || at > known
      // Two tag sets at the same instant: the larger value, as InfluxDB decides it, so that no order of arrival shows.
      if (Number.isNaN(at) || (!later && !(at === known && value('last') > (last[bucket] as number)))) return
      last[bucket] = value('last')
      lastTime[bucket] = at
    }
  }

  /** null when no bucket has a value. */
  values(aggregate: Aggregate): (number | null)[] | null {
    const { count, sum } = this.#columns
    const source = aggregate === 'mean' ? sum : this.#columns[aggregate]
    if (!source) return null
    let any = false
    const values = Array.from(source, (value, i) => {
      const held = count ? (count[i] as number) : 1
      if (Number.isNaN(value) || (held === 0 && aggregate !== 'min' && aggregate !== 'max' && aggregate !== 'last')) return null
      any = true
      return aggregate === 'mean' ? value / held : value
    })
    return any ? values : null
  }
}

type Partial_ = { -readonly [part in keyof Columns]?: Float64Array }

const plus = (a: number, b: number) => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : a + b)
const fold = (pick: (a: number, b: number) => number, a: number, b: number) =>
  Number.isNaN(a) ? b : Number.isNaN(b) ? a : pick(a, b)

/** Collects partials per group and field, then gives the finished result. */
export class Pool {
  readonly #query: RangeQuery
  readonly #grid: Grid
  readonly #wanted: ReadonlySet<keyof Partial>
  readonly #lines = new Map<string, Map<number, Line>>()

  constructor(query: RangeQuery, grid: Grid) {
    this.#query = query
    this.#grid = grid
    this.#wanted = new Set(query.aggregates.flatMap((aggregate) => needs[aggregate]))
  }

  /** The partials that the query's aggregates need, in a fixed order. */
  get wanted(): readonly (keyof Partial)[] {
    return [...this.#wanted]
  }

  add(group: number, field: string, bucket: number, value: (part: keyof Partial) => number): void {
    if (bucket < 0 || bucket >= this.#grid.times.length) return
    const groups = entryOf(this.#lines, field, () => new Map<number, Line>())
    entryOf(groups, group, () => new Line(this.#grid.times.length, this.#wanted)).add(bucket, value)
  }

  /** `tags[i]` names group i. */
  result(tags: readonly Tags[]): RangeResult {
    const series: Series[] = []
    const aggregates = [...new Set(this.#query.aggregates)]
    for (const [field, groups] of this.#lines)
      for (const [group, line] of groups)
        for (const aggregate of aggregates) {
          const values = line.values(aggregate)
          if (values) series.push({ tags: tags[group] as Tags, field, aggregate, values })
        }
    return { times: this.#grid.times, series: sortSeries(series, this.#query.groupBy) }
  }
}

/** By the groupBy tags in their order, then field, then aggregate; plain code unit order, the same on every machine. */
export function sortSeries(series: Series[], groupBy: readonly string[]): Series[] {
  const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
  return series.sort((a, b) => {
    for (const key of groupBy) {
      const order = compare(a.tags[key] ?? '', b.tags[key] ?? '')
      if (order !== 0) return order
    }
    return compare(a.field, b.field) || compare(a.aggregate, b.aggregate)
  })
}
