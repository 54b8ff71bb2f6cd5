import { z } from 'zod'
import { duration } from '../../config/fields.ts'
import { threshold, type WrittenThreshold } from '../../config/threshold-field.ts'
import type { CheckResult } from '../../model/check.ts'
import type { Check } from '../../model/contract.ts'
import type { Sample } from '../../model/sample.ts'
import { judge } from '../../model/threshold.ts'

const config = z
  .strictObject({
    /** A metric as Ganglia names it, to be judged by `warn` and `crit`; default: only whether its gmond is heard. */
    metric: z.string().min(1).max(200).optional(),
    warn: threshold.optional(),
    crit: threshold.optional(),
    /** Judge how fast a counter grows, not how far it came. */
    rate: z.boolean().default(false),
    /** A report is old when it is so many times as old as it may become: four is Ganglia's own rule. */
    stale: z.number().min(1).max(1000).default(4),
    /** A gmond that was not heard for longer is taken to have been taken away. */
    lookback: duration.prefault('7d'),
    /** What a silent gmond is. */
    silent: z.enum(['warning', 'critical', 'unknown', 'nodata']).default('nodata'),
  })
  .refine(({ metric, warn, crit }) => metric === undefined || warn !== undefined || crit !== undefined, {
    message: 'a metric is judged by `warn` or `crit`: one is needed',
  })
  .refine(({ metric, warn, crit, rate }) => metric !== undefined || (warn === undefined && crit === undefined && !rate), {
    message: '`warn`, `crit` and `rate` need a `metric`',
  })

/** A hypervisor's or an instance's own gmond: whether it is heard, and what it says. */
export const plugin: Check<z.output<typeof config>> = {
  kind: 'check',
  name: 'ganglia',
  description: 'A Ganglia daemon (gmond) that fell silent, or a metric that it reports',
  targets: ['hypervisor', 'instance'],
  config,
  bystander: true,
  reads: ['ganglia'],
  silence: ({ silent }) => silent,
  metric({ metric, rate }, { kind, id }) {
    if (metric === undefined) return null
    const own = kind === 'hypervisor' ? { host: id } : { instance: id }
    return { measurement: 'ganglia', field: rate ? 'rate' : 'value', where: { ...own, metric }, unit: '' }
  },
  async run({ config: { metric, warn, crit, rate, stale, lookback, silent }, target, store, now }) {
    const name = metric ?? 'heartbeat'
    const own = target.kind === 'hypervisor' ? { host: target.id } : { instance: target.id }
    const found = newest(await store.latest({ measurement: 'ganglia', where: { ...own, metric: name }, since: now - lookback }))
    if (!found) return { state: 'ok', output: metric === undefined ? 'no gmond here' : `no metric ${metric} here`, perfdata: [] }
    const age = Math.max(0, now - found.time)
    const limit = (found.fields.tmax ?? 60) * 1000 * stale
    const ages = { label: 'age', value: Math.round(age / 1000), unit: 's', min: 0 }
    if (age > limit) return { state: silent, output: quiet(metric, age, limit), perfdata: [ages] }
    if (metric === undefined) return { state: 'ok', output: `gmond heard ${seconds(age)} ago`, perfdata: [ages] }
    return judged(metric, rate ? found.fields.rate : found.fields.value, warn, crit)
  },
}

function judged(
  metric: string,
  value: number | undefined,
  warn: WrittenThreshold | undefined,
  crit: WrittenThreshold | undefined,
): CheckResult | null {
  if (value === undefined) return null // a rate needs a second report
  const perfdata = [{ label: metric, value, unit: '', ...(warn && { warn: warn.text }), ...(crit && { crit: crit.text }) }]
  const state = judge(value, warn?.range ?? null, crit?.range ?? null)
  return { state, output: `${metric} ${Number(value.toPrecision(6))}`, perfdata }
}

const quiet = (metric: string | undefined, age: number, limit: number) =>
  `STALE: ${metric === undefined ? 'gmond' : metric} last reported ${seconds(age)} ago (limit ${seconds(limit)})`

const newest = (samples: readonly Sample[]) =>
  samples.reduce<Sample | null>((best, sample) => (best && best.time >= sample.time ? best : sample), null)

const seconds = (ms: number) => `${Math.round(ms / 1000)} s`
