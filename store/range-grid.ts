import { AppError } from '../model/contract.ts'
import type { RangeQuery } from '../model/sample.ts'

/** A chart has a few thousand pixels; a month at five minutes is 8,640 buckets. */
const maxBuckets = 100_000

/** The buckets of a range: starts at multiples of `step`, the first one holds `from`, all of them present. */
export interface Grid {
  times: readonly number[]
  step: number
  /** Number of the first bucket since the epoch: bucket i starts at (first + i) · step. */
  first: number
}

/** Lays the grid of a query; AppError('invalid') when it makes no sense or would not fit in memory. */
export function gridOf(query: Pick<RangeQuery, 'from' | 'to' | 'step'>): Grid {
  const { from, to, step } = query
  if (!Number.isSafeInteger(step) || step <= 0)
    throw new AppError('invalid', `range: step ${step} is not a positive number of ms`)
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to))
    throw new AppError('invalid', `range: from ${from} and to ${to} must be whole milliseconds`)
  const first = Math.floor(from / step)
  const count = to > from ? Math.floor((to - 1) / step) - first + 1 : 0
  if (count > maxBuckets)
    throw new AppError('invalid', `range: ${count} buckets asked for, at most ${maxBuckets}; use a longer step`)
  return { times: Array.from({ length: count }, (_, i) => (first + i) * step), step, first }
}
