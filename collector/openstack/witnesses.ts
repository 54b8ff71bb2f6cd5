/** What APIs tell of the services themselves: which daemons are up, and on which hosts Nova's own audit ran. */
import { AppError } from '../../model/contract.ts'
import { type AuditLog, auditLogObserved, auditLogOf } from '../../openstack/audit-log.ts'
import type { Cloud } from '../../openstack/client.ts'
import { agentStates, type ServiceState, serviceObserved, serviceStates } from '../../openstack/service-states.ts'
import type { Take } from './take.ts'

const role = 'role admin'

/** Daemons of Nova, Cinder and Neutron; of those services that the cloud has and that let us look. */
export async function readServiceStates(cloud: Cloud, take: Take, refused: (error: AppError) => void): Promise<ServiceState[]> {
  const states: ServiceState[] = []
  let readAt = 0
  const ask = async (service: 'compute' | 'volume' | 'network', path: string, parse: (body: unknown) => ServiceState[]) => {
    if (!(await cloud.has(service))) return
    try {
      // from 3.49 on Cinder asks its scheduler by RPC for states of backends: slow, and for ever while its broker is away
      const { body, date } = await cloud.get(service, path, {}, { role, ...(service === 'volume' && { atMost: '3.48' }) })
      readAt = Math.max(readAt, date)
      states.push(...parse(body))
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      refused(error)
    }
  }
  await ask('compute', '/os-services', (body) => serviceStates('nova', body))
  await ask('volume', '/os-services', (body) => serviceStates('cinder', body))
  await ask('network', '/agents', agentStates)
  await take.resources(states.map((state) => serviceObserved(cloud.name, state, readAt)))
  return states
}

/** The audit log of the last closed period; null where there is none. */
export async function readAuditLog(cloud: Cloud, take: Take): Promise<AuditLog | null> {
  const { body, date } = await cloud.get('compute', '/os-instance_usage_audit_log', {}, { role })
  const log = auditLogOf(body)
  if (log) await take.resources([auditLogObserved(cloud.name, log, date)])
  return log
}

/** A week of hours. */
const earlierAtMost = 168

/**
 * The logs of the periods before `last` that ended after `known`, newest first, and no more than a week of hourly ones: an audit
 * that did not run while nobody read its log is known then, too. Nova answers for the last period that was over at an instant.
 */
export async function readEarlierAudits(cloud: Cloud, take: Take, last: AuditLog, known: number): Promise<number> {
  let read = 0
  for (let { from } = last; from > known && read < earlierAtMost; read++) {
    // a moment into the period that was read: at its very beginning Nova takes the one before the one before
    const at = new Date(from + 1000).toISOString().slice(0, 19).replace('T', ' ')
    const reply = await cloud.find('compute', `/os-instance_usage_audit_log/${encodeURIComponent(at)}`, {}, { role })
    const log = reply && auditLogOf(reply.body)
    if (!reply || !log || log.from >= from) break
    await take.resources([auditLogObserved(cloud.name, log, reply.date)])
    from = log.from
  }
  return read
}
