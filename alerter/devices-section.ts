/** Devices of the configuration: what is checked besides the cloud, each with checks of its own. */
import { z } from 'zod'
import { duration } from '../config/fields.ts'
import type { Check, Plugin, Target } from '../model/contract.ts'
import type { TimePeriod } from '../model/time-period.ts'
import { hostRule } from './external-commands.ts'
import { handlerField } from './handler-field.ts'
import { named } from './planning-section.ts'
import type { Quirks } from './quirks.ts'
import { isCheck, type Rule } from './rules.ts'

export interface Device {
  target: Target
  rules: readonly Rule[]
}

const name = z.string().min(1).max(255)
const list = z.array(name).default([])
const wishes = ['warning', 'critical', 'unknown', 'recovery', 'flapping', 'downtime'] as const
const masterStates = ['ok', 'warning', 'critical', 'unknown', 'pending'] as const
const variables = z.record(z.string().regex(/^[A-Z0-9_]+$/, 'variables are written in capitals'), z.string()).default({})

const master = z.strictObject({
  device: name,
  service: name.nullable().default(null),
  states: z.array(z.enum(masterStates)).min(1).default(['critical', 'unknown']),
  holds: z.enum(['notifications', 'checks', 'both']).default('notifications'),
  inherits: z.boolean().default(false),
  period: name.optional(),
})

const escalation = z.strictObject({
  first: z.int().min(1).default(1),
  last: z.int().min(0).default(0),
  repeat: duration.optional(),
  states: z.array(z.enum(['warning', 'critical', 'unknown', 'recovery'])).default(['warning', 'critical', 'unknown', 'recovery']),
  period: name.optional(),
  contacts: z.array(name).min(1),
})

const atLeastASecond = (ms: number) => ms >= 1000

/** What all checks of devices have; the intervals are Nagios' own where nothing is said. */
const common = {
  interval: duration.prefault('5m').refine(atLeastASecond, 'at least 1s'),
  retryInterval: duration.prefault('1m').refine(atLeastASecond, 'at least 1s'),
  attempts: z.int().min(1).max(100).default(3),
  repeat: duration.prefault('30m'),
  delay: duration.prefault('0s'),
  tells: z.array(z.enum(wishes)).default([...wishes]),
  volatile: z.boolean().default(false),
  period: name.optional(),
  checkPeriod: name.optional(),
  importance: z.number().min(0).default(0),
  stale: duration.prefault('0s'),
  takesResults: z.boolean().default(true),
  onlyWhenStale: z.boolean().default(false),
  flapping: z.strictObject({ low: z.number().min(0).max(100), high: z.number().min(0).max(100) }).optional(),
  contacts: list,
  dependsOn: z.array(master).default([]),
  escalations: z.array(escalation).default([]),
  handler: handlerField.default([]),
  variables,
}

interface WrittenCheck extends z.output<z.ZodObject<typeof common>> {
  plugin: string
  config: unknown
}
interface WrittenDevice {
  name: string
  address?: string | undefined
  alias?: string | undefined
  project: string | null
  groups: string[]
  parents: string[]
  variables: Record<string, string>
  check?: WrittenCheck | undefined
  services: (WrittenCheck & { name: string })[]
}

export function devicesField(plugins: readonly Plugin[]): z.ZodDefault<z.ZodType<WrittenDevice[]>> {
  const checks = plugins.filter(isCheck).filter(({ targets }) => targets.includes('device'))
  const known = checks.map((check) => check.name).join(', ')
  const one = (more: Record<string, z.ZodType>) => {
    const shapes = checks.map((check) =>
      z.strictObject({ ...more, ...common, plugin: z.literal(check.name), config: check.config.prefault({}) }),
    )
    if (shapes.length === 0) return z.never('no plugin checks devices')
    return z.discriminatedUnion('plugin', shapes as never, {
      error: (issue) => (issue.code === 'invalid_union' ? `no such check of devices (known: ${known})` : undefined),
    })
  }
  return z
    .array(
      z.strictObject({
        ...{ name, address: name.optional(), alias: z.string().optional(), project: name.nullable().default(null) },
        ...{ groups: list, parents: list, variables },
        check: one({}).optional(),
        services: z.array(one({ name })).default([]),
      }),
    )
    .default([]) as unknown as z.ZodDefault<z.ZodType<WrittenDevice[]>>
}

export interface DeviceContext {
  plugins: readonly Plugin[]
  periods: ReadonlyMap<string, TimePeriod>
  contacts: ReadonlySet<string>
  quirks: Quirks
}

type Complain = (path: readonly (string | number)[], message: string) => void

/** Puts what devices name in its place, and complains of what is not there. */
export function readDevices(written: readonly WrittenDevice[], context: DeviceContext, complain: Complain): Device[] {
  const names = new Set<string>()
  for (const [index, device] of written.entries()) {
    if (names.has(device.name)) complain([index, 'name'], `a second device named "${device.name}"`)
    names.add(device.name)
  }
  return written.map((device, index) => {
    for (const parent of device.parents) if (!names.has(parent)) complain([index, 'parents'], `no device is named "${parent}"`)
    const seen = new Set<string>([hostRule])
    for (const [at, service] of device.services.entries()) {
      if (seen.has(service.name)) complain([index, 'services', at, 'name'], doubled(service.name))
      seen.add(service.name)
    }
    const rule = (check: WrittenCheck, title: string, path: readonly (string | number)[]) =>
      ruleOf(check, title, context, names, (key, message) => complain([index, ...path, key], message))
    return {
      target: targetOf(device),
      rules: [
        ...(device.check ? [rule(device.check, hostRule, ['check'])] : []),
        ...device.services.map((service, at) => rule(service, service.name, ['services', at])),
      ],
    }
  })
}

const doubled = (title: string) =>
  title === hostRule ? `"${hostRule}" is the device's own check: give the service another name` : `a second service "${title}"`

function targetOf({ name, address, alias, project, groups, parents, variables }: WrittenDevice): Target {
  const device = { address: address ?? name, alias: alias ?? name, groups, parents, variables }
  return { kind: 'device', id: name, name, project, host: null, instance: null, device }
}

function ruleOf(
  written: WrittenCheck,
  title: string,
  { plugins, periods, contacts, quirks }: DeviceContext,
  devices: ReadonlySet<string>,
  complain: (key: string, message: string) => void,
): Rule {
  const period = (wanted: string | undefined, key: string) => named(periods, wanted, (text) => complain(key, text))
  const check = plugins.filter(isCheck).find((plugin) => plugin.name === written.plugin) as Check
  const people = [...written.contacts, ...written.escalations.flatMap((one) => one.contacts)]
  for (const one of people) if (!contacts.has(one)) complain('contacts', `no contact is named "${one}"`)
  for (const { device } of written.dependsOn) if (!devices.has(device)) complain('dependsOn', `no device is named "${device}"`)
  return {
    name: title,
    check,
    ...{ config: written.config, written: {}, overrides: null, about: null, service: null, handlers: written.handler },
    intervalMs: written.interval,
    retryMs: written.retryInterval,
    targets: {},
    alert: {
      ...{ attempts: written.attempts, volatile: written.volatile, repeatMs: written.repeat, delayMs: written.delay },
      ...{ tells: written.tells, flapping: written.flapping ?? null, period: period(written.period, 'period') },
      softRecoveryIsHardChange: quirks.softRecoveryIsHardChange,
    },
    period: null,
    importance: written.importance,
    dependsOn: [],
    staleMs: written.onlyWhenStale ? null : written.stale || null,
    takesResults: written.takesResults,
    device: {
      host: title === hostRule,
      contacts: written.contacts,
      escalations: written.escalations.map((one) => ({
        ...{ first: one.first, last: one.last, repeatMs: one.repeat ?? null, wishes: one.states, contacts: one.contacts },
        period: period(one.period, 'escalations'),
      })),
      dependsOn: written.dependsOn.map((one) => ({ ...one, period: period(one.period, 'dependsOn') })),
      checkPeriod: period(written.checkPeriod, 'checkPeriod'),
      onlyAfterMs: written.onlyWhenStale ? written.stale : null,
      variables: written.variables,
    },
  }
}
