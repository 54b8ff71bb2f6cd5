/** Where Neutron's ports and subnets stand, as its API and its notifications word it alike. What is not said is not here. */
import type { ResourceFacts, ResourceRef } from '../model/event.ts'
import { type Fields, isFields } from '../model/fields.ts'
import { text } from './reply.ts'

/** Of a port: its network and addresses, its MAC, and what it belongs to; `address` is the first. */
export function portFacts(port: Fields): ResourceFacts {
  const fixed = listed(port.fixed_ips, 'subnet_id', 'ip_address', (subnet, address) => ({ subnet, address }))
  return {
    address: firstAddress(port.fixed_ips),
    parent: reference('network', port.network_id),
    ...('mac_address' in port && { mac: text(port.mac_address) }),
    ...('device_id' in port && { device: text(port.device_id) }),
    ...(fixed && { fixed }),
  }
}

/** Of a subnet: its network and pools; `address` is its prefix. */
export function subnetFacts(subnet: Fields): ResourceFacts {
  const pools = listed(subnet.allocation_pools, 'start', 'end', (start, end) => ({ start, end }))
  return { address: text(subnet.cidr), parent: reference('network', subnet.network_id), ...(pools && { pools }) }
}

export function firstAddress(fixedIps: unknown): string | null {
  const first = Array.isArray(fixedIps) ? fixedIps[0] : null
  return isFields(first) ? text(first.ip_address) : null
}

export function reference(kind: string, id: unknown): ResourceRef | null {
  const known = text(id)
  return known === null ? null : { kind, id: known }
}

/** Pairs of texts; entries that are none are left out. Undefined: no list. */
function listed<T>(list: unknown, first: string, second: string, pair: (a: string, b: string) => T): T[] | undefined {
  if (!Array.isArray(list)) return undefined
  return list.filter(isFields).flatMap((entry) => {
    const [a, b] = [text(entry[first]), text(entry[second])]
    return a === null || b === null ? [] : [pair(a, b)]
  })
}
