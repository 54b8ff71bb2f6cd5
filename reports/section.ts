/** The `prices:`, `budgets:` and `reports:` sections of the configuration. */
import { z } from 'zod'
import { duration } from '../config/fields.ts'
import { dateStart } from '../model/calendar-month.ts'
import { parseDecimal, priceUnit } from '../model/decimal.ts'
import type { Discount, InstanceItem, PriceBook, PriceList } from '../model/price-book.ts'
import { priceItems } from '../model/price-book.ts'
import type { StateClass } from '../model/usage.ts'

/** YAML gives numbers; their digits are what was meant. */
const decimal = z.union([z.number(), z.string()]).transform((written, ctx) => {
  const parsed = parseDecimal(plainDigits(written))
  if (parsed !== null && parsed >= 0n) return parsed
  ctx.addIssue({
    code: 'custom',
    message: `not a price: "${written}" (write a number with at most nine decimals, such as 0.0105)`,
  })
  return z.NEVER
})
/** 1e-7 is how JavaScript prints 0.0000001. */
const plainDigits = (written: number | string) =>
  typeof written === 'number' && /e-/.test(String(written)) ? written.toFixed(12).replace(/0+$/, '') : String(written)

const percent = decimal.refine((value) => value <= 100n * priceUnit, 'more than 100 %')
const date = z.string().refine((text) => dateStart(text, 'utc') !== null, 'not a date (write 2026-10-01)')
const ids = z.array(z.string().min(1)).min(1)

const states = ['running', 'stopped', 'paused', 'suspended', 'rescued', 'shelved', 'offloaded', 'soft_deleted', 'error'] as const
const parts = ['flavor', 'vcpu', 'memory', 'disk', 'extra'] as const satisfies readonly InstanceItem[]
const byState = <S extends z.ZodType>(value: S) =>
  z.strictObject(
    Object.fromEntries(states.map((state) => [state, value.optional()])) as Record<(typeof states)[number], z.ZodOptional<S>>,
  )
const factor = z.union([
  decimal,
  z.strictObject(
    Object.fromEntries(parts.map((part) => [part, decimal.optional()])) as Record<InstanceItem, z.ZodOptional<typeof decimal>>,
  ),
])

const validity = { from: date.optional(), until: date.optional() }
const inOrder = ({ from, until }: { from?: string | undefined; until?: string | undefined }) => !from || !until || from < until

const list = z
  .strictObject({
    name: z.string().min(1).max(100),
    ...validity,
    /** Makes it the own list of these projects. */
    projects: ids.optional(),
    /** Per hour, by name; first that fits, `*` = any text. */
    flavors: z
      .array(z.strictObject({ name: z.string().min(1), hour: decimal, states: byState(decimal).default({} as never) }))
      .default([]),
    vcpu: decimal.optional(),
    memory: decimal.optional(),
    disk: decimal.optional(),
    volumes: z.array(z.strictObject({ type: z.string().min(1), price: decimal })).default([]),
    snapshot: decimal.optional(),
    backup: decimal.optional(),
    image: decimal.optional(),
    floatingIp: decimal.optional(),
    network: z.strictObject({ in: decimal.optional(), out: decimal.optional() }).default({}),
    extras: z.array(z.strictObject({ spec: z.string().min(1), value: z.string().min(1).optional(), hour: decimal })).default([]),
    /** What a state counts: one factor for all of an instance, or one a part. */
    states: byState(factor).default({} as never),
  })
  .refine(inOrder, { path: ['until'], message: 'must be after from' })

const discount = z
  .strictObject({ projects: ids, percent, ...validity, items: z.array(z.enum(priceItems)).min(1).optional() })
  .refine(inOrder, { path: ['until'], message: 'must be after from' })

/** The minor unit of a currency: 2 for EUR, 0 for JPY. */
const minorDigitsOf = (currency: string) =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2

const known = new Set(Intl.supportedValuesOf('currency'))

export const pricesSection = z
  .strictObject({
    currency: z.string().refine((code) => known.has(code), 'not a currency (write its ISO 4217 code, such as EUR)'),
    /** Percent. */
    vat: percent.optional(),
    /** Decimals of the amount of a line. */
    decimals: z.int().min(2).max(8).default(6),
    lists: z.array(list).min(1),
    discounts: z.array(discount).default([]),
  })
  .superRefine(({ lists }, ctx) => {
    for (const [index, { name }] of lists.entries())
      if (lists.findIndex((other) => other.name === name) < index)
        ctx.addIssue({ code: 'custom', path: ['lists', index, 'name'], message: `a second list named "${name}"` })
    for (const [index, one] of lists.entries())
      for (const other of lists.slice(0, index))
        if (overlaps(one, other) && sameProjects(one, other))
          ctx.addIssue({
            code: 'custom',
            path: ['lists', index, one.from === undefined ? 'name' : 'from'],
            message: `holds at the same time as "${other.name}", for the same projects: end one before the other begins (from, until)`,
          })
  })

interface Dated {
  from?: string | undefined
  until?: string | undefined
  projects?: string[] | undefined
}
const overlaps = (a: Dated, b: Dated) =>
  (a.from ?? '0000') < (b.until ?? '9999-99') && (b.from ?? '0000') < (a.until ?? '9999-99')
const sameProjects = (a: Dated, b: Dated) =>
  a.projects === undefined ? b.projects === undefined : a.projects.some((id) => b.projects?.includes(id))

export type PricesConfig = z.output<typeof pricesSection>

/** What was configured, with its dates as instants of the zone. */
export function priceBook(config: PricesConfig, zone: string): PriceBook {
  const at = (day: string | undefined) => (day === undefined ? null : dateStart(day, zone))
  return {
    currency: config.currency,
    decimals: config.decimals,
    minorDigits: minorDigitsOf(config.currency),
    vat: config.vat ?? null,
    zone,
    lists: config.lists.map(
      (written): PriceList => ({
        ...{ name: written.name, from: at(written.from), until: at(written.until), projects: written.projects ?? null },
        flavors: written.flavors.map(({ name, hour, states: own }) => ({ name, hour, states: present(own) })),
        ...{ vcpu: written.vcpu ?? null, memory: written.memory ?? null, disk: written.disk ?? null, volumes: written.volumes },
        ...{ snapshot: written.snapshot ?? null, backup: written.backup ?? null, image: written.image ?? null },
        ...{
          floatingip: written.floatingIp ?? null,
          trafficIn: written.network.in ?? null,
          trafficOut: written.network.out ?? null,
        },
        extras: written.extras.map(({ spec, value, hour }) => ({ spec, value: value ?? null, hour })),
        factors: factorsOf(written.states),
      }),
    ),
    discounts: config.discounts.map(
      ({ projects, percent, from, until, items }): Discount => ({
        projects,
        percent,
        from: at(from),
        until: at(until),
        items: items ?? null,
      }),
    ),
  }
}

type ByState<T> = Partial<Record<StateClass, T>>

const present = (own: Readonly<Record<string, bigint | undefined>>): ByState<bigint> =>
  Object.fromEntries(Object.entries(own).filter(([, price]) => price !== undefined))

function factorsOf(
  written: Readonly<Record<string, bigint | Partial<Record<InstanceItem, bigint | undefined>> | undefined>>,
): PriceList['factors'] {
  return Object.fromEntries(
    Object.entries(written).flatMap(([state, value]) => {
      if (value === undefined) return []
      const each =
        typeof value === 'bigint'
          ? parts.map((part) => [part, value])
          : Object.entries(value).filter(([, one]) => one !== undefined)
      return [[state, Object.fromEntries(each)]]
    }),
  )
}

/** `budgets:` what a project means to spend in a calendar month, net of VAT. */
export const budgetsSection = z
  .array(
    z.strictObject({
      project: z.string().min(1),
      month: decimal.refine((amount) => amount > 0n, 'must be more than 0'),
      thresholds: z
        .array(z.number().positive().max(1000))
        .min(1)
        .max(5)
        .default([50, 80, 100])
        .refine((all) => all.every((one, index) => index === 0 || one > (all[index - 1] as number)), 'must ascend'),
    }),
  )
  .superRefine((all, ctx) => {
    for (const [index, { project }] of all.entries())
      if (all.findIndex((other) => other.project === project) < index)
        ctx.addIssue({ code: 'custom', path: [index, 'project'], message: 'a second budget of this project' })
  })
  .default([])

export type BudgetConfig = z.output<typeof budgetsSection>[number]

/** `reports:` closing of months and mailing of reports. */
export const reportsSection = z
  .strictObject({
    close: z
      .strictObject({
        automatic: z.boolean().default(true),
        /** How long after its end a month is closed: late messages arrive meanwhile. */
        settle: duration.prefault('3d'),
        /** Whether a month with gaps in its messages is closed all the same, marked as such. */
        gaps: z.enum(['refuse', 'flag']).default('refuse'),
      })
      .prefault({}),
    mail: z
      .strictObject({
        /** Of the month after the reported one, in the zone. */
        day: z.int().min(1).max(28).default(5),
        hour: z.int().min(0).max(23).default(8),
      })
      .optional(),
    /** The weekly report on what alerts ask of people, for these addresses. */
    fatigue: z
      .strictObject({
        /** Of the week after the reported one, in the zone; 1 = Monday. */
        weekday: z.int().min(1).max(7).default(1),
        hour: z.int().min(0).max(23).default(8),
        to: z
          .array(z.strictObject({ email: z.email().max(254), language: z.enum(['it', 'en']).optional() }))
          .min(1)
          .refine((all) => new Set(all.map(({ email }) => email)).size === all.length, 'an address twice'),
      })
      .optional(),
    /** Over which time use is compared with what was allocated. */
    efficiency: z.strictObject({ window: duration.prefault('14d') }).prefault({}),
  })
  .prefault({})

export type ReportsConfig = z.output<typeof reportsSection>
export type FatigueConfig = NonNullable<ReportsConfig['fatigue']>
