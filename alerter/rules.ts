/** Rules: which check runs on which targets, how often, and when it is told. */
import { join } from 'node:path'
import { z } from 'zod'
import { duration } from '../config/fields.ts'
import { loadFile } from '../config/load.ts'
import type { State } from '../model/check.ts'
import { AppError, type Check, type Plugin } from '../model/contract.ts'
import type { TimePeriod } from '../model/time-period.ts'
import type { AlertRule } from './alert.ts'
import type { OwnCheck } from './own-check.ts'
import type { Quirks } from './quirks.ts'
import type { TargetFilter } from './target-filter.ts'

export interface Rule {
  name: string
  check: Check
  /** The check's own configuration, validated. */
  config: unknown
  intervalMs: number
  retryMs: number
  targets: TargetFilter
  alert: AlertRule
  /** Name of the notification period, resolved by the engine; null = always. */
  period: string | null
  /** For contacts that only want what matters at least so much. */
  importance: number
  dependsOn: readonly Master[]
  /** Without a result for longer it is unknown; null = never. */
  staleMs: number | null
  /** Results may come from outside too. */
  takesResults: boolean
  /** What a device's own check has besides. */
  own?: OwnCheck
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

const told = ['warning', 'critical', 'unknown', 'recovery', 'flapping', 'downtime'] as const
const masterStates = ['ok', 'warning', 'critical', 'unknown', 'pending'] as const
const master = z.strictObject({
  rule: z.string().min(1),
  on: z.enum(['target', 'host']).default('target'),
  states: z.array(z.enum(masterStates)).min(1).default(['critical', 'unknown']),
  holds: z.enum(['notifications', 'checks', 'both']).default('notifications'),
  inherits: z.boolean().default(true),
})
const list = z.array(z.string().min(1)).optional()
const atLeast = (ms: number) => (value: number) => value >= ms

/** The schema of a rules file; each check validates its own `config`. */
export function rulesSchema(plugins: readonly Plugin[]) {
  const checks = plugins.filter(isCheck)
  const rule = (check: Check) =>
    z
      .strictObject({
        name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'a rule is named in small letters, digits and dashes'),
        plugin: z.literal(check.name),
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
        targets: z.strictObject({ projects: list, hosts: list, names: list, notNames: list }).default({}),
        config: check.config.prefault({}),
      })
      .transform(
        (written): Rule => ({
          name: written.name,
          check,
          config: written.config,
          intervalMs: written.interval,
          retryMs: written.retryInterval,
          targets: written.targets,
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
        }),
      )
  const [first, ...others] = checks.map(rule)
  if (!first) throw new Error('there is no check plugin')
  const known = checks.map((check) => check.name).join(', ')
  const any = z.discriminatedUnion('plugin', [first, ...others] as never, {
    error: (issue) => (issue.code === 'invalid_union' ? `no such check plugin (known: ${known})` : undefined),
  }) as unknown as z.ZodType<Rule>
  return z.strictObject({ rules: z.array(any) }).superRefine(({ rules }, ctx) => {
    const seen = new Set<string>()
    for (const [index, { name }] of rules.entries()) {
      if (seen.has(name))
        ctx.addIssue({ code: 'custom', path: ['rules', index, 'name'], message: `a second rule named "${name}"` })
      seen.add(name)
    }
    for (const [index, { dependsOn }] of rules.entries())
      for (const [at, { rule }] of dependsOn.entries())
        if (!seen.has(rule))
          ctx.addIssue({ code: 'custom', path: ['rules', index, 'dependsOn', at, 'rule'], message: `no rule is named "${rule}"` })
  })
}

/** Reads a rules file; AppError('config') lists every mistake with its place. */
export function loadRules(file: string | null, plugins: readonly Plugin[]): Rule[] {
  return loadFile(file ?? shippedRules, rulesSchema(plugins)).rules
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
