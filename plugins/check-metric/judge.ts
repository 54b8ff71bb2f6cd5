/** What is said of one series. Pure. */
import { aggregated, type Bucket, meanOf } from '../../model/bucket.ts'
import type { State } from '../../model/check.ts'
import { heldFor } from '../../model/held-for.ts'
import { judgeWithHysteresis, type Limits } from '../../model/hysteresis.ts'
import { reaching, trendOf } from '../../model/trend.ts'
import type { MetricConfig } from './config.ts'
import { figure, hours, lengthOf } from './words.ts'

export interface Verdict {
  /** null = nothing can be said: `text` says why. */
  state: Exclude<State, 'unknown' | 'nodata'> | null
  text: string
  /** What was judged, in its unit; null = there is no number (no data; never reached). */
  judged: number | null
  /** The metric itself. */
  value: number | null
}

export const nothing = (text: string): Verdict => ({ state: null, text, judged: null, value: null })

const leastPoints = 8
const hour = 3_600_000

export const limitsOf = ({ warn, crit, warnClear, critClear }: MetricConfig): Limits => ({
  ...{ warn: warn?.range ?? null, crit: crit?.range ?? null },
  ...{ warnClear: warnClear?.range ?? null, critClear: critClear?.range ?? null },
})

const judged = (value: number, config: MetricConfig, previous: State | null) =>
  judgeWithHysteresis(value, limitsOf(config), previous) as Exclude<State, 'unknown' | 'nodata'>

/** The window's value, and whether it has been so for long enough. */
export function judgeValue(
  buckets: readonly Bucket[],
  config: MetricConfig,
  { now, step, unit, previous }: { now: number; step: number; unit: string; previous: State | null },
): Verdict {
  const { window, aggregate } = config
  const valueAt = (end: number) =>
    aggregated(
      buckets.filter(({ time }) => time + step > end - window && time < end),
      aggregate,
    )
  const value = valueAt(now)
  if (value === null) return nothing(`no sample in the last ${lengthOf(window)}`)
  const said = `${figure(value, unit)} (${aggregate} over ${lengthOf(window)})`
  if (config.for === 0) return { state: judged(value, config, previous), text: said, judged: value, value }
  const looks = []
  for (let end = now - Math.ceil(config.for / step) * step; end < now; end += step) looks.push(end)
  const held = heldFor(
    [...looks, now].map((time) => {
      const then = time === now ? value : valueAt(time)
      return { time, state: then === null ? null : judged(then, config, previous) }
    }),
    config.for,
  )
  const state = held?.state ?? 'ok'
  const waits = held && held.now !== state ? `, ${held.now} for ${lengthOf(held.since)} of ${lengthOf(config.for)}` : ''
  // what was a problem stays one while its clear threshold alerts: it need not hold anew
  const stays = previous === 'warning' || previous === 'critical' ? judged(value, config, previous) : 'ok'
  const kept = worse(state, stays === previous || previous === 'critical' ? stays : state)
  return { state: kept, text: `${said}${kept === state ? waits : ''}`, judged: value, value }
}

const ranks = ['ok', 'warning', 'critical'] as const
const worse = (a: (typeof ranks)[number], b: (typeof ranks)[number]) => (ranks.indexOf(a) >= ranks.indexOf(b) ? a : b)

/** A line needs points over at least half of the time that it is drawn through. */
function lineThrough(buckets: readonly Bucket[], overMs: number, step: number) {
  const points = buckets.map((bucket) => ({ time: bucket.time + step / 2, value: meanOf(bucket) }))
  const [first, last] = [points[0], points.at(-1)]
  const span = first && last ? last.time - first.time : 0
  if (points.length < leastPoints || span < overMs / 2)
    return `${lengthOf(span)} of history (${points.length} points) is not enough for a line over ${lengthOf(overMs)}`
  return trendOf(points) ?? 'no line can be drawn'
}

/** How fast it changes. */
export function judgeChange(
  buckets: readonly Bucket[],
  config: MetricConfig,
  { step, unit, previous }: { step: number; unit: string; previous: State | null },
): Verdict {
  const { per, over } = config.change as NonNullable<MetricConfig['change']>
  const trend = lineThrough(buckets, over, step)
  if (typeof trend === 'string') return nothing(trend)
  const pace = trend.slope * per
  const error = trend.slopeError * per
  return {
    state: judged(pace, config, previous),
    text: `${pace < 0 ? '' : '+'}${figure(pace, unit)} per ${lengthOf(per)} (over ${lengthOf(over)}, ± ${figure(error, unit)}), now ${figure(trend.value, unit)}`,
    ...{ judged: pace, value: trend.value },
  }
}

/** When it gets there. */
export function judgeForecast(
  buckets: readonly Bucket[],
  config: MetricConfig,
  { step, unit, previous }: { step: number; unit: string; previous: State | null },
): Verdict {
  const { reaches, over, rising } = config.forecast as NonNullable<MetricConfig['forecast']>
  const trend = lineThrough(buckets, over, step)
  if (typeof trend === 'string') return nothing(trend)
  const { expected, earliest, latest } = reaching(trend, reaches, rising)
  const now = `now ${figure(trend.value, unit)}`
  const level = figure(reaches, unit)
  if (expected === Number.POSITIVE_INFINITY)
    return {
      ...{ state: judged(expected, config, previous), judged: null, value: trend.value },
      text: `${now}, does not get to ${level} as it went over ${lengthOf(over)}`,
    }
  const text =
    expected === 0
      ? `${now}: it is at ${level} already`
      : `${now}, gets to ${level} in ${hours(expected)} (95 % sure: ${hours(earliest)} to ${hours(latest)}; the line explains ${Math.round(trend.fit * 100)} % of ${lengthOf(over)})`
  return { state: judged(expected / hour, config, previous), text, judged: expected / hour, value: trend.value }
}
