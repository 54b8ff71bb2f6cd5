/** Checks are written for one target; here their equal reads become one store query for all targets. */
import { AppError } from '../model/contract.ts'
import type { LatestQuery, RangeQuery, RangeResult, Sample, SampleStore, Where } from '../model/sample.ts'

type Reader = Pick<SampleStore, 'range' | 'latest'>

/** Store queries that may be unanswered at once; a store that stopped answering is not asked for ever more. */
const mostOpen = 32

interface Waiting<R> {
  value: string
  /** Its part of what all of the group asked for. */
  own(all: R): R
  resolve(result: R): void
  reject(error: unknown): void
}

/**
 * One per cycle. `forTag(tag)` gives a reader whose queries are held until all checks of the turn have asked, then sent as one
 * query per group of queries that differ only in that tag's value, in their fields and in their aggregates: rules that look at
 * several fields of one measurement over one window share a query.
 */
export function coalescingReader(store: Reader) {
  const ranges = new Map<string, { query: RangeQuery; tag: string; waiting: Waiting<RangeResult>[] }>()
  const latests = new Map<string, { query: LatestQuery; tag: string; waiting: Waiting<Sample[]>[] }>()
  let flushing = false
  let open = 0
  let queries = 0

  const later = () => {
    if (flushing) return
    flushing = true
    setImmediate(() => {
      flushing = false
      flush(ranges, (query, tag, values) => rangeFor(store, query, tag, values))
      flush(latests, (query, tag, values) => latestFor(store, query, tag, values))
    })
  }

  function flush<Q extends { where: Where }, R>(
    groups: Map<string, { query: Q; tag: string; waiting: Waiting<R>[] }>,
    ask: (query: Q, tag: string, values: readonly string[]) => Promise<(value: string) => R>,
  ): void {
    const batch = [...groups.values()]
    groups.clear()
    for (const { query, tag, waiting } of batch) {
      const failed = (cause: unknown) => {
        for (const one of waiting)
          one.reject(new AppError('storage', `the sample store does not answer: ${(cause as Error).message}`, { cause }))
      }
      if (open >= mostOpen) {
        failed(new Error(`${open} queries are still unanswered`))
        continue
      }
      open++
      queries++
      ask(query, tag, [...new Set(waiting.map((one) => one.value))])
        .then((result) => {
          for (const one of waiting) one.resolve(one.own(result(one.value)))
        }, failed)
        .finally(() => open--)
        .catch(failed)
    }
  }

  function join<Q extends { where: Where }, R>(
    groups: Map<string, { query: Q; tag: string; waiting: Waiting<R>[] }>,
    query: Q,
    tag: string,
    { alone, alike, both, own }: Joining<Q, R>,
  ): Promise<R> {
    const value = query.where[tag]
    if (typeof value !== 'string') {
      queries++
      return alone()
    }
    const key = `${tag}\0${JSON.stringify({ ...query, where: { ...query.where, [tag]: '' }, ...alike })}`
    return new Promise<R>((resolve, reject) => {
      const group = groups.get(key) ?? { query, tag, waiting: [] }
      groups.set(key, group)
      group.query = both(group.query, query)
      group.waiting.push({ value, own, resolve, reject })
      later()
    })
  }

  return {
    /** A reader for checks whose targets are told apart by `tag`. */
    forTag: (tag: string): Reader => ({
      range: (query) =>
        join(ranges, query, tag, {
          ...{ alone: () => store.range(query), alike: anyFields, both: withFieldsOf, own: fieldsOnly(query) },
        }),
      latest: (query) =>
        join(latests, query, tag, { alone: () => store.latest(query), alike: {}, both: (one) => one, own: (all) => all }),
    }),
    /** Store queries sent so far. */
    queries: () => queries,
  }
}

/** How queries of one kind are joined. */
interface Joining<Q, R> {
  /** Asked without company. */
  alone(): Promise<R>
  /** In what they may differ, made alike. */
  alike: Partial<Q>
  both(one: Q, other: Q): Q
  own(all: R): R
}

const anyFields = { fields: [], aggregates: [] }

/** The same lists again and again: mostly there is nothing to add. */
function withFieldsOf(one: RangeQuery, other: RangeQuery): RangeQuery {
  const fields = other.fields.every((field) => one.fields.includes(field))
  const aggregates = other.aggregates.every((aggregate) => one.aggregates.includes(aggregate))
  if (fields && aggregates) return one
  return {
    ...one,
    fields: [...new Set([...one.fields, ...other.fields])].sort(),
    aggregates: [...new Set([...one.aggregates, ...other.aggregates])].sort(),
  }
}

const fieldsOnly =
  ({ fields, aggregates }: RangeQuery) =>
  (all: RangeResult): RangeResult => {
    const series = all.series.filter((one) => fields.includes(one.field) && aggregates.includes(one.aggregate))
    return series.length === all.series.length ? all : { times: all.times, series }
  }

async function rangeFor(store: Reader, query: RangeQuery, tag: string, values: readonly string[]) {
  const { times, series } = await store.range({
    ...query,
    where: { ...query.where, [tag]: values },
    groupBy: [...new Set([...query.groupBy, tag])],
  })
  const wanted = query.groupBy.includes(tag)
  const byValue = Map.groupBy(series, (one) => one.tags[tag] ?? '')
  return (value: string): RangeResult => ({
    times,
    series: (byValue.get(value) ?? []).map((one) => (wanted ? one : { ...one, tags: without(one.tags, tag) })),
  })
}

async function latestFor(store: Reader, query: LatestQuery, tag: string, values: readonly string[]) {
  const samples = await store.latest({ ...query, where: { ...query.where, [tag]: values } })
  const byValue = Map.groupBy(samples, (sample) => sample.tags[tag] ?? '')
  return (value: string): Sample[] => byValue.get(value) ?? []
}

const without = (tags: Readonly<Record<string, string>>, tag: string) =>
  Object.fromEntries(Object.entries(tags).filter(([key]) => key !== tag))
