/** libvirt's events → canonical facts. */
import { type CloudEvent, nativeEvent } from '../../model/event.ts'
import type { DomainEvent, DomainEventKind } from './domain-events.ts'
import { domainStates } from './stats.ts'

export interface EventContext {
  host: string
  /** When we received it: libvirt sends no time. Epoch ms. */
  time: number
  project: string | null
  user: string | null
  /** Nova's display name. */
  name: string | null
}

const priorities: Partial<Record<DomainEventKind, string>> = {
  crashed: 'ERROR',
  io_error: 'ERROR',
  control_error: 'ERROR',
  watchdog: 'WARN',
}

/**
 * The fact behind an event. Its id tells same from other: host, instance, which of its lives, what happened and when; the
 * journal drops a repetition.
 */
export function domainFact(event: DomainEvent, context: EventContext): CloudEvent {
  const { domain, kind, reason } = event
  return nativeEvent({
    id: ['libvirt', context.host, domain.uuid, domain.id, kind, reason, context.time].join(':'),
    type: `domain.${kind}`,
    service: 'libvirt',
    time: context.time,
    priority: priorities[kind] ?? (kind === 'stopped' && reason === 'crashed' ? 'ERROR' : 'INFO'),
    publisher: `libvirt.${context.host}`,
    resource: { kind: 'instance', id: domain.uuid },
    project: context.project,
    user: context.user,
    host: context.host,
    facts: {
      domain: domain.name,
      ...(context.name === null ? {} : { name: context.name }),
      ...(reason === '' ? {} : { reason }),
    },
  })
}

/** One reset is told up to three times: mostly within milliseconds, on a busy host within a second or two. */
const repetitionMs = 3000

/** Recognises an event that was told a moment ago. Remembers at most one time per instance and kind. */
export class Repetitions {
  readonly #last = new Map<string, number>()

  /** True for kinds that libvirt repeats, when the same came a moment ago (`at`: monotonic ms). */
  isRepeated({ kind, domain }: DomainEvent, at: number): boolean {
    if (kind !== 'reboot') return false
    const last = this.#last.get(domain.uuid)
    this.#last.set(domain.uuid, at)
    return last !== undefined && at - last < repetitionMs
  }

  forget(uuid: string): void {
    this.#last.delete(uuid)
  }
}

/**
 * What must have happened while nobody listened: events are lost during an outage, states are not. null when the two
 * states tell of nothing.
 */
export function missedEvent(
  domain: DomainEvent['domain'],
  before: { state: number; id: number },
  now: { state: number; id: number },
): DomainEvent | null {
  const kind = missedKind(before, now)
  return kind && { kind, domain, reason: 'seen after an outage of the connection' }
}

function missedKind(before: { state: number; id: number }, now: { state: number; id: number }): DomainEventKind | null {
  const restarted = now.id >= 0 && before.id !== now.id
  if (before.state === now.state && !restarted) return null
  switch (now.state) {
    case domainStates.running:
    case domainStates.blocked:
      return restarted ? 'started' : before.state === domainStates.paused ? 'resumed' : null
    case domainStates.paused:
      return 'suspended'
    case domainStates.shutOff:
      return 'stopped'
    case domainStates.crashed:
      return 'crashed'
    case domainStates.suspended:
      return 'pmsuspended'
    default:
      return null
  }
}
