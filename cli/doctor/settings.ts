/**
 * What a cloud has switched on, judged from what was heard and from what its APIs say. Pure. Silence proves nothing by itself:
 * it counts only where something should have been heard.
 */
import type { AuditLog } from '../../openstack/audit-log.ts'
import { type Finding, ok } from './finding.ts'
import type { Heard } from './heard.ts'

/** What the APIs say; null: they could not be asked. */
export interface Told {
  /** Resources by kind that were made or changed since the same instant. */
  changed: Readonly<Record<string, number>> | null
  /** Does anything run, of which an audit would speak? */
  instances: number | null
  auditLogs: readonly AuditLog[] | null
  hasSwift: boolean | null
}

const hour = 3_600_000
/** So long must have been listened before silence means anything. */
const listenedMs = 2 * hour

const services = {
  nova: { kinds: ['instance'], costs: 'no usage and no life of instances, but what the APIs are asked every few minutes' },
  cinder: { kinds: ['volume', 'snapshot', 'backup'], costs: 'GiB hours of volumes change only with the daily list' },
  glance: { kinds: ['image'], costs: 'GiB hours of images change only with the daily list' },
  neutron: { kinds: ['floatingip', 'port', 'network', 'router'], costs: 'hours of floating IPs change only with the daily list' },
  keystone: { kinds: ['project', 'user'], costs: 'no audit of sign-ins, roles and projects; names come with the daily list' },
} as const

export function settings(heard: Heard, told: Told, now: number): Finding[] {
  return [
    ...Object.entries(services).map(([service, { kinds, costs }]) => driver(service, kinds, costs, heard, told, now)),
    ...nova(heard, told, now),
    ...cinderAndNeutron(heard, now),
    ...keystone(heard),
    ...swift(heard, told),
  ]
}

const countOf = (heard: Heard, service: string, type?: RegExp) =>
  heard.types.filter((one) => one.service === service && (!type || type.test(one.type))).reduce((n, { count }) => n + count, 0)

const listened = (heard: Heard, now: number) => heard.first !== null && now - Math.max(heard.first, heard.from) >= listenedMs

function driver(service: string, kinds: readonly string[], costs: string, heard: Heard, told: Told, now: number): Finding {
  const subject = `${service}: [oslo_messaging_notifications] driver = messagingv2`
  const count = countOf(heard, service)
  if (count > 0)
    return ok('notifications', subject, `${count} messages since ${iso(Math.max(heard.from, heard.first ?? heard.from))}`)
  const changed = told.changed === null ? null : kinds.reduce((n, kind) => n + (told.changed?.[kind] ?? 0), 0)
  const advice = `set it in ${service}'s configuration and restart its services; see whether its exchange is among collector.amqp[].exchanges`
  const base = { area: 'notifications' as const, subject, costs, advice }
  if (changed !== null && changed > 0)
    return {
      ...base,
      level: 'trouble',
      found: `off, or not heard: ${changed} changes by its API since ${iso(Math.max(heard.from, heard.first ?? heard.from))}, and no message`,
    }
  return {
    ...base,
    level: service === 'nova' && listened(heard, now) ? 'trouble' : 'note',
    found:
      changed === 0
        ? 'unknown: no message, and nothing changed by its API either'
        : listened(heard, now)
          ? `no message since ${iso(heard.from)}`
          : 'unknown: listened for less than two hours',
  }
}

function nova(heard: Heard, told: Told, now: number): Finding[] {
  const all = countOf(heard, 'nova')
  if (all === 0) return []
  const findings: Finding[] = []
  const versioned = heard.types.some(({ service, format, twins }) => service === 'nova' && (format === 'versioned' || twins > 0))
  const legacy = heard.types.some(({ service, format, twins }) => service === 'nova' && (format === 'legacy' || twins > 0))
  const format = 'nova: [notifications] notification_format'
  findings.push(
    versioned
      ? ok('notifications', format, legacy ? 'both: each fact is told twice and counted once' : 'versioned')
      : {
          ...{ area: 'notifications', subject: format, level: 'note', found: 'unversioned only' },
          costs: 'no lock, unlock, interface and flavor events; no extra specs (GPUs) in usage; the actor only from the context',
          advice: 'set both (or versioned)',
        },
  )
  const updates = 'nova: [notifications] notify_on_state_change = vm_and_task_state'
  const actions = countOf(heard, 'nova', /^instance\.(create|delete|power_off|power_on|resize|rebuild|pause|suspend)$/)
  findings.push(
    heard.stateChanges > 0
      ? ok('notifications', updates, `${heard.stateChanges} changes of state told`)
      : {
          ...{ area: 'notifications', subject: updates, level: actions > 0 ? 'trouble' : 'note' },
          found: actions > 0 ? `off: ${actions} actions, and no change of state told` : 'unknown: no action was heard',
          costs: 'states change only at the ends of actions; what happens inside a guest (a shutdown) is seen late',
          advice: 'set it in nova.conf of all hosts',
        },
  )
  findings.push(...audit(heard, told, now))
  findings.push(
    heard.withVolumes > 0
      ? ok('notifications', 'nova: [notifications] bdms_in_notifications', 'volumes are listed with instances')
      : {
          ...{ area: 'notifications', subject: 'nova: [notifications] bdms_in_notifications', level: 'note' },
          found: 'off, or no instance has volumes',
          costs: 'which volumes an instance has comes from Cinder alone',
          advice: 'optional; it costs Nova a query a message',
        },
  )
  return findings
}

function audit(heard: Heard, told: Told, now: number): Finding[] {
  const subject = 'nova-compute: [DEFAULT] instance_usage_audit = True'
  const costs = 'no second witness of what runs: a lost message is only found by the APIs'
  const [newest] = heard.audits
  const logs = told.auditLogs
  const ran = logs?.reduce((n, log) => n + log.done, 0) ?? null
  const findings: Finding[] = []
  if (newest) findings.push(ok('notifications', subject, `${newest.count} exists messages, the last at ${iso(newest.last)}`))
  else if (ran !== null && ran > 0)
    findings.push({
      ...{ area: 'notifications', subject, costs },
      level: (told.instances ?? 0) > 0 && listened(heard, now) ? 'trouble' : 'note',
      found: `Nova's audit ran on ${ran} hosts, but no exists was heard: listened for too short, or nothing ran`,
      advice: 'wait for the next full period; then look at the exchange and topics of collector.amqp',
    })
  else
    findings.push({
      ...{ area: 'notifications', subject, costs },
      level: ran === 0 || listened(heard, now) ? 'trouble' : 'note',
      found:
        ran === 0
          ? 'off: by the API no host ran the audit of the last period'
          : listened(heard, now)
            ? `no exists since ${iso(heard.from)}`
            : 'unknown: listened for less than two hours',
      advice: 'set it in nova.conf of every nova-compute, with instance_usage_audit_period = hour',
    })
  const period = 'nova-compute: [DEFAULT] instance_usage_audit_period = hour'
  const length = newest?.length ?? (logs?.[0] ? logs[0].to - logs[0].from : null)
  if (length !== null && length <= hour) findings.push(ok('notifications', period, 'hour'))
  else if (length !== null)
    findings.push({
      ...{ area: 'notifications', subject: period, level: 'note', found: `once in ${Math.round(length / hour)} hours` },
      costs: 'what was lost is found as late as that',
      advice: 'set hour',
    })
  for (const log of logs ?? [])
    if (log.done > 0 && log.notRun.length > 0)
      findings.push({
        ...{ area: 'notifications', subject: `nova-compute on ${log.notRun.join(', ')}`, level: 'trouble' },
        found: `did not run the audit of ${iso(log.from)} to ${iso(log.to)}`,
        costs: 'no second witness for the instances there',
        advice: 'is nova-compute up there, and is instance_usage_audit set on that host?',
      })
  return findings
}

function cinderAndNeutron(heard: Heard, now: number): Finding[] {
  const cron = (service: string, name: string, type: RegExp, costs: string): Finding[] => {
    if (countOf(heard, service) === 0) return []
    const count = countOf(heard, service, type)
    const subject = `${service}: cron ${name}`
    if (count > 0) return [ok('notifications', subject, `${count} exists messages`)]
    return [
      {
        ...{ area: 'notifications', subject, level: 'note', costs },
        found: listened(heard, now) ? `no exists since ${iso(heard.from)}` : 'unknown: listened for less than two hours',
        advice: 'optional where collector.openstack is configured: its daily list does the same',
      },
    ]
  }
  return [
    ...cron('cinder', 'cinder-volume-usage-audit', /^(volume|snapshot|backup)\.exists$/, 'no second witness of volumes'),
    ...cron(
      'neutron',
      'neutron-usage-audit',
      /^(network|subnet|port|router|floatingip)\.exists$/,
      'no second witness of floating IPs',
    ),
  ]
}

function keystone(heard: Heard): Finding[] {
  const subject = 'keystone: [DEFAULT] notification_format = cadf'
  if (heard.cadf + heard.basic === 0) return []
  if (heard.cadf > 0) return [ok('notifications', subject, `${heard.cadf} events in the auditing standard`)]
  return [
    {
      ...{ area: 'notifications', subject, level: 'trouble', found: `basic: ${heard.basic} events without who and from where` },
      costs: 'the audit does not say who did it; failed sign-ins are not seen at all',
      advice: 'set cadf',
    },
  ]
}

function swift(heard: Heard, told: Told): Finding[] {
  const subject = 'swift: ceilometermiddleware in the proxy'
  const count = countOf(heard, 'swift')
  if (count > 0) return [ok('notifications', subject, `${count} requests told`)]
  if (told.hasSwift !== true) return []
  return [
    {
      ...{ area: 'notifications', subject, level: 'note', found: 'no message, and the catalog has an object store' },
      costs: 'no traffic of objects',
      advice: 'optional; add the filter to the pipeline of proxy-server.conf',
    },
  ]
}

const iso = (time: number) => new Date(time).toISOString().replace(/\.\d+Z$/, 'Z')
