/** A Nagios configuration in Specola's terms, and what of it cannot be taken, with its place. */
import { argumentsOf } from './command-line.ts'
import { namesIn } from './inherit.ts'
import { macroContext, macroWorld } from './macro-world.ts'
import { expandCommand, type MacroWorld, splitCall } from './macros.ts'
import type { NagiosObject } from './nagios-object.ts'
import type { NagiosObjects } from './objects.ts'
import type { Complaint } from './read-definitions.ts'

export interface Imported {
  /** For the section `alerter:` of the configuration. */
  alerter: {
    periods: { name: string; lines: string[]; exclude?: string[] }[]
    contacts: Record<string, unknown>[]
    escalations: Record<string, unknown>[]
  }
  /** A check each: a host's own, or a service's. */
  checks: ImportedCheck[]
  complaints: Complaint[]
}

export interface ImportedCheck {
  host: string
  address: string
  /** Null = the host's own check. */
  service: string | null
  /** Program and arguments, macros put in; null = there is none, or it cannot be run without a shell. */
  command: string[] | null
  interval: string
  retryInterval: string
  attempts: number
  repeat: string
  delay?: string
  period?: string
  volatile?: true
  stale?: string
  tells: string[]
  contacts: string[]
  parents?: string[]
  dependsOn?: { host: string; service: string | null; states: string[]; holds: 'notifications' | 'checks' | 'both' }[]
  file: string
  line: number
}

export interface ImportSettings {
  users: ReadonlyMap<number, string>
  /** Seconds of one unit of the intervals. */
  intervalLength: number
}

export function importNagios(objects: NagiosObjects, { users, intervalLength }: ImportSettings): Imported {
  const complaints = [...objects.complaints]
  const world = macroWorld(objects, users)
  const duration = (units: string | undefined) => `${Math.round(Number(units ?? 0) * intervalLength)}s`
  const build = (object: NagiosObject, host: NagiosObject, service: string | null) =>
    checkOf(object, host, service, { objects, world, complaints, duration })
  return {
    alerter: {
      periods: [...objects.periods].map(([name, { values }]) => {
        const exclude = namesIn(values.get('exclude')?.text)
        const lines = [...values].filter(([key]) => key.startsWith('day ')).map(([, { text }]) => dayLine(text))
        return { name, lines, ...(exclude.length > 0 ? { exclude } : {}) }
      }),
      contacts: [...objects.contacts].map(([name, contact]) => contactOf(name, contact, complaints)),
      escalations: objects.escalations.map((one) => escalationOf(one, objects, duration)),
    },
    checks: [
      ...[...objects.hosts.values()].map((host) => build(host, host, null)),
      ...[...objects.services.values()].map((service) =>
        build(
          service,
          objects.hosts.get(service.values.get('host_name') ?? '') as NagiosObject,
          service.values.get('service_description') ?? '',
        ),
      ),
    ],
    complaints,
  }
}

interface Making {
  objects: NagiosObjects
  world: MacroWorld
  complaints: Complaint[]
  duration: (units: string | undefined) => string
}

function checkOf(object: NagiosObject, host: NagiosObject, service: string | null, making: Making): ImportedCheck {
  const { objects, duration } = making
  const text = (directive: string) => object.values.get(directive)
  const name = host.values.get('host_name') ?? ''
  const masters = objects.dependencies
    .filter(
      ({ values }) =>
        values.get('dependent_host_name') === name && (values.get('dependent_service_description') ?? null) === service,
    )
    .flatMap(masterOf)
  const parents = service === null ? namesIn(text('parents')) : []
  const fresh = text('check_freshness') === '1'
  return {
    ...{ host: name, address: host.values.get('address') ?? name, service, command: commandOf(object, name, service, making) },
    ...{ interval: duration(text('check_interval')), retryInterval: duration(text('retry_interval')) },
    ...{ attempts: Number(text('max_check_attempts') ?? 1), repeat: duration(text('notification_interval')) },
    ...(text('first_notification_delay') ? { delay: duration(text('first_notification_delay')) } : {}),
    ...(text('notification_period') ? { period: text('notification_period') as string } : {}),
    ...(text('is_volatile') === '1' ? { volatile: true as const } : {}),
    ...(fresh ? { stale: `${text('freshness_threshold') ?? '0'}s` } : {}),
    tells: wishes(text('notification_options'), service === null),
    contacts: peopleOf(object, objects),
    ...(parents.length > 0 ? { parents } : {}),
    ...(masters.length > 0 ? { dependsOn: masters } : {}),
    ...{ file: object.file, line: object.line },
  }
}

/** The check's program and arguments. A command that a shell would have to run is told, not taken. */
function commandOf(
  object: NagiosObject,
  host: string,
  service: string | null,
  { objects, world, complaints }: Making,
): string[] | null {
  const call = object.values.get('check_command')
  if (call === undefined) return null
  const command = objects.commands.get(splitCall(call).command)
  if (!command) return null // told already: Nagios would not start
  const line = expandCommand(command.values.get('command_line') ?? '', call, macroContext(world, host, service))
  const split = argumentsOf(line)
  if (split.ok) return split.arguments
  const what = service === null ? `the host "${host}"` : `the service "${service}" on "${host}"`
  complaints.push({
    file: object.file,
    line: object.line,
    message: `the command of ${what} cannot be taken: ${split.reason}`,
    fatal: false,
  })
  return null
}

const words: Record<string, string> = {
  ...{
    o: 'ok',
    w: 'warning',
    c: 'critical',
    u: 'unknown',
    r: 'recovery',
    f: 'flapping',
    s: 'downtime',
    p: 'pending',
    d: 'critical',
  },
}

function wishes(options: string | undefined, host: boolean): string[] {
  const letters = namesIn(options ?? (host ? 'd,u,r,f,s' : 'w,u,c,r,f,s')).map((word) => word[0] ?? '')
  if (letters.includes('n')) return []
  const all = letters.includes('a') ? ['w', 'u', 'c', 'r', 'f', 's'] : letters
  return [...new Set(all.flatMap((letter) => words[letter] ?? []))]
}

function masterOf({ values }: NagiosObject): NonNullable<ImportedCheck['dependsOn']> {
  const states = (directive: string) => wishes(values.get(directive) ?? 'n', false)
  const [checks, notifications] = [states('execution_failure_options'), states('notification_failure_options')]
  const master = { host: values.get('host_name') ?? '', service: values.get('service_description') ?? null }
  if (checks.join() === notifications.join()) return checks.length > 0 ? [{ ...master, states: checks, holds: 'both' }] : []
  return [
    ...(checks.length > 0 ? [{ ...master, states: checks, holds: 'checks' as const }] : []),
    ...(notifications.length > 0 ? [{ ...master, states: notifications, holds: 'notifications' as const }] : []),
  ]
}

const peopleOf = ({ values }: NagiosObject, { contactgroups }: NagiosObjects) => [
  ...new Set([
    ...namesIn(values.get('contacts')),
    ...namesIn(values.get('contact_groups')).flatMap((group) => contactgroups.get(group)?.members ?? []),
  ]),
]

function contactOf(name: string, { values, file, line }: NagiosObject, complaints: Complaint[]): Record<string, unknown> {
  const email = values.get('email')
  if (email === undefined)
    complaints.push({
      file,
      line,
      message: `the contact "${name}" has no email: its notification commands are not taken`,
      fatal: false,
    })
  const states = [
    ...new Set([
      ...wishes(values.get('host_notification_options'), true),
      ...wishes(values.get('service_notification_options'), false),
    ]),
  ]
  const period = values.get('service_notification_period')
  const importance = values.get('minimum_importance')
  return {
    ...{ name, states },
    ...(period === undefined ? {} : { period }),
    ...(importance === undefined ? {} : { importance: Number(importance) }),
    ...(email === undefined ? {} : { email }),
  }
}

function escalationOf(one: NagiosObject, objects: NagiosObjects, duration: Making['duration']): Record<string, unknown> {
  const text = (directive: string) => one.values.get(directive)
  const host = one.kind === 'hostescalation'
  const period = text('escalation_period')
  return {
    ...{ host: text('host_name'), service: text('service_description') ?? null },
    ...{ first: Number(text('first_notification') ?? 1), last: Number(text('last_notification') ?? 0) },
    ...(text('notification_interval') === undefined ? {} : { repeat: duration(text('notification_interval')) }),
    states: wishes(text('escalation_options') ?? (host ? 'd,u,r' : 'w,u,c,r'), host),
    ...(period === undefined ? {} : { period }),
    contacts: peopleOf(one, objects),
  }
}

/** `monday   09:00-17:00` with single blanks, and hours without blanks around their commas. */
const dayLine = (text: string) =>
  text
    .replace(/\s+/g, ' ')
    .replace(/\s*,\s*/g, ',')
    .trim()
