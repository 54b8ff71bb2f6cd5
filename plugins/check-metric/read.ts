/** What the store knows of the metric: one query for all that is judged. */
import { type Aggregation, type Bucket, shareOf } from '../../model/bucket.ts'
import type { CheckContext } from '../../model/contract.ts'
import type { Aggregate, RangeResult } from '../../model/sample.ts'
import type { MetricConfig } from './config.ts'

/** `name` is the value of the tag `per`, or '' for all in one. */
export interface Line {
  name: string
  /** In order of time; those without samples are absent. */
  buckets: readonly Bucket[]
}

/** The tag that tells the targets of a kind apart in the samples of any measurement. */
export const targetTags = { instance: 'instance', hypervisor: 'host', connection: 'component', project: 'project' } as const

export type Readable = keyof typeof targetTags

const roundSteps = [10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 86_400].map((seconds) => seconds * 1000)

/** The finest round step that cuts a span into no more than so many. */
export const stepOf = (spanMs: number, most: number): number => roundSteps.find((step) => spanMs / step <= most) ?? 86_400_000

/** Sums and counts make any mean; the rest is asked for where it is wanted. */
const aggregatesOf = (how: Aggregation): readonly Aggregate[] =>
  how === 'mean' || how === 'p95' ? ['sum', 'count'] : ['sum', 'count', how]

/** Buckets of [from, to). */
export async function readLines(
  { config, target, store }: Pick<CheckContext<MetricConfig>, 'config' | 'target' | 'store'>,
  { from, to, step }: { from: number; to: number; step: number },
): Promise<Line[]> {
  const { measurement, field, percentOf, where, per } = config
  const tag = targetTags[target.kind as Readable]
  const fields = percentOf === undefined ? [field] : [field, percentOf]
  const result = await store.range({
    ...{ measurement, fields, from, to, step, aggregates: aggregatesOf(config.aggregate) },
    where: { ...where, [tag]: target.id },
    groupBy: per === undefined || per === tag ? [tag] : [tag, per],
  })
  const names = new Set(result.series.map(({ tags }) => nameOf(tags, per)))
  return [...names].sort().map((name) => {
    const buckets = bucketsOf(result, field, name, per)
    return { name, buckets: percentOf === undefined ? buckets : shareOf(buckets, bucketsOf(result, percentOf, name, per)) }
  })
}

const nameOf = (tags: Readonly<Record<string, string>>, per: string | undefined) => (per === undefined ? '' : (tags[per] ?? ''))

function bucketsOf({ times, series }: RangeResult, field: string, name: string, per: string | undefined): Bucket[] {
  const own = series.filter((one) => one.field === field && nameOf(one.tags, per) === name)
  const values = (aggregate: Aggregate) => own.find((one) => one.aggregate === aggregate)?.values
  const [sums, counts, mins, maxs, lasts] = (['sum', 'count', 'min', 'max', 'last'] as const).map(values)
  return times.flatMap((time, i) => {
    const count = counts?.[i] ?? 0
    const sum = sums?.[i]
    if (count === 0 || sum === null || sum === undefined) return []
    const mean = sum / count
    return [{ time, sum, count, min: mins?.[i] ?? mean, max: maxs?.[i] ?? mean, last: lasts?.[i] ?? mean }]
  })
}
