/** Rules: which check runs on which targets, how often, and when it is told. */
import { join } from 'node:path'
import { z } from 'zod'
import { duration } from '../config/fields.ts'
import { loadFile } from '../config/load.ts'
import { targetsField } from '../config/targets-field.ts'
import type { State } from '../model/check.ts'
import { AppError, type Check, type Plugin, type Target } from '../model/contract.ts'
import type { TargetFilter } from '../model/target-filter.ts'
import type { TimePeriod } from '../model/time-period.ts'
import type { AlertRule } from './alert.ts'
import { type OverridePolicy, overrideField } from './override-field.ts'
import type { OwnCheck } from './own-check.ts'
import type { Quirks } from './quirks.ts'

export interface Rule {
  name: string
  check: Check
  /** The check's own configuration, validated; and as it was written, for targets that change some of it. */
  config: unknown
  written: unknown
  intervalMs: number
  retryMs: number
  targets: TargetFilter
  alert: AlertRule
  /** Name of the notification period, resolved by the engine; null = always. */
  period: string | null
  /** For contacts that only want what matters at least so much. */
  importance: number
  dependsOn: readonly Master[]
  /** Without a result for longer there is no data; null = never. */
  staleMs: number | null
  /** Results may come from outside too. */
  takesResults: boolean
  /** What a device's own check has besides. */
  device?: OwnCheck
  /** What targets may change for themselves; null = nothing. */
  overrides: OverridePolicy | null
  /** What it is for, in the operator's words. */
  about: string | null
  /** The business service whose state it is; null = an ordinary rule. */
  service: BusinessService | null
}

/** Something that people rely on, made of checks. */
export interface BusinessService {
  name: string
  title: string
  /** Its people may see it; null = nobody's. */
  project: string | null
  /** Percent of the time that it should be there; null = nothing was promised. */
  objective: number | null
}

/** Another rule's check that explains this one's problem. */
export interface Master {
  rule: string
  /** The check of that rule on the same target, or on the host that carries it. */
  on: 'target' | 'host'
  states: readonly (State | 'pending')[]
  /** What does not happen meanwhile. */
  holds: 'notifications' | 'checks' | 'both'
  /** What it depends on itself counts too. */
  inherits: boolean
}

/** The rules that come with Specola. */
export const shippedRules = join(import.meta.dirname, '..', 'config', 'rules.yaml')

export const isCheck = (plugin: Plugin): plugin is Check => plugin.kind === 'check'

const told = ['warning', 'critical', 'unknown', 'nodata', 'recovery', 'flapping', 'downtime'] as const
const masterStates = ['ok', 'warning', 'critical', 'unknown', 'nodata', 'pending'] as const
const master = z.strictObject({
  rule: z.string().min(1),
  on: z.enum(['target', 'host']).default('target'),
  states: z.array(z.enum(masterStates)).min(1).default(['critical', 'unknown', 'nodata']),
  holds: z.enum(['notifications', 'checks', 'both']).default('notifications'),
  inherits: z.boolean().default(true),
})
const atLeast = (ms: number) => (value: number) => value >= ms

/** A check's configuration, and what it was made of. Parsing is synchronous: nothing comes between the two. */
function withWritten(schema: z.ZodType) {
  let written: unknown
  return z
    .transform((given: unknown) => {
      written = given ?? {}
      return given
    })
    .pipe(schema)
    .transform((config) => ({ config, written }))
}

/** What rules and services have in common. */
const ruleShape = (check: Check) => ({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'a rule is named in small letters, digits and dashes'),
  about: z.string().max(500).optional(),
  interval: duration.prefault('1m').refine(atLeast(1000), 'at least 1s'),
  retryInterval: duration.prefault('30s').refine(atLeast(1000), 'at least 1s'),
  attempts: z.int().min(1).max(100).default(3),
  repeat: duration.prefault('4h'),
  delay: duration.prefault('0s'),
  tells: z.array(z.enum(told)).default([...told]),
  volatile: z.boolean().default(false),
  period: z.string().min(1).optional(),
  importance: z.number().min(0).default(0),
  dependsOn: z.array(master).default([]),
  stale: duration.prefault('0s'),
  takesResults: z.boolean().default(false),
  flapping: z.strictObject({ low: z.number().min(0).max(100), high: z.number().min(0).max(100) }).optional(),
  overrides: overrideField.optional(),
  config: withWritten(check.config.prefault({})),
})

type WrittenRule = z.output<z.ZodObject<ReturnType<typeof ruleShape>>>

function ruleOf(check: Check, written: WrittenRule, targets: TargetFilter, service: BusinessService | null): Rule {
  return {
    name: written.name,
    check,
    ...written.config,
    intervalMs: written.interval,
    retryMs: written.retryInterval,
    targets: { ...targets, kinds: targets.kinds ?? check.targetsFor?.(written.config.config) },
    ...{ overrides: written.overrides ?? null, about: written.about ?? null, service },
    ...{ period: written.period ?? null, importance: written.importance, dependsOn: written.dependsOn },
    ...{ staleMs: written.stale || null, takesResults: written.takesResults },
    alert: {
      attempts: written.attempts,
      volatile: written.volatile,
      repeatMs: written.repeat,
      delayMs: written.delay,
      tells: written.tells,
      flapping: written.flapping ?? null,
      period: null,
    },
  }
}

/** A business service is the rule of one composite check on a target of its own. */
function serviceField(checks: readonly Check[]): z.ZodType<Rule> {
  const composite = checks.find(({ name }) => name === 'composite')
  if (!composite) return z.never('services need the check "composite"')
  return z
    .strictObject({
      ...ruleShape(composite),
      title: z.string().min(1).max(200).optional(),
      project: z.string().min(1).optional(),
      objective: z.number().min(0).max(100).optional(),
      interval: duration.prefault('30s').refine(atLeast(1000), 'at least 1s'),
      retryInterval: duration.prefault('5s').refine(atLeast(1000), 'at least 1s'),
      attempts: z.int().min(1).max(100).default(1),
    })
    .transform((written): Rule => {
      const { name, title = name, project = null, objective = null } = written
      return ruleOf(
        composite,
        written,
        { kinds: ['business-service'], match: [{ label: 'id', test: 'in', values: [name] }] },
        { name, title, project, objective },
      )
    })
}

/** The targets that a file's services are. */
export const serviceTargets = (rules: readonly Rule[]): Target[] =>
  rules.flatMap(({ service }): Target[] =>
    service === null
      ? []
      : [
          {
            kind: 'business-service',
            id: service.name,
            name: service.title,
            project: service.project,
            host: null,
            instance: null,
          },
        ],
  )

/** The schema of a rules file; each check validates its own `config`. */
export function rulesSchema(plugins: readonly Plugin[]) {
  const checks = plugins.filter(isCheck)
  const rule = (check: Check) =>
    z
      .strictObject({ ...ruleShape(check), plugin: z.literal(check.name), targets: targetsField.default({}) })
      .transform((written): Rule => ruleOf(check, written, written.targets, null))
  const [first, ...others] = checks.map(rule)
  if (!first) throw new Error('there is no check plugin')
  const known = checks.map((check) => check.name).join(', ')
  const any = z.discriminatedUnion('plugin', [first, ...others] as never, {
    error: (issue) => (issue.code === 'invalid_union' ? `no such check plugin (known: ${known})` : undefined),
  }) as unknown as z.ZodType<Rule>
  const file = z.strictObject({
    shipped: shippedField,
    rules: z.array(any).default([]),
    services: z.array(serviceField(checks)).default([]),
  })
  const names = (rules: readonly Rule[]) => new Set(rules.map(({ name }) => name))
  /** The shipped rules that a file takes over: those that it does not replace by one of the same name. */
  function inherited({ shipped, rules, services }: z.output<typeof file>): Rule[] {
    if (!shipped) return []
    const replaced = new Set([...names([...rules, ...services]), ...shipped.without])
    return loadFile(shippedRules, file).rules.filter(({ name }) => !replaced.has(name))
  }
  return file
    .superRefine((given, ctx) => {
      const { shipped, rules: ordinary, services } = given
      const rules = [...ordinary, ...services]
      const placeOf = (index: number) => (index < ordinary.length ? ['rules', index] : ['services', index - ordinary.length])
      const seen = new Set<string>()
      for (const [index, { name }] of rules.entries()) {
        if (seen.has(name))
          ctx.addIssue({ code: 'custom', path: [...placeOf(index), 'name'], message: `a second rule named "${name}"` })
        seen.add(name)
      }
      const all = new Set([...seen, ...names(inherited(given))])
      for (const [index, { dependsOn }] of rules.entries())
        for (const [at, { rule }] of dependsOn.entries())
          if (!all.has(rule))
            ctx.addIssue({
              code: 'custom',
              path: [...placeOf(index), 'dependsOn', at, 'rule'],
              message: `no rule is named "${rule}"`,
            })
      if (!shipped) return
      const known = names(loadFile(shippedRules, file).rules)
      for (const [index, name] of shipped.without.entries())
        if (!known.has(name))
          ctx.addIssue({ code: 'custom', path: ['shipped', 'without', index], message: `no shipped rule is named "${name}"` })
    })
    .transform((given) => ({ rules: [...inherited(given), ...given.rules], services: given.services }))
}

/** Are the shipped rules in force beside the file's own? One of the same name takes the place of a shipped one. */
const shippedField = z
  .union([z.boolean(), z.strictObject({ without: z.array(z.string()) })])
  .default(false)
  .transform((given) => (given === true ? { without: [] } : given))

/** The rules of a file, those of its services among them. */
export const allRules = ({ rules, services }: { rules: readonly Rule[]; services: readonly Rule[] }): Rule[] => [
  ...rules,
  ...services,
]

/** Reads a rules file; AppError('config') lists every mistake with its place. */
export function loadRules(file: string | null, plugins: readonly Plugin[]): Rule[] {
  return allRules(loadFile(file ?? shippedRules, rulesSchema(plugins)))
}

/** Puts the periods that rules name in their places; AppError('config') for one that is not there. */
export function withPeriods(
  rules: readonly Rule[],
  { periods, quirks }: { periods: ReadonlyMap<string, TimePeriod>; quirks: Quirks },
): readonly Rule[] {
  return rules.map((rule) => {
    const period = rule.period === null ? null : periods.get(rule.period)
    if (period === undefined)
      throw new AppError(
        'config',
        `rule "${rule.name}": no period is named "${rule.period}" (alerter.periods of the configuration)`,
      )
    return { ...rule, alert: { ...rule.alert, period, softRecoveryIsHardChange: quirks.softRecoveryIsHardChange } }
  })
}
