/** `GET /os-instance_usage_audit_log` → on which hosts Nova's own audit ran for its last closed period. */
import { type CloudEvent, nativeEvent } from '../model/event.ts'
import { isFields } from '../model/fields.ts'
import { parseTimestamp } from '../model/timestamp.ts'
import { number, text } from './reply.ts'

export interface AuditLog {
  /** Epoch ms. */
  from: number
  to: number
  hosts: number
  done: number
  running: number
  /** Hosts that should have run it and did not: their `exists` notifications are missing. */
  notRun: readonly string[]
  /** Hosts that began and have not finished, and hosts that met errors. */
  unfinished: readonly string[]
  failed: readonly string[]
  instances: number
  errors: number
}

/** Null for a reply that is none. */
export function auditLogOf(body: unknown): AuditLog | null {
  const log = isFields(body)
    ? isFields(body.instance_usage_audit_logs)
      ? body.instance_usage_audit_logs
      : body.instance_usage_audit_log
    : null
  if (!isFields(log)) return null
  const [from, to] = [parseTimestamp(log.period_beginning), parseTimestamp(log.period_ending)]
  if (from === null || to === null) return null
  const hosts = Object.entries(isFields(log.log) ? log.log : {}).flatMap(([host, entry]) =>
    isFields(entry) ? [{ host, state: text(entry.state), errors: number(entry.errors) ?? 0 }] : [],
  )
  return {
    from,
    to,
    hosts: number(log.num_hosts) ?? 0,
    done: number(log.num_hosts_done) ?? 0,
    running: number(log.num_hosts_running) ?? 0,
    notRun: (Array.isArray(log.hosts_not_run) ? log.hosts_not_run : []).flatMap((host) => text(host) ?? []).sort(),
    unfinished: hosts
      .filter(({ state }) => state !== 'DONE')
      .map(({ host }) => host)
      .sort(),
    failed: hosts
      .filter(({ errors }) => errors > 0)
      .map(({ host }) => host)
      .sort(),
    instances: number(log.total_instances) ?? 0,
    errors: number(log.total_errors) ?? 0,
  }
}

/** `audit.log`, of the resource `audit_log <cloud>:<end of the period>`: told anew whenever the log of that period changed. */
export function auditLogObserved(cloud: string, log: AuditLog, readAt: number): CloudEvent {
  const { from, to, hosts, done, running, notRun, unfinished, failed, instances, errors } = log
  const id = `${cloud}:${new Date(to).toISOString()}`
  return nativeEvent({
    id: `audit.log:${id}:${readAt}`,
    type: 'audit.log',
    time: readAt,
    service: 'nova',
    publisher: 'openstack api',
    priority: notRun.length + failed.length > 0 ? 'WARN' : 'INFO',
    resource: { kind: 'audit_log', id },
    facts: { cloud, from, to, hosts, done, running, notRun, unfinished, failed, instances, errors },
  })
}
