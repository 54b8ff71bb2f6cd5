/** What the check of a metric can be told. */
import { z } from 'zod'
import { duration, timeZone } from '../../config/fields.ts'
import { threshold } from '../../config/threshold-field.ts'
import { aggregations } from '../../model/bucket.ts'
import { alertsOnlyWithin } from '../../model/hysteresis.ts'
import { type MeasurementInfo, type MeasurementName, measurements } from '../../model/measurements.ts'

const names = Object.keys(measurements) as [MeasurementName, ...MeasurementName[]]
const longestSpan = 92 * 86_400_000

const tagValue = z.union([z.string(), z.number()]).transform(String)

export const config = z
  .strictObject({
    measurement: z.enum(names),
    field: z.string().min(1),
    /** Judge the field in percent of this one. */
    percentOf: z.string().min(1).optional(),
    /** Only series with these tags. */
    where: z.record(z.string(), z.union([tagValue, z.array(tagValue).min(1)])).default({}),
    /** Judge each value of this tag (a disk, an interface, a pool) by itself; the worst decides. */
    per: z.string().min(1).optional(),
    /** What the samples of the window are made one of. */
    window: duration.prefault('5m'),
    aggregate: z.enum(aggregations).default('mean'),
    warn: threshold.optional(),
    crit: threshold.optional(),
    /** A problem ends only when these no longer alert. */
    warnClear: threshold.optional(),
    critClear: threshold.optional(),
    /** It must have been so for so long. */
    for: duration.prefault('0s'),
    /** Judge how fast it changes, in its unit per `per`, over a time. */
    change: z.strictObject({ per: duration.prefault('1h'), over: duration.prefault('1h') }).optional(),
    /** Judge in how many hours the straight line through the time `over` reaches the level: `crit: "4:"` = in less than 4 h. */
    forecast: z
      .strictObject({ reaches: z.number(), over: duration.prefault('6h'), rising: z.boolean().default(true) })
      .optional(),
    /** Judge how far it is from the same hour of past weeks, in standard deviations: `warn: "-3:3"`. */
    baseline: z
      .strictObject({
        weeks: z.int().min(2).max(12).default(4),
        /** Weeks of which something must be known. */
        atLeast: z.int().min(2).max(12).default(3),
        /** The spread counts at least so much, in the metric's unit, and in percent of what is usual. */
        least: z.number().min(0).default(0),
        leastPercent: z.number().min(0).max(1000).default(5),
        zone: timeZone.default('Europe/Rome'),
      })
      .optional(),
    /** Samples older than this are as good as none; default: the window, at least 2m. */
    stale: duration.optional(),
    /** What missing or stale data make: never ok. `keep`: the state stays, silence is another rule's matter. */
    noData: z.enum(['nodata', 'unknown', 'warning', 'critical', 'keep']).default('nodata'),
  })
  .superRefine((given, ctx) => {
    const complain = (path: string[], message: string) => ctx.addIssue({ code: 'custom', path, message, input: given })
    const info: MeasurementInfo = measurements[given.measurement]
    const fields = Object.keys(info.fields)
    for (const key of ['field', 'percentOf'] as const)
      if (given[key] !== undefined && !fields.includes(given[key]))
        complain([key], `${given.measurement} has no field "${given[key]}" (it has: ${fields.join(', ')})`)
    const tags = `(it has: ${info.tags.join(', ')})`
    for (const tag of Object.keys(given.where))
      if (!info.tags.includes(tag)) complain(['where', tag], `${given.measurement} has no tag "${tag}" ${tags}`)
    if (given.per !== undefined && !info.tags.includes(given.per))
      complain(['per'], `${given.measurement} has no tag "${given.per}" ${tags}`)
    if (given.warn === undefined && given.crit === undefined) complain(['field'], 'what is a problem? `warn` or `crit` is needed')
    for (const [limit, clear] of [
      ['warn', 'warnClear'],
      ['crit', 'critClear'],
    ] as const) {
      const [enters, leaves] = [given[limit], given[clear]]
      if (leaves && !enters) complain([clear], `"${clear}" needs "${limit}"`)
      if (leaves && enters && !alertsOnlyWithin(enters.range, leaves.range))
        complain([clear], `must still alert wherever ${limit} (${enters.text}) does, or the problem would end at once`)
    }
    const kinds = (['change', 'forecast', 'baseline'] as const).filter((kind) => given[kind] !== undefined)
    if (kinds.length > 1) complain([kinds[1] as string], `only one of: ${kinds.join(', ')}`)
    if (kinds.length > 0 && given.for > 0)
      complain(['for'], `does not go with ${kinds[0]}: let "attempts" of the rule confirm it`)
    if (given.baseline && given.baseline.atLeast > given.baseline.weeks)
      complain(['baseline', 'atLeast'], `more than the ${given.baseline.weeks} weeks that are looked at`)
    const spans = { window: given.window, for: given.for, over: (given.change ?? given.forecast)?.over ?? 0 }
    for (const [key, ms] of Object.entries(spans)) if (ms > longestSpan) complain([key], 'longer than 92d')
    if (given.window < 10_000) complain(['window'], 'shorter than 10s')
  })

export type MetricConfig = z.output<typeof config>
