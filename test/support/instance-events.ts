/** Events of one instance, written by hand from the rules. Times are minutes after `start`. */
import { type CloudEvent, type InstanceFacts, nativeEvent, type Phase } from '../../model/event.ts'
import { absent } from '../../model/ledger.ts'
import type { Segment } from '../../model/usage.ts'

export const start = Date.UTC(2026, 9, 1, 12)
export const small = { id: '1', name: 'm1.small', vcpus: 1, memoryMb: 2048, rootGb: 20, ephemeralGb: 0 }
export const large = { id: '2', name: 'm1.large', vcpus: 4, memoryMb: 8192, rootGb: 80, ephemeralGb: 0 }
let number = 0

export type Told = Omit<InstanceFacts, 'launchedAt' | 'terminatedAt' | 'deletedAt'> & {
  launched?: number
  terminated?: number
  deleted?: number
  host?: string | null
  publisher?: string
  project?: string | null
  user?: string | null
}

/** An event `minutes` after the start; launched, terminated and deleted are minutes as well. */
export function event(minutes: number, type: string, phase: Phase, told: Told): CloudEvent {
  const { launched, terminated, deleted, host = 'hv-1', publisher = 'test', project = 'p', user = 'u', ...rest } = told
  const at = (value: number | undefined) => (value === undefined ? null : start + value * 60_000)
  return {
    ...nativeEvent({
      id: `event-${number++}`,
      type: `instance.${type}`,
      time: start + minutes * 60_000 + 250,
      service: 'nova',
      publisher,
    }),
    phase,
    resource: { kind: 'instance', id: 'i' },
    project,
    user,
    host,
    instance: {
      flavor: small,
      createdAt: start,
      ...rest,
      launchedAt: at(launched),
      terminatedAt: at(terminated),
      deletedAt: at(deleted),
    },
  }
}

/** A complete list of the API that did not have the instance. */
export function gone(minutes: number): CloudEvent {
  return nativeEvent({
    id: `absent-${minutes}`,
    type: absent,
    time: start + minutes * 60_000,
    service: 'nova',
    publisher: 'test',
    resource: { kind: 'instance', id: 'i' },
  })
}

/** Segments in words: `0-5 building m1.small hv-1`, minutes from the start. */
export const told = (segments: readonly Segment[]) =>
  segments.map(({ from, to, state, flavor, host, provenance }) => {
    const minutes = (time: number | null) => (time === null ? '' : Math.round((time - start) / 6000) / 10)
    return `${minutes(from)}-${minutes(to)} ${state} ${flavor?.name ?? '?'} ${host ?? '-'}${provenance === 'event' ? '' : ` (${provenance})`}`
  })

export const born = [
  event(0, 'create', 'start', { state: 'building', host: null }),
  event(2, 'create', 'end', { state: 'active', launched: 2 }),
]
