/**
 * Ranges of the past, asked for again and again a step later: read in chunks and put together in memory, exactly. What is kept
 * at once is bounded.
 */
import type { Aggregate, RangeQuery, RangeResult, SampleStore, Series } from '../../model/sample.ts'

/** Numbers of one chunk, if that holds what one question needs; and of all chunks together: what was not asked for goes first. */
const numbersOfOne = 400_000
const numbersOfAll = 8_000_000
const finestMs = 5000

interface Chunk {
  from: number
  to: number
  base: number
  times: readonly number[]
  /** Values of the tag that tells targets apart; null = it is not asked by them. */
  ids: ReadonlySet<string> | null
  numbers: number
  groups: readonly { tags: Series['tags']; field: string; parts: Partial<Record<Aggregate, readonly (number | null)[]>> }[]
}

export function chunkedReader(store: Pick<SampleStore, 'range'>): Pick<SampleStore, 'range'> & { queries(): number } {
  const kept = new Map<string, Chunk>()
  let queries = 0

  async function chunkFor(query: RangeQuery, base: number): Promise<Chunk> {
    const { measurement, fields, where, groupBy, aggregates, from, to } = query
    const parts = [...new Set<Aggregate>(['sum', 'count', ...aggregates.filter((one) => one !== 'mean')])].sort()
    const many = manyOf(query)
    const rest = Object.entries(where).filter(([tag]) => tag !== many?.tag)
    const key = JSON.stringify([measurement, fields, rest, many?.tag, groupBy, parts, base, to - from])
    const known = kept.get(key)
    const complete = !many || many.ids.every((id) => known?.ids?.has(id))
    if (known && complete && known.from <= from && known.to >= to) {
      kept.delete(key)
      kept.set(key, known)
      return known
    }
    // not all of them are asked about at each instant: those of before are likely to be asked about again
    const ids = many ? new Set([...(known?.ids ?? []), ...many.ids]) : null
    const width = (ids?.size ?? 1) * fields.length * parts.length
    const ahead = Math.min(2000, Math.max(30, Math.floor(numbersOfOne / width)))
    const chunk = { from, to: to + ahead * base }
    const asked = many && ids ? { ...where, [many.tag]: [...ids] } : where
    const { times, series } = await store.range({ ...query, ...chunk, where: asked, step: base, aggregates: parts })
    queries++
    const groups = [...Map.groupBy(series, ({ tags, field }) => JSON.stringify([tags, field])).values()].map((those) => ({
      ...{ tags: (those[0] as Series).tags, field: (those[0] as Series).field },
      parts: Object.fromEntries(those.map(({ aggregate, values }) => [aggregate, values])),
    }))
    const made: Chunk = { ...chunk, base, times, groups, ids, numbers: times.length * series.length }
    kept.delete(key)
    kept.set(key, made)
    let total = [...kept.values()].reduce((sum, { numbers }) => sum + numbers, 0)
    for (const [oldest, { numbers }] of kept) {
      if (total <= numbersOfAll || oldest === key) break
      kept.delete(oldest)
      total -= numbers
    }
    return made
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

/** The tag by which many targets are asked about at once: it tells the groups apart too. */
function manyOf({ where, groupBy }: RangeQuery): { tag: string; ids: readonly string[] } | null {
  const found = Object.entries(where).find(([tag, ids]) => typeof ids !== 'string' && groupBy.includes(tag))
  return found ? { tag: found[0], ids: found[1] as readonly string[] } : null
}

/** The query's own buckets, of those of the chunk that lie in them. */
function cut({ times, base, groups }: Chunk, query: RangeQuery): RangeResult {
  const { fields, from, to, step, aggregates } = query
  const many = manyOf(query)
  const wanted = many && new Set(many.ids)
  const own: number[] = []
  for (let at = Math.floor(from / step) * step; at < to; at += step) own.push(at)
  const first = times[0] ?? 0
  const series: Series[] = []
  for (const { tags, field, parts } of groups) {
    if (!fields.includes(field) || (many && !wanted?.has(tags[many.tag] ?? ''))) continue
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
