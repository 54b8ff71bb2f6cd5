/** What Nova tells of things that are no instances: flavors, keypairs, server groups, aggregates, services. */
import type { FlavorFacts, ResourceFacts, ResourceRef } from '../../model/event.ts'
import { type Fields, isFields } from '../../model/fields.ts'
import { parseTimestamp } from '../../model/timestamp.ts'
import { reference } from './told.ts'
import { numberOf, textOf } from './values.ts'

/** Which thing an event is about; null when it is about none in particular. `uuid` is the instance that it names, if any. */
export function resourceOf(type: string, data: Fields, uuid: string | null): ResourceRef | null {
  switch (type.split('.', 1)[0]) {
    case 'flavor':
      return reference('flavor', data.flavorid)
    case 'keypair':
      return reference('keypair', keypairId(data))
    case 'server_group':
      return reference('server_group', textOf(data.uuid) ?? data.server_group_id)
    case 'aggregate':
      // one that is being created has no number yet, and older releases tell nothing but the name then
      return reference('aggregate', textOf(data.uuid) ?? textOf(data.id) ?? textOf(data.aggregate_id) ?? data.name)
    case 'service':
      return reference('service', textOf(data.uuid) ?? [textOf(data.host), textOf(data.binary)].filter(Boolean).join('/'))
    case 'volume':
      return reference('volume', data.volume_id)
    case 'network': // nova-network: these have no id but their address
      return reference('floatingip', textOf(data.floating_ip) ?? (isFields(data.floating_ip) ? data.floating_ip.address : null))
    case 'metrics':
    case 'libvirt':
    case 'HostAPI':
      return reference('hypervisor', textOf(data.host) ?? textOf(data.host_name) ?? data.ip)
    default:
      return reference('instance', uuid)
  }
}

/** Names of keypairs are unique to their user only. */
function keypairId(data: Fields): string | null {
  const name = textOf(data.key_name) ?? textOf(data.name)
  const user = textOf(data.user_id)
  return name !== null && user !== null ? `${user}/${name}` : name
}

/** Null for what is only counted or asked for. */
export function aboutOf(type: string, data: Fields): ResourceFacts | null {
  const times = {
    ...('created_at' in data && { createdAt: parseTimestamp(data.created_at) }),
    ...('deleted_at' in data && { deletedAt: parseTimestamp(data.deleted_at) }),
  }
  switch (type.split('.', 1)[0]) {
    case 'flavor': {
      const flavor = flavorOf(data)
      return {
        ...(textOf(data.name) !== null && { name: textOf(data.name) }),
        ...(typeof data.disabled === 'boolean' && { status: data.disabled ? 'disabled' : 'enabled' }),
        ...(typeof data.is_public === 'boolean' && { shared: data.is_public }),
        ...(flavor && { flavor }),
      }
    }
    case 'keypair':
      return { name: textOf(data.key_name) ?? textOf(data.name), ...times }
    case 'server_group':
    case 'aggregate':
      return {
        ...(textOf(data.name) !== null && { name: textOf(data.name) }),
        ...(textOf(data.project_id) !== null && { owner: textOf(data.project_id) }),
        ...(Array.isArray(data.hosts) && { hosts: data.hosts.filter((host) => typeof host === 'string') }),
        ...times,
      }
    case 'service':
      return {
        name: [textOf(data.binary), textOf(data.host)].filter(Boolean).join(' on ') || null,
        ...(typeof data.disabled === 'boolean' && { status: data.disabled ? 'disabled' : 'enabled' }),
      }
    default:
      return null
  }
}

/** From a flavor's own fields, as versioned payloads have them. */
export function flavorOf(data: Fields): FlavorFacts | null {
  const vcpus = numberOf(data.vcpus)
  const memoryMb = numberOf(data.memory_mb)
  if (vcpus === null || memoryMb === null) return null
  const flavor: FlavorFacts = {
    id: textOf(data.flavorid),
    name: textOf(data.name),
    vcpus,
    memoryMb,
    rootGb: numberOf(data.root_gb) ?? 0,
    ephemeralGb: numberOf(data.ephemeral_gb) ?? 0,
  }
  const swap = numberOf(data.swap)
  if (swap !== null) flavor.swapMb = swap
  if (isFields(data.extra_specs) && Object.keys(data.extra_specs).length > 0)
    flavor.extraSpecs = Object.fromEntries(Object.entries(data.extra_specs).map(([key, text]) => [key, String(text)]))
  return flavor
}
