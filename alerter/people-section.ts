/** Groups, rotas, chains of escalation, and how each person wants to be told, as the configuration writes them. */
import { z } from 'zod'
import { duration, secret, timeZone } from '../config/fields.ts'
import { parseInstant } from '../model/range.ts'
import type { Override, Rota, RotaLayer } from '../model/rota.ts'
import type { TimePeriod } from '../model/time-period.ts'
import type { Chain } from './chain.ts'
import { named } from './planning-section.ts'

const name = z.string().min(1).max(100)
const list = z.array(name).optional()
const problemStates = ['warning', 'critical', 'unknown', 'nodata'] as const
const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const
const dayMs = 86_400_000

/** `1w`, `1d`, `12h`: how long a turn lasts by the wall clock. */
const turn = z.string().transform((text, ctx) => {
  const match = /^(\d{1,3})(h|d|w)$/.exec(text.trim())
  const ms = Number(match?.[1]) * { h: 3_600_000, d: dayMs, w: 7 * dayMs }[(match?.[2] ?? 'd') as 'h' | 'd' | 'w']
  if (match && ms > 0) return ms
  ctx.addIssue({ code: 'custom', message: `not the length of a turn: "${text}" (write 1w, 1d, 12h, 3d)` })
  return z.NEVER
})

/** `09:00`, or `monday 09:00`. */
const handOver = z.string().transform((text, ctx) => {
  const match = /^(?:([a-z]+) )?([01]?\d|2[0-3]):([0-5]\d)$/.exec(text.trim().toLowerCase())
  const weekday = match?.[1] === undefined ? null : weekdays.indexOf(match[1] as (typeof weekdays)[number]) + 1
  if (match && weekday !== 0) return { weekday, ms: (Number(match[2]) * 60 + Number(match[3])) * 60_000 }
  ctx.addIssue({ code: 'custom', message: `not a time of the day: "${text}" (write 09:00 or "monday 09:00")` })
  return z.NEVER
})

const date = z.string().transform((text, ctx) => {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  if (Number.isFinite(ms)) return ms
  ctx.addIssue({ code: 'custom', message: `not a date: "${text}" (write 2026-01-31)` })
  return z.NEVER
})

/** `08:00` → ms since midnight. */
const timeOfDay = z.string().transform((text, ctx) => {
  const match = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text.trim())
  if (match) return (Number(match[1]) * 60 + Number(match[2])) * 60_000
  ctx.addIssue({ code: 'custom', message: `not a time of the day: "${text}" (write 08:00)` })
  return z.NEVER
})

const layerField = z.strictObject({
  name: name.default('main'),
  members: z.array(name).min(1),
  /** The first turn begins at the first hand-over on or after this date. */
  begins: date,
  ends: date.optional(),
  handOver: handOver.prefault('00:00'),
  every: turn.prefault('1w'),
  period: name.optional(),
})

const overrideField = z.strictObject({
  who: name,
  instead: name.optional(),
  from: z.string().min(1),
  to: z.string().min(1),
  comment: z.string().max(500).default(''),
})

const stepField = z.strictObject({
  /** After the step before; the first one is told with the problem. */
  after: duration.prefault('0s'),
  /** Contacts, groups and rotas. */
  tell: z.array(name).min(1),
  /** Told again after this while nobody acknowledges; 0 = once. */
  repeat: duration.prefault('0s'),
})

const heartbeatField = z.union([
  z.strictObject({
    url: z.union([z.url({ protocol: /^https?$/ }), secret]),
    every: duration.prefault('1m').refine((ms) => ms >= 1000, 'at least 1s'),
    timeout: duration.prefault('10s'),
  }),
  z.strictObject({
    notifier: name,
    to: z.string().min(3).max(254),
    every: duration.prefault('15m').refine((ms) => ms >= 1000, 'at least 1s'),
    timeout: duration.prefault('30s'),
  }),
])

/** Fields of `alerter:`. */
export const peopleFields = {
  groups: z.array(z.strictObject({ name, members: z.array(name).min(1) })).default([]),
  rotas: z
    .array(
      z.strictObject({
        name,
        zone: timeZone.optional(),
        layers: z.array(layerField).min(1),
        overrides: z.array(overrideField).default([]),
        /** A shift without anybody is told of so long before. */
        warn: duration.prefault('7d'),
      }),
    )
    .default([]),
  chains: z
    .array(
      z.strictObject({
        name,
        rules: list,
        projects: list,
        states: z.array(z.enum(problemStates)).default([...problemStates]),
        steps: z.array(stepField).min(1),
        /** How often the whole chain is gone through while nobody acknowledges. */
        rounds: z.int().min(1).max(20).default(1),
      }),
    )
    .default([]),
  delivery: z
    .strictObject({
      /** Hears of what cannot be delivered; a contact may name another. */
      fallback: name.optional(),
      afterAttempts: z.int().min(1).default(4),
      after: duration.prefault('10m'),
    })
    .prefault({}),
  acknowledgeLinks: z
    .strictObject({
      /** How long a link in a message can be used; 0s = messages have none. */
      valid: duration.prefault('1d'),
      /** Default: a key made at the first start, in the data directory. Several engines need the same. */
      key: secret.optional(),
    })
    .prefault({}),
  heartbeats: z.array(heartbeatField).default([]),
}

/** Fields of a contact. */
export const habitFields = {
  /** Not disturbed inside; what passes is told all the same. */
  quiet: z.strictObject({ period: name, pass: z.array(z.enum(problemStates)).default([]) }).optional(),
  /** What matters little comes together, once a period. */
  digest: z
    .strictObject({
      states: z.array(z.enum(problemStates)).default(['warning']),
      /** Only of rules that matter less than this; default: of all. */
      below: z.number().min(0).optional(),
      at: z.array(timeOfDay).min(1).optional(),
      every: duration.refine((ms) => ms >= 60_000, 'at least 1m').optional(),
    })
    .optional(),
  rate: z.strictObject({ most: z.int().min(1), per: duration.prefault('1h') }).optional(),
  fallback: name.optional(),
}

/** How somebody wants to be told. */
export interface Habits {
  /** For the wall clock of digests. */
  zone: string
  quiet: { period: TimePeriod; pass: readonly (typeof problemStates)[number][] } | null
  digest: {
    states: readonly (typeof problemStates)[number][]
    below: number | null
    /** Times of the day, ms since midnight; or every so many ms. */
    at: readonly number[]
    everyMs: number | null
  } | null
  rate: { most: number; perMs: number } | null
  /** Name of the contact that hears of what cannot be delivered. */
  fallback: string | null
}

export interface ContactGroup {
  name: string
  members: readonly string[]
}

export interface ConfiguredRota extends Rota {
  /** Overrides of the configuration. */
  overrides: readonly Override[]
  warnMs: number
}

export interface PeopleConfig {
  groups: readonly ContactGroup[]
  rotas: readonly ConfiguredRota[]
  chains: readonly Chain[]
  delivery: { afterAttempts: number; afterMs: number }
  acknowledgeLinks: z.output<typeof peopleFields.acknowledgeLinks>
  heartbeats: readonly z.output<typeof heartbeatField>[]
}

type Written = { [K in keyof typeof peopleFields]: z.output<(typeof peopleFields)[K]> }
type Complain = (path: readonly (string | number)[], message: string) => void

/** Puts names in their places; complains of those that nobody has. `notifiers`: those that are configured. */
export function readPeople(
  written: Written,
  contacts: readonly { name: string }[],
  notifiers: ReadonlySet<string>,
  periods: ReadonlyMap<string, TimePeriod>,
  zone: string,
  complain: Complain,
): PeopleConfig {
  const people = new Set(contacts.map((contact) => contact.name))
  const all = new Set(people)
  const take = (path: readonly (string | number)[], title: string) => {
    if (all.has(title)) complain([...path, 'name'], `a second contact, group or rota named "${title}"`)
    all.add(title)
  }
  for (const [index, group] of written.groups.entries()) take(['groups', index], group.name)
  for (const [index, rota] of written.rotas.entries()) take(['rotas', index], rota.name)
  const person = (path: readonly (string | number)[], who: string) => {
    if (!people.has(who)) complain(path, `no contact is named "${who}" (known: ${[...people].join(', ') || 'none'})`)
  }
  const anybody = (path: readonly (string | number)[], who: string) => {
    if (!all.has(who)) complain(path, `no contact, group or rota is named "${who}" (known: ${[...all].join(', ') || 'none'})`)
  }
  for (const [index, { members }] of written.groups.entries())
    for (const [at, who] of members.entries()) person(['groups', index, 'members', at], who)
  for (const [index, { steps }] of written.chains.entries())
    for (const [at, { tell }] of steps.entries())
      for (const [nth, who] of tell.entries()) anybody(['chains', index, 'steps', at, 'tell', nth], who)
  if (written.delivery.fallback !== undefined) person(['delivery', 'fallback'], written.delivery.fallback)
  for (const [index, beat] of written.heartbeats.entries())
    if ('notifier' in beat && !notifiers.has(beat.notifier))
      complain(['heartbeats', index, 'notifier'], `the section "${beat.notifier}:" is missing, so nothing can be sent by it`)
  return {
    groups: written.groups,
    rotas: written.rotas.map((rota, index) => readRota(rota, index, periods, zone, person, complain)),
    chains: written.chains.map((chain) => ({
      ...{ name: chain.name, rules: chain.rules ?? null, projects: chain.projects ?? null, states: chain.states },
      steps: chain.steps.map(({ after, tell, repeat }) => ({ afterMs: after, tell, repeatMs: repeat })),
      rounds: chain.rounds,
    })),
    delivery: { afterAttempts: written.delivery.afterAttempts, afterMs: written.delivery.after },
    acknowledgeLinks: written.acknowledgeLinks,
    heartbeats: written.heartbeats,
  }
}

function readRota(
  written: Written['rotas'][number],
  index: number,
  periods: ReadonlyMap<string, TimePeriod>,
  defaultZone: string,
  person: (path: readonly (string | number)[], who: string) => void,
  complain: Complain,
): ConfiguredRota {
  const zone = written.zone ?? defaultZone
  const layers = written.layers.map((layer, at): RotaLayer => {
    const path = ['rotas', index, 'layers', at]
    for (const [nth, who] of layer.members.entries()) person([...path, 'members', nth], who)
    const { weekday, ms } = layer.handOver
    const first = new Date(layer.begins).getUTCDay() || 7
    const begins = layer.begins + (weekday === null ? 0 : (weekday - first + 7) % 7) * dayMs + ms
    if (weekday !== null && layer.every % (7 * dayMs) !== 0)
      complain([...path, 'handOver'], 'a weekday needs turns of whole weeks (every: 1w)')
    if (layer.ends !== undefined && layer.ends <= begins) complain([...path, 'ends'], 'is before it begins')
    return {
      ...{ name: layer.name, members: layer.members, begins, turnMs: layer.every, ends: layer.ends ?? null },
      period: named(periods, layer.period, (text) => complain([...path, 'period'], text)),
    }
  })
  const overrides = written.overrides.map((one, at): Override => {
    const path = ['rotas', index, 'overrides', at]
    person([...path, 'who'], one.who)
    if (one.instead !== undefined) person([...path, 'instead'], one.instead)
    const [from, to] = (['from', 'to'] as const).map((key) => {
      const instant = parseInstant(one[key], 0, zone)
      if (instant === null) complain([...path, key], `not an instant: "${one[key]}" (write 2026-12-03 or "2026-12-03 09:00")`)
      return instant ?? 0
    }) as [number, number]
    if (to <= from) complain([...path, 'to'], 'is not after its beginning')
    return {
      ...{ id: `${written.name}/${at}`, rota: written.name, who: one.who, instead: one.instead ?? null, from, to },
      ...{ by: 'configuration', comment: one.comment },
    }
  })
  return { name: written.name, zone, layers, overrides, warnMs: written.warn }
}

/** Told at once, of everything, always. */
export const noHabits: Habits = { zone: 'UTC', quiet: null, digest: null, rate: null, fallback: null }

/** Puts a contact's habits in order. */
export function readHabits(
  written: {
    quiet?: z.output<typeof habitFields.quiet>
    digest?: z.output<typeof habitFields.digest>
    rate?: z.output<typeof habitFields.rate>
    fallback?: string | undefined
  },
  zone: string,
  periods: ReadonlyMap<string, TimePeriod>,
  fallback: string | undefined,
  complain: (key: string, message: string) => void,
): Habits {
  const { quiet, digest, rate } = written
  const period = quiet ? named(periods, quiet.period, (text) => complain('quiet', text)) : null
  if (digest && (digest.at === undefined) === (digest.every === undefined))
    complain('digest', 'say when: at: ["08:00"], or every: 4h')
  return {
    zone,
    quiet: quiet && period ? { period, pass: quiet.pass } : null,
    digest: digest
      ? { states: digest.states, below: digest.below ?? null, at: digest.at ?? [], everyMs: digest.every ?? null }
      : null,
    rate: rate ? { most: rate.most, perMs: rate.per } : null,
    fallback: written.fallback ?? fallback ?? null,
  }
}
