/** A Nagios host's own check, or a service, as a check of a device. */
import { commandWords } from './command-words.ts'
import { importHandlers } from './import-handlers.ts'
import { wishes } from './import-words.ts'
import { macroContext } from './macro-world.ts'
import { splitCall } from './macros.ts'
import type { Making } from './making.ts'
import type { NagiosObject } from './nagios-object.ts'
import type { NagiosObjects } from './objects.ts'

/** As `alerter.devices` takes it; `name` only for services. */
export interface ImportedCheck {
  name?: string
  plugin: 'command' | 'passive'
  config: Record<string, unknown>
  interval: string
  retryInterval: string
  attempts: number
  repeat: string
  tells: string[]
  contacts: string[]
  [more: string]: unknown
}

/** Null = there is nothing to check. */
export function importCheck(object: NagiosObject, host: string, service: string | null, making: Making): ImportedCheck | null {
  const { objects, settings, people, complaints } = making
  const text = (directive: string) => object.values.get(directive)
  const number = (directive: string) => Number(text(directive) ?? 0)
  const note = (message: string) => complaints.push({ file: object.file, line: object.line, message, fatal: false })
  const title = service === null ? `the host "${host}"` : `the service "${service}" on "${host}"`
  const seconds = (units: number) => Math.round(units * settings.intervalLength)
  const duration = (units: number) => `${seconds(units)}s`

  const config = configOf(object, host, service, making, (reason) => note(`the command of ${title} cannot be taken: ${reason}`))
  const passive = text('active_checks_enabled') === '0'
  const fresh = text('check_freshness') === '1'
  // A passive check that is looked after for freshness runs its command when nobody told its state for too long.
  const runs = config !== null && (!passive || fresh)
  if (config === null && service === null && text('check_command') === undefined && text('passive_checks_enabled') === '0')
    return null
  if (text('flap_detection_options') !== undefined) note(`flap_detection_options of ${title} are not taken: all states count`)
  const unplanned = number('check_interval') <= 0
  if (unplanned && runs) note(`${title} has check_interval 0: here it is checked every 5 minutes`)
  const interval = unplanned ? 300 : Math.max(1, seconds(number('check_interval')))
  const retry = number('retry_interval') > 0 ? Math.max(1, seconds(number('retry_interval'))) : interval
  const threshold = number('freshness_threshold') || interval + 15
  const masters = mastersOf(host, service, objects)
  const handlers = importHandlers(object, host, service, making)
  const escalations = escalationsOf(host, service, making, duration)
  return {
    ...(service === null ? {} : { name: service }),
    ...(runs
      ? { plugin: 'command' as const, config: config as Record<string, unknown> }
      : { plugin: 'passive' as const, config: {} }),
    ...{ interval: `${interval}s`, retryInterval: `${retry}s`, attempts: Number(text('max_check_attempts') ?? 1) },
    repeat: duration(number('notification_interval')),
    ...(number('first_notification_delay') > 0 ? { delay: duration(number('first_notification_delay')) } : {}),
    ...(text('notification_period') ? { period: text('notification_period') } : {}),
    ...(text('check_period') && runs ? { checkPeriod: text('check_period') } : {}),
    ...(text('is_volatile') === '1' ? { volatile: true } : {}),
    ...(text('importance') ? { importance: number('importance') } : {}),
    ...(passive && fresh ? (runs ? { onlyWhenStale: true, stale: `${threshold}s` } : { stale: `${threshold}s` }) : {}),
    ...(text('passive_checks_enabled') === '0' ? { takesResults: false } : {}),
    ...flappingOf(object, service === null ? settings.hostFlapping : settings.serviceFlapping),
    tells: text('notifications_enabled') === '0' ? [] : wishes(text('notification_options'), service === null),
    contacts: people.of(object, service === null),
    ...(masters.length > 0 ? { dependsOn: masters } : {}),
    ...(escalations.length > 0 ? { escalations } : {}),
    ...(handlers.length > 0 ? { handler: handlers } : {}),
    ...variablesOf(object, service !== null),
  }
}

/** Custom variables, for commands that name them on demand. */
export function variablesOf({ values }: NagiosObject, wanted: boolean): { variables?: Record<string, string> } {
  const all = [...values].filter(([name]) => /^_[A-Z0-9_]+$/.test(name)).map(([name, text]) => [name.slice(1), text] as const)
  return wanted && all.length > 0 ? { variables: Object.fromEntries(all) } : {}
}

function configOf(
  object: NagiosObject,
  host: string,
  service: string | null,
  { objects, world, settings }: Making,
  refuse: (reason: string) => void,
): Record<string, unknown> | null {
  const call = object.values.get('check_command')
  const template = call === undefined ? undefined : objects.commands.get(splitCall(call).command)?.values.get('command_line')
  if (call === undefined || template === undefined) return null // a command that is not there was told already
  const read = commandWords(template, call, macroContext(world, host, service))
  if (!read.ok && !settings.shell) {
    refuse(read.reason)
    return null
  }
  return {
    ...(read.ok ? { command: read.words } : { command: read.line, shell: true }),
    timeout: `${service === null ? settings.hostTimeout : settings.serviceTimeout}s`,
    ...(service === null ? { host: true } : {}),
    ...(service === null && settings.aggressive ? { aggressive: true } : {}),
    ...(service !== null && settings.timeoutState !== 'critical' ? { timeoutState: settings.timeoutState } : {}),
  }
}

function flappingOf({ values }: NagiosObject, usual: { low: number; high: number } | null): Record<string, unknown> {
  if (usual === null || values.get('flap_detection_enabled') === '0') return {}
  const own = (directive: string) => Number(values.get(directive) ?? 0)
  return { flapping: { low: own('low_flap_threshold') || usual.low, high: own('high_flap_threshold') || usual.high } }
}

function mastersOf(host: string, service: string | null, { dependencies }: NagiosObjects): Record<string, unknown>[] {
  return dependencies
    .filter(
      ({ values }) =>
        values.get('dependent_host_name') === host && (values.get('dependent_service_description') ?? null) === service,
    )
    .flatMap(({ values }) => {
      const states = (directive: string) => wishes(values.get(directive) ?? 'n', service === null)
      const [checks, told] = [states('execution_failure_options'), states('notification_failure_options')]
      const period = values.get('dependency_period')
      const master = {
        ...{ device: values.get('host_name') ?? '', service: values.get('service_description') ?? null },
        inherits: values.get('inherits_parent') === '1',
        ...(period === undefined ? {} : { period }),
      }
      if (checks.join() === told.join()) return checks.length > 0 ? [{ ...master, states: checks, holds: 'both' }] : []
      return [
        ...(checks.length > 0 ? [{ ...master, states: checks, holds: 'checks' }] : []),
        ...(told.length > 0 ? [{ ...master, states: told, holds: 'notifications' }] : []),
      ]
    })
}

function escalationsOf(
  host: string,
  service: string | null,
  { objects, people, complaints }: Making,
  duration: (units: number) => string,
): Record<string, unknown>[] {
  return objects.escalations
    .filter(({ values }) => values.get('host_name') === host && (values.get('service_description') ?? null) === service)
    .flatMap((one) => {
      const text = (directive: string) => one.values.get(directive)
      const contacts = people.of(one, service === null)
      if (contacts.length === 0) {
        complaints.push({ file: one.file, line: one.line, message: 'nobody of this escalation can be reached', fatal: false })
        return []
      }
      return [
        {
          ...{ first: Math.max(1, Number(text('first_notification') ?? 1)), last: Number(text('last_notification') ?? 0) },
          ...(text('notification_interval') === undefined ? {} : { repeat: duration(Number(text('notification_interval'))) }),
          states: wishes(text('escalation_options') ?? (service === null ? 'd,u,r' : 'w,u,c,r'), service === null),
          ...(text('escalation_period') === undefined ? {} : { period: text('escalation_period') }),
          contacts,
        },
      ]
    })
}
