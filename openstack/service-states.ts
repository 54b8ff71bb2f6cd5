/** Which of OpenStack's own daemons are up: a nova-compute that died sends no notification of it. */
import { type CloudEvent, nativeEvent, type Service } from '../model/event.ts'
import { parseTimestamp } from '../model/timestamp.ts'
import { entries, text } from './reply.ts'

export interface ServiceState {
  service: Extract<Service, 'nova' | 'cinder' | 'neutron'>
  /** nova-compute, cinder-volume, L3 agent … */
  binary: string
  host: string
  up: boolean
  enabled: boolean
  /** Taken out by hand: nova's `forced_down`. */
  forcedDown: boolean
  reason: string | null
  /** Its last sign of life, epoch ms. */
  seenAt: number | null
}

/** Nova's and Cinder's `GET /os-services`. */
export function serviceStates(service: 'nova' | 'cinder', body: unknown): ServiceState[] {
  return entries(body, 'services').flatMap((entry) => {
    const [binary, host] = [text(entry.binary), text(entry.host)]
    if (binary === null || host === null) return []
    return [
      {
        service,
        binary,
        host,
        up: entry.state === 'up',
        enabled: entry.status === 'enabled',
        forcedDown: entry.forced_down === true,
        reason: text(entry.disabled_reason),
        seenAt: parseTimestamp(entry.updated_at),
      },
    ]
  })
}

/** Neutron's `GET /v2.0/agents`. */
export function agentStates(body: unknown): ServiceState[] {
  return entries(body, 'agents').flatMap((entry) => {
    const [binary, host] = [text(entry.binary) ?? text(entry.agent_type), text(entry.host)]
    if (binary === null || host === null) return []
    return [
      {
        service: 'neutron' as const,
        binary,
        host,
        up: entry.alive === true,
        enabled: entry.admin_state_up !== false,
        forcedDown: false,
        reason: null,
        seenAt: parseTimestamp(entry.heartbeat_timestamp),
      },
    ]
  })
}

/** `service.observed`, told whenever it went up or down, was enabled or disabled. */
export function serviceObserved(cloud: string, state: ServiceState, readAt: number): CloudEvent {
  const id = `${cloud}:${state.binary}@${state.host}`
  return nativeEvent({
    id: `api:service:${id}:${readAt}`,
    type: 'service.observed',
    time: readAt,
    service: state.service,
    publisher: 'openstack api',
    priority: state.up || !state.enabled ? 'INFO' : 'ERROR',
    resource: { kind: 'service', id },
    host: state.host,
    facts: {
      cloud,
      binary: state.binary,
      up: state.up,
      enabled: state.enabled,
      forcedDown: state.forcedDown,
      reason: state.reason,
    },
  })
}
