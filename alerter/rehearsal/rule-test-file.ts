/** What a file of rule tests says. */
import { z } from 'zod'
import { duration, timeZone } from '../../config/fields.ts'
import { measurements } from '../../model/measurements.ts'
import { targetKinds } from '../../model/target.ts'
import { parseTimestamp } from '../../model/timestamp.ts'
import { periodField } from '../planning-section.ts'
import { seriesValues } from './series-values.ts'

const states = ['ok', 'warning', 'critical', 'unknown', 'nodata'] as const
const words = z.record(z.string(), z.string())

const instant = z.string().transform((text, ctx): number => {
  const time = parseTimestamp(text)
  if (time !== null) return time
  ctx.addIssue({ code: 'custom', message: `"${text}" is no instant (write 2026-01-05T00:00:00Z)` })
  return z.NEVER
})

const values = z.union([z.string(), z.number().transform(String)]).transform((text, ctx): (number | null)[] => {
  const read = seriesValues(text)
  if (read.ok) return read.values
  ctx.addIssue({ code: 'custom', message: `character ${read.position + 1}: ${read.message}` })
  return z.NEVER
})

const target = z.strictObject({
  kind: z.enum(targetKinds).default('instance'),
  id: z.string().min(1),
  name: z.string().optional(),
  project: z.string().optional(),
  project_name: z.string().optional(),
  project_tags: z.array(z.string()).default([]),
  host: z.string().optional(),
  aggregates: z.array(z.string()).default([]),
  /** Nova's state of an instance. */
  state: z.string().default('active'),
  flavor: z.string().optional(),
  image: z.string().optional(),
  az: z.string().optional(),
  metadata: words.default({}),
  tags: z.array(z.string()).default([]),
})

const series = z
  .strictObject({
    measurement: z.string(),
    field: z.string(),
    tags: words,
    /** One at the test's start and one each `every`. */
    values,
  })
  .superRefine(({ measurement, field }, ctx) => {
    const info = Object.entries(measurements).find(([name]) => name === measurement)?.[1]
    if (!info)
      ctx.addIssue({
        code: 'custom',
        path: ['measurement'],
        message: `no measurement "${measurement}" (${Object.keys(measurements).join(', ')})`,
      })
    else if (!(field in info.fields))
      ctx.addIssue({ code: 'custom', path: ['field'], message: `${measurement} has no field "${field}"` })
  })

const told = z.strictObject({
  at: duration,
  rule: z.string(),
  target: z.string(),
  kind: z.enum(['problem', 'recovery', 'flapping-start', 'flapping-stop', 'downtime-start', 'downtime-end']),
  state: z.enum(states).optional(),
  to: z.string().optional(),
})

const expectation = z.strictObject({
  /** After the start. */
  at: duration,
  rule: z.string(),
  /** Id or name. */
  target: z.string(),
  /** `none`: no check is made there; `pending`: it has had no result. */
  state: z.enum([...states, 'pending', 'none']),
  hard: z.boolean().optional(),
  /** Part of the text. */
  output: z.string().optional(),
  /** A part of what is said besides. */
  longOutput: z.string().optional(),
})

const component = z.strictObject({
  component: z.string(),
  kind: z.enum(['amqp', 'queue', 'completeness', 'libvirt', 'ganglia', 'openstack', 'store']).default('libvirt'),
  host: z.string().optional(),
  /** The component that it is heard through. */
  through: z.string().optional(),
  changes: z
    .array(
      z.strictObject({ at: duration, state: z.enum(['starting', 'ok', 'degraded', 'down']), detail: z.string().default('') }),
    )
    .min(1),
})

/** Hosts and zones carry what the targets say (`host`, `az`); the rest is said here. */
const carries = z.strictObject({
  /** It holds all zones. */
  region: z.string().min(1).optional(),
  networks: z
    .array(
      z.strictObject({
        id: z.string().min(1),
        name: z.string().optional(),
        project: z.string().optional(),
        router: z.string().min(1).optional(),
        /** Ids of instances with a port in it. */
        instances: z.array(z.string()).default([]),
        /** Ports that Neutron calls down, by their instance, from then on. */
        down: z.array(z.strictObject({ at: duration, instance: z.string() })).default([]),
      }),
    )
    .default([]),
  /** Instances that change their host. */
  moves: z.array(z.strictObject({ at: duration, target: z.string(), host: z.string() })).default([]),
})

const test = z.strictObject({
  name: z.string().min(1),
  /** Time between two values of a series. */
  every: duration.prefault('1m').refine((ms) => ms >= 1000, 'at least 1s'),
  /** How long it runs; default: until the last expectation. */
  lasts: duration.optional(),
  targets: z.array(target).default([]),
  health: z.array(component).default([]),
  carries: carries.prefault({}),
  series: z.array(series).default([]),
  expect: z.array(expectation).default([]),
  /** All that anybody is told, in order; left out = not looked at. */
  notifications: z.array(told).optional(),
})

export const ruleTestFile = z.strictObject({
  /** The rules, beside this file; default: those that come with Specola. */
  rules: z.string().min(1).optional(),
  /** Only these rules run; default: all. */
  only: z.array(z.string()).optional(),
  /** Time periods that rules name, as in the configuration. */
  periods: z.array(periodField).default([]),
  zone: timeZone.default('Europe/Rome'),
  /** How long the first word of what may be one of many waits, as `alerter.groupingWait` of the configuration. */
  groupingWait: duration.prefault('15s'),
  start: instant.prefault('2026-01-05T00:00:00Z'),
  tests: z.array(test).min(1),
})

export type RuleTestFile = z.output<typeof ruleTestFile>
export type RuleTest = RuleTestFile['tests'][number]
