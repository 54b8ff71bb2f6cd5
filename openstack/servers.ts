/** Replies of `GET /servers/detail` → what the ledger takes as an API reading of each instance. */
import { type CloudEvent, type FlavorFacts, type InstanceFacts, nativeEvent } from '../model/event.ts'
import { type Fields, isFields, texts } from '../model/fields.ts'
import { parseTimestamp } from '../model/timestamp.ts'
import { text } from './reply.ts'

/** Asks `GET /servers/detail` for all that exist: without `soft_deleted` those that can still be restored are left out. */
export const everyServer = { all_tenants: 1, soft_deleted: 'true', limit: 1000 } as const

const number = (value: unknown): number => (typeof value === 'number' ? value : 0)

/**
 * One `instance.observed` event per server of a reply body. From 2.69 on a cell that is down gives minimal entries (status
 * UNKNOWN): these say nothing and are left out. `readAt` is when the API answered, epoch ms; the same reading has the same id.
 */
export function serversObserved(body: unknown, readAt: number): CloudEvent[] {
  if (!isFields(body) || !Array.isArray(body.servers)) return []
  return body.servers.flatMap((server) =>
    isFields(server) && server.status !== 'UNKNOWN' ? (observed(server, readAt) ?? []) : [],
  )
}

function observed(server: Fields, readAt: number): CloudEvent | null {
  const id = text(server.id)
  if (!id) return null
  const image = isFields(server.image) ? text(server.image.id) : null
  const facts: InstanceFacts = {
    // what was deleted before any host took it keeps the vm_state `building`
    state: server.status === 'DELETED' ? 'deleted' : (text(server['OS-EXT-STS:vm_state']) ?? stateOfStatus(server.status)),
    taskState: text(server['OS-EXT-STS:task_state']),
    createdAt: parseTimestamp(server.created),
    launchedAt: parseTimestamp(server['OS-SRV-USG:launched_at']),
    terminatedAt: parseTimestamp(server['OS-SRV-USG:terminated_at']),
    // what was deleted before it ever ran has no terminated_at
    ...(server.status === 'DELETED' && { deletedAt: parseTimestamp(server.updated) }),
    updatedAt: parseTimestamp(server.updated),
    image,
    availabilityZone: text(server['OS-EXT-AZ:availability_zone']),
  }
  const name = text(server.name)
  if (name) facts.name = name
  if (isFields(server.metadata)) facts.metadata = texts(server.metadata)
  if (Array.isArray(server.tags)) facts.tags = server.tags.filter((tag) => typeof tag === 'string')
  const flavor = flavorOf(server.flavor)
  if (flavor) facts.flavor = flavor
  const addresses = addressesOf(server.addresses)
  if (addresses.length > 0) facts.addresses = addresses
  return nativeEvent({
    id: `api:${id}:${readAt}`,
    type: 'instance.observed',
    time: readAt,
    service: 'nova',
    publisher: 'openstack api',
    resource: { kind: 'instance', id },
    project: text(server.tenant_id),
    user: text(server.user_id),
    host: text(server['OS-EXT-SRV-ATTR:host']),
    instance: facts,
  })
}

/** Embedded from microversion 2.47 on; before it is only a link, and says nothing of sizes. */
function flavorOf(value: unknown): FlavorFacts | null {
  if (!isFields(value) || typeof value.vcpus !== 'number' || typeof value.ram !== 'number') return null
  return {
    id: null,
    name: text(value.original_name),
    vcpus: value.vcpus,
    memoryMb: value.ram,
    rootGb: number(value.disk),
    ephemeralGb: number(value.ephemeral),
    swapMb: number(value.swap),
  }
}

function addressesOf(value: unknown): { address: string; mac?: string; label?: string }[] {
  if (!isFields(value)) return []
  return Object.entries(value).flatMap(([label, list]) =>
    (Array.isArray(list) ? list : []).filter(isFields).flatMap((entry) => {
      const address = text(entry.addr)
      const mac = text(entry['OS-EXT-IPS-MAC:mac_addr'])
      return address ? [{ address, label, ...(mac && { mac }) }] : []
    }),
  )
}

const statuses: Record<string, string> = {
  BUILD: 'building',
  ACTIVE: 'active',
  SHUTOFF: 'stopped',
  PAUSED: 'paused',
  SUSPENDED: 'suspended',
  RESCUE: 'rescued',
  VERIFY_RESIZE: 'resized',
  SHELVED: 'shelved',
  SHELVED_OFFLOADED: 'shelved_offloaded',
  SOFT_DELETED: 'soft-delete',
  ERROR: 'error',
  DELETED: 'deleted',
}

/** For readers without the extended status (no admin): the public status, where it tells a vm_state. */
const stateOfStatus = (status: unknown): string | null => statuses[String(status)] ?? null
