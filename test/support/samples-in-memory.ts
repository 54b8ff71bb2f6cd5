import type { LatestQuery, RangeQuery, RangeResult, Sample, SampleStore, Where } from '../../model/sample.ts'

/** A sample store for unit tests: keeps what it is given, answers as the contract says, counts the questions. */
export class SamplesInMemory implements Pick<SampleStore, 'range' | 'latest'> {
  samples: Sample[] = []
  queries = 0
  /** Set to make every question fail. */
  broken: Error | null = null

  async latest({ measurement, where, since }: LatestQuery): Promise<Sample[]> {
    this.#ask()
    const newest = new Map<string, Sample>()
    for (const sample of this.samples) {
      if (sample.measurement !== measurement || sample.time < since || !fits(sample, where)) continue
      const key = JSON.stringify(sample.tags)
      if ((newest.get(key)?.time ?? Number.NEGATIVE_INFINITY) <= sample.time) newest.set(key, sample)
    }
    return [...newest.values()]
  }

  async range({ measurement, fields, where, from, to, step, aggregates, groupBy }: RangeQuery): Promise<RangeResult> {
    this.#ask()
    const times: number[] = []
    for (let at = Math.floor(from / step) * step; at < to; at += step) times.push(at)
    const groups = Map.groupBy(
      this.samples.filter((one) => one.measurement === measurement && one.time >= from && one.time < to && fits(one, where)),
      ({ tags }) => JSON.stringify(Object.fromEntries(groupBy.map((tag) => [tag, tags[tag] ?? '']))),
    )
    const series = [...groups].flatMap(([key, samples]) =>
      fields.flatMap((field) =>
        aggregates.map((aggregate) => ({
          ...{ tags: JSON.parse(key) as Record<string, string>, field, aggregate },
          values: times.map((at) => {
            const values = samples.flatMap((one) => (one.time >= at && one.time < at + step ? (one.fields[field] ?? []) : []))
            const sum = values.reduce((a, b) => a + b, 0)
            if (values.length === 0) return null
            if (aggregate === 'sum') return sum
            if (aggregate === 'count') return values.length
            if (aggregate === 'last') return values.at(-1) ?? null
            return aggregate === 'max' ? Math.max(...values) : aggregate === 'min' ? Math.min(...values) : sum / values.length
          }),
        })),
      ),
    )
    return { times, series }
  }

  #ask(): void {
    this.queries++
    if (this.broken) throw this.broken
  }
}

const fits = ({ tags }: Sample, where: Where) =>
  Object.entries(where).every(([tag, wanted]) =>
    typeof wanted === 'string' ? tags[tag] === wanted : wanted.includes(tags[tag] ?? ''),
  )
