import { atRest } from '../../model/at-rest.ts'
import type { CheckResult, Perfdata } from '../../model/check.ts'
import type { Check, CheckContext } from '../../model/contract.ts'
import { type MeasurementInfo, measurements } from '../../model/measurements.ts'
import { judgeBaseline, pastHours } from './baseline.ts'
import { config, type MetricConfig } from './config.ts'
import { judgeChange, judgeForecast, judgeValue, type Verdict } from './judge.ts'
import { type Line, type Readable, readLines, stepOf, targetTags } from './read.ts'
import { lengthOf } from './words.ts'

const readable = Object.keys(targetTags) as Readable[]
const leastStaleMs = 120_000
/** A line, a percentile, a time that something must hold: what thousands of targets need is asked for as coarse as it may be. */
const buckets = { line: 50, percentile: 150, looks: 24 }

/** Any metric of the sample store against thresholds: its value, its change, where it leads, or what is usual. */
export const plugin: Check<MetricConfig> = {
  kind: 'check',
  name: 'metric',
  description: 'Any stored metric: its value, how fast it changes, when it reaches a level, or how unusual it is',
  targets: readable,
  config,
  replays: true,
  reads: ['samples'],
  silence: ({ noData }) => (noData === 'keep' ? 'nodata' : noData),
  metric(own, { kind, id }) {
    const where = Object.entries(own.where).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
    const tag = targetTags[kind as Readable]
    // a share is in no series of the store, and each device is a line of its own
    if (tag === undefined || own.percentOf !== undefined || own.per !== undefined) return null
    const { measurement, field } = own
    return { measurement, field, where: { ...Object.fromEntries(where), [tag]: id }, unit: unitOf(own) }
  },
  bystander: true,
  targetsFor: ({ measurement }) => {
    const kinds = readable.filter((kind) => kind !== 'project' && tagsOf(measurement).includes(targetTags[kind]))
    // where the instance is told, the host is only where it runs
    return kinds.includes('instance') && measurement !== 'ganglia' ? ['instance'] : kinds
  },

  async run(ctx) {
    const { config: own, target, now } = ctx
    if (!tagsOf(own.measurement).includes(targetTags[target.kind as Readable]))
      return { state: 'unknown', output: `${own.measurement} has no samples of a ${target.kind}`, perfdata: [] }
    const { lines, step } = await linesOf(ctx)
    const fresh = lines.filter((line) => isFresh(line, own, now, step))
    if (fresh.length === 0) return silent(lines, own, target.instance?.state ?? null, now)
    const past = own.baseline ? await pastHours(ctx) : () => []
    return resultOf(
      fresh.map((line) => ({ name: line.name, verdict: verdictOn(line, past(line.name), ctx, step) })),
      own,
    )
  },
}

const tagsOf = (measurement: MetricConfig['measurement']): readonly string[] => measurements[measurement].tags

function unitOf({ measurement, field, percentOf }: MetricConfig): string {
  const info: MeasurementInfo = measurements[measurement]
  return percentOf === undefined ? (info.fields[field]?.unit ?? '') : '%'
}

async function linesOf(ctx: CheckContext<MetricConfig>): Promise<{ lines: Line[]; step: number }> {
  const { config: own, now } = ctx
  const over = (own.change ?? own.forecast)?.over
  const span = over ?? own.window + own.for
  // one number is all that is needed of most windows: thousands of targets are read at once
  const whole = over === undefined && own.for === 0 && own.aggregate !== 'p95' && (own.stale ?? own.window) >= own.window
  const step = whole ? span : stepOf(span, over ? buckets.line : own.aggregate === 'p95' ? buckets.percentile : buckets.looks)
  return { lines: await readLines(ctx, { from: now - span, to: now, step }), step }
}

/** Whatever its value was then: what has not been heard of is not judged. */
function isFresh({ buckets }: Line, { stale, window }: MetricConfig, now: number, step: number): boolean {
  const newest = buckets.at(-1)
  return newest !== undefined && now - Math.min(now, newest.time + step) <= (stale ?? Math.max(leastStaleMs, window))
}

function silent(lines: readonly Line[], { noData, window }: MetricConfig, nova: string | null, now: number): CheckResult | null {
  if (nova !== null && atRest.has(nova)) return { state: 'ok', output: `no samples expected: Nova says ${nova}`, perfdata: [] }
  if (noData === 'keep') return null
  const last = Math.max(...lines.map(({ buckets }) => buckets.at(-1)?.time ?? Number.NEGATIVE_INFINITY))
  const told = Number.isFinite(last) ? `last sample ${lengthOf(now - last)} ago` : `no sample in the last ${lengthOf(window)}`
  return { state: noData, output: told, perfdata: [] }
}

function verdictOn(line: Line, past: readonly (number | null)[], ctx: CheckContext<MetricConfig>, step: number): Verdict {
  const { config: own, now, previous = null } = ctx
  const how = { now, step, unit: unitOf(own), previous }
  const { buckets } = line
  if (own.baseline) return judgeBaseline(line, past, ctx, how.unit)
  if (own.change) return judgeChange(buckets, own, how)
  if (own.forecast) return judgeForecast(buckets, own, how)
  return judgeValue(buckets, own, how)
}

interface Named {
  name: string
  verdict: Verdict
}

const ranks = { critical: 3, warning: 2, ok: 0 } as const
/** What nothing can be said of weighs more than what is fine, and less than a problem. */
const rankOf = ({ verdict: { state } }: Named) => (state === null ? 1 : ranks[state])

function resultOf(verdicts: readonly Named[], own: MetricConfig): CheckResult | null {
  const sorted = [...verdicts].sort((a, b) => rankOf(b) - rankOf(a))
  const worst = sorted[0] as Named
  const { state } = worst.verdict
  if (state === null && own.noData === 'keep') return null
  const text = (one: Named) => `${one.name === '' ? '' : `${one.name}: `}${one.verdict.text}`
  const others = sorted.slice(1)
  return {
    state: state ?? (own.noData as Exclude<MetricConfig['noData'], 'keep'>),
    output: `${titleOf(own)} ${text(worst)}`,
    ...(others.length > 0 && { longOutput: others.map(text).join('\n') }),
    perfdata: sorted.flatMap((one) => perfdataOf(one, own)),
  }
}

function titleOf({ measurement, field, percentOf, where }: MetricConfig): string {
  const info: MeasurementInfo = measurements[measurement]
  if (measurement === 'ganglia') return String(where.metric ?? field)
  const title = info.fields[field]?.title ?? field
  return percentOf === undefined ? title : `${title} of ${info.fields[percentOf]?.title ?? percentOf}`
}

function perfdataOf({ name, verdict }: Named, own: MetricConfig): Perfdata[] {
  const { value, judged } = verdict
  const label = name === '' ? own.field : `${own.field}_${name}`
  const limits = { ...(own.warn && { warn: own.warn.text }), ...(own.crit && { crit: own.crit.text }) }
  const unit = unitOf(own)
  const kind = own.forecast ? 'hours' : own.change ? 'change' : own.baseline ? 'deviation' : null
  const itself: Perfdata[] = value === null ? [] : [{ label, value: rounded(value), unit, ...(kind === null && limits) }]
  const told: Perfdata[] =
    kind === null || judged === null ? [] : [{ label: `${label}_${kind}`, value: rounded(judged), unit: '', ...limits }]
  return [...itself, ...told]
}

const rounded = (value: number) => Number(value.toPrecision(6))
