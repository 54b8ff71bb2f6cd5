/** How far a value is from what is usual at this hour of the week. */

import { deviation, sameHours, usual } from '../../model/baseline.ts'
import { aggregated } from '../../model/bucket.ts'
import type { CheckContext } from '../../model/contract.ts'
import { judgeWithHysteresis } from '../../model/hysteresis.ts'
import type { MetricConfig } from './config.ts'
import { limitsOf, nothing, type Verdict } from './judge.ts'
import { type Line, readLines } from './read.ts'
import { figure, lengthOf } from './words.ts'

const hour = 3_600_000

/** What each line was at the same hour of past weeks, newest week first; null = not known. One query a week, for all targets. */
export async function pastHours(ctx: CheckContext<MetricConfig>): Promise<(name: string) => (number | null)[]> {
  const { weeks, zone } = ctx.config.baseline as NonNullable<MetricConfig['baseline']>
  const past = await Promise.all(sameHours(ctx.now, weeks, zone).map(({ from, to }) => readLines(ctx, { from, to, step: hour })))
  return (name) => past.map((lines) => aggregated(lines.find((line) => line.name === name)?.buckets ?? [], 'mean'))
}

export function judgeBaseline(
  { buckets }: Line,
  past: readonly (number | null)[],
  { config, previous = null }: Pick<CheckContext<MetricConfig>, 'config' | 'previous'>,
  unit: string,
): Verdict {
  const { weeks, atLeast, least, leastPercent } = config.baseline as NonNullable<MetricConfig['baseline']>
  const value = aggregated(buckets, config.aggregate)
  if (value === null) return nothing(`no sample in the last ${lengthOf(config.window)}`)
  const normal = usual(past, { atLeast, least, leastShare: leastPercent / 100 })
  const known = past.filter((mean) => mean !== null).length
  if (normal === null)
    return { ...nothing(`this hour is known of ${known} of the last ${weeks} weeks, ${atLeast} are needed`), value }
  const off = deviation(value, normal)
  const state = judgeWithHysteresis(off, limitsOf(config), previous)
  const much = Math.abs(off) >= 1000 ? 'far' : `${Number(Math.abs(off).toPrecision(2))} standard deviations`
  return {
    state: state === 'unknown' || state === 'nodata' ? null : state,
    text: `${figure(value, unit)}, ${much} ${off < 0 ? 'below' : 'above'} what is usual at this hour (${figure(normal.mean, unit)} ± ${figure(normal.spread, unit)}, ${normal.weeks} weeks)`,
    ...{ judged: Math.max(-1e6, Math.min(1e6, off)), value },
  }
}
