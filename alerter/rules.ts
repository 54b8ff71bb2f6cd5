/** Rules: which check runs on which targets, how often, and when it is told. */
import { join } from 'node:path'
import { z } from 'zod'
import { duration } from '../config/fields.ts'
import { loadFile } from '../config/load.ts'
import type { Check, Plugin, Target } from '../model/contract.ts'
import { globFits } from '../model/glob.ts'
import type { AlertRule } from './alert.ts'

export interface Rule {
  name: string
  check: Check
  /** The check's own configuration, validated. */
  config: unknown
  intervalMs: number
  retryMs: number
  targets: TargetFilter
  alert: AlertRule
}

/** Every given list must contain the target; names may hold `*`. */
export interface TargetFilter {
  projects?: readonly string[] | undefined
  hosts?: readonly string[] | undefined
  names?: readonly string[] | undefined
  notNames?: readonly string[] | undefined
}

/** The rules that come with Specola. */
export const shippedRules = join(import.meta.dirname, '..', 'config', 'rules.yaml')

export const isCheck = (plugin: Plugin): plugin is Check => plugin.kind === 'check'

const told = ['warning', 'critical', 'unknown', 'recovery'] as const
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
        tells: z.array(z.enum(told)).default(['warning', 'critical', 'unknown', 'recovery']),
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
          alert: {
            attempts: written.attempts,
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
  })
}

/** Reads a rules file; AppError('config') lists every mistake with its place. */
export function loadRules(file: string | null, plugins: readonly Plugin[]): Rule[] {
  return loadFile(file ?? shippedRules, rulesSchema(plugins)).rules
}

/** Does the rule look at this target? */
export function concerns({ check, targets }: Pick<Rule, 'check' | 'targets'>, target: Target): boolean {
  const { projects, hosts, names, notNames } = targets
  const name = target.name ?? target.id
  return (
    check.targets.includes(target.kind) &&
    (!projects || (target.project !== null && projects.includes(target.project))) &&
    (!hosts || (target.host !== null && hosts.includes(target.host))) &&
    (!names || names.some((pattern) => globFits(pattern, name))) &&
    !notNames?.some((pattern) => globFits(pattern, name))
  )
}
