/**
 * Ranges of the past, asked for again and again a step later: read in chunks and put together in memory, exactly. What is kept
 * at once is bounded.
 */
import type { Aggregate, RangeQuery, RangeResult, SampleStore, Series } from '../../model/sample.ts'

const mostKept = 12
/** Numbers of one chunk. */
const mostNumbers = 1_500_000
const finestMs = 5000

interface Chunk {
  from: number
  to: number
  base: number
  times: readonly number[]
  groups: readonly { tags: Series['tags']; field: string; parts: Partial<Record<Aggregate, readonly (number | null)[]>> }[]
}

export function chunkedReader(store: Pick<SampleStore, 'range'>): Pick<SampleStore, 'range'> & { queries(): number } {
  const kept = new Map<string, Chunk>()
  let queries = 0

  async function chunkFor(query: RangeQuery, base: number): Promise<Chunk> {
    const { measurement, fields, where, groupBy, aggregates, from, to } = query
    const parts = [...new Set<Aggregate>(['sum', 'count', ...aggregates.filter((one) => one !== 'mean')])].sort()
    const key = JSON.stringify([measurement, fields, where, groupBy, parts, base, to - from])
    const known = kept.get(key)
    if (known && known.from <= from && known.to >= to) return known
    const lines = Object.values(where).reduce((most, ids) => Math.max(most, typeof ids === 'string' ? 1 : ids.length), 1)
    const ahead = Math.min(2000, Math.max(30, Math.floor(mostNumbers / (lines * fields.length * parts.length))))
    const chunk = { from, to: to + ahead * base }
    const { times, series } = await store.range({ ...query, ...chunk, step: base, aggregates: parts })
    queries++
    const groups = [...Map.groupBy(series, ({ tags, field }) => JSON.stringify([tags, field])).values()].map((those) => ({
      ...{ tags: (those[0] as Series).tags, field: (those[0] as Series).field },
      parts: Object.fromEntries(those.map(({ aggregate, values }) => [aggregate, values])),
    }))
    kept.delete(key)
    kept.set(key, { ...chunk, base, times, groups })
    if (kept.size > mostKept) kept.delete(kept.keys().next().value as string)
    return { ...chunk, base, times, groups }
  }

  return {
    queries: () => queries,
    async range(query) {
      const base = [query.from, query.to].reduce(divisor, query.step)
      if (base < finestMs) {
        queries++
        return store.range(query)
      }
      return cut(await chunkFor(query, base), query)
    },
  }
}

/** The query's own buckets, of those of the chunk that lie in them. */
function cut({ times, base, groups }: Chunk, { fields, from, to, step, aggregates }: RangeQuery): RangeResult {
  const own: number[] = []
  for (let at = Math.floor(from / step) * step; at < to; at += step) own.push(at)
  const first = times[0] ?? 0
  const series: Series[] = []
  for (const { tags, field, parts } of groups) {
    if (!fields.includes(field)) continue
    for (const aggregate of [...aggregates].sort()) {
      const values = own.map((start) => {
        const low = Math.max(0, (Math.max(start, from) - first) / base)
        const high = Math.min(times.length, (Math.min(start + step, to) - first) / base)
        return together(parts, aggregate, low, high)
      })
      if (values.some((value) => value !== null)) series.push({ tags, field, aggregate, values })
    }
  }
  return { times: own, series }
}

function together(parts: Chunk['groups'][number]['parts'], aggregate: Aggregate, low: number, high: number): number | null {
  const values = (part: Aggregate) => (parts[part] ?? []).slice(low, high).filter((value) => value !== null)
  const counts = values('count')
  const count = counts.reduce((all, value) => all + value, 0)
  if (count === 0) return null
  const sum = () => values('sum').reduce((all, value) => all + value, 0)
  switch (aggregate) {
    case 'count':
      return count
    case 'sum':
      return sum()
    case 'mean':
      return sum() / count
    case 'min':
      return values('min').reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY)
    case 'max':
      return values('max').reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
    case 'last':
      return values('last').at(-1) ?? null
  }
}

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b))
