import type { Aggregate, RangeQuery, RangeResult, Sample, Series } from '../../model/sample.ts'

/** What `range` must answer, worked out the slow and obvious way from distinct samples. */
export function expectedRange(samples: readonly Sample[], query: RangeQuery): RangeResult {
  const { from, to, step, groupBy } = query
  const times: number[] = []
  for (let time = Math.floor(from / step) * step; time < to; time += step) times.push(time)
  const groups = new Map<string, Sample[]>()
  for (const sample of samples) {
    if (sample.time < from || sample.time >= to) continue
    if (Object.entries(query.where).some(([tag, wanted]) => ![wanted].flat().includes(sample.tags[tag] ?? ''))) continue
    const key = groupBy.map((tag) => sample.tags[tag] ?? '').join('\n')
    groups.set(key, [...(groups.get(key) ?? []), sample])
  }
  const series: Series[] = []
  for (const key of [...groups.keys()].sort())
    for (const field of [...query.fields].sort())
      for (const aggregate of [...query.aggregates].sort()) {
        const buckets = Map.groupBy(groups.get(key) as Sample[], ({ time }) => Math.floor(time / step) * step)
        const values = times.map((time) => {
          const members = (buckets.get(time) ?? []).filter((sample) => sample.fields[field] !== undefined)
          return aggregated(aggregate, members, field)
        })
        const names = groupBy.map((tag, i) => [tag, key.split('\n')[i] as string]).filter(([, value]) => value !== '')
        if (values.some((value) => value !== null)) series.push({ tags: Object.fromEntries(names), field, aggregate, values })
      }
  return { times, series }
}

function aggregated(aggregate: Aggregate, samples: readonly Sample[], field: string): number | null {
  const values = samples.map((sample) => sample.fields[field] as number)
  if (values.length === 0) return null
  const sum = values.reduce((a, b) => a + b, 0)
  const newest = Math.max(...samples.map(({ time }) => time))
  switch (aggregate) {
    case 'count':
      return values.length
    case 'sum':
      return sum
    case 'mean':
      return sum / values.length
    case 'min':
      return Math.min(...values)
    case 'max':
      return Math.max(...values)
    case 'last':
      return Math.max(...samples.filter(({ time }) => time === newest).map((sample) => sample.fields[field] as number))
  }
}
