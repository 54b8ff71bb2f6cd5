/** A sample store without a disk: for rule tests and for rehearsals. Answers as the contract says. */
import type {
  Aggregate,
  LatestQuery,
  RangeQuery,
  RangeResult,
  Sample,
  SampleStore,
  Series,
  Tags,
  Where,
} from '../model/sample.ts'

interface Line {
  tags: Tags
  /** By time. */
  samples: Sample[]
}

/** `now`: what is later is not there yet; default: everything is there. */
export function samplesInMemory(samples: readonly Sample[] = [], now: () => number = () => Number.MAX_SAFE_INTEGER): SampleStore {
  const measurements = new Map<string, Map<string, Line>>()

  function put(sample: Sample): void {
    const { measurement, tags, time } = sample
    const lines = measurements.get(measurement) ?? new Map<string, Line>()
    measurements.set(measurement, lines)
    const key = JSON.stringify(Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1)))
    const line = lines.get(key) ?? { tags, samples: [] }
    lines.set(key, line)
    const at = firstFrom(line.samples, time)
    if (line.samples[at]?.time === time) line.samples[at] = sample
    else line.samples.splice(at, 0, sample)
  }
  for (const sample of samples) put(sample)

  function linesOf(measurement: string, where: Where): Line[] {
    const fits = fitting(where)
    return [...(measurements.get(measurement)?.values() ?? [])].filter(({ tags }) => fits(tags))
  }

  return {
    kind: 'memory',
    async write(batch) {
      for (const sample of batch) put(sample)
    },
    async latest({ measurement, where, since }: LatestQuery) {
      return linesOf(measurement, where).flatMap((line) => {
        const newest = line.samples[firstFrom(line.samples, now() + 1) - 1]
        return newest && newest.time >= since ? [newest] : []
      })
    },
    async range(query: RangeQuery) {
      return rangeOf(linesOf(query.measurement, query.where), query, Math.min(query.to, now() + 1))
    },
    async close() {
      measurements.clear()
    },
  }
}

function rangeOf(lines: readonly Line[], { fields, from, to, step, aggregates, groupBy }: RangeQuery, end: number): RangeResult {
  const times: number[] = []
  for (let at = Math.floor(from / step) * step; at < to; at += step) times.push(at)
  const first = times[0] ?? 0
  const groups = Map.groupBy(lines, ({ tags }) => groupBy.map((tag) => tags[tag] ?? '').join('\n'))
  const series: Series[] = []
  for (const key of [...groups.keys()].sort()) {
    const values = key.split('\n')
    const tags = Object.fromEntries(groupBy.flatMap((tag, i) => (values[i] ? [[tag, values[i]]] : [])))
    const inside = (groups.get(key) ?? []).flatMap(({ samples }) =>
      samples.slice(firstFrom(samples, from), firstFrom(samples, end)),
    )
    for (const field of [...fields].sort()) {
      const buckets: Sample[][] = times.map(() => [])
      for (const sample of inside) if (field in sample.fields) buckets[Math.floor((sample.time - first) / step)]?.push(sample)
      if (buckets.every(({ length }) => length === 0)) continue
      for (const aggregate of [...aggregates].sort())
        series.push({ tags, field, aggregate, values: buckets.map((bucket) => made(bucket, field, aggregate)) })
    }
  }
  return { times, series }
}

function made(samples: readonly Sample[], field: string, aggregate: Aggregate): number | null {
  if (samples.length === 0) return null
  const values = samples.map(({ fields }) => fields[field] as number)
  const sum = values.reduce((all, value) => all + value, 0)
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
    case 'last': {
      const newest = Math.max(...samples.map(({ time }) => time))
      return Math.max(...samples.filter(({ time }) => time === newest).map(({ fields }) => fields[field] as number))
    }
  }
}

/** Position of the first sample that is not before an instant. */
function firstFrom(samples: readonly Sample[], time: number): number {
  let [low, high] = [0, samples.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((samples[middle] as Sample).time < time) low = middle + 1
    else high = middle
  }
  return low
}

function fitting(where: Where): (tags: Tags) => boolean {
  const wanted = Object.entries(where).map(
    ([tag, values]) => [tag, new Set(typeof values === 'string' ? [values] : values)] as const,
  )
  return (tags) => wanted.every(([tag, values]) => values.has(tags[tag] ?? ''))
}
