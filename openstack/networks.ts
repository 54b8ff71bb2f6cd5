/** Replies of Neutron's lists → readings of networks, subnets, ports, routers and security groups. */
import type { CloudEvent, ResourceFacts } from '../model/event.ts'
import { type Fields, isFields } from '../model/fields.ts'
import { isRouterInterface } from '../model/router-interface.ts'
import { parseTimestamp } from '../model/timestamp.ts'
import { firstAddress, portFacts, reference, subnetFacts } from './port-facts.ts'
import { entries, observed, text } from './reply.ts'

/** One `network.observed` per network; shared and external ones are seen by every project. */
export const networksObserved = lists('network', 'networks', (network) => ({
  shared: network.shared === true || network['router:external'] === true,
}))

/** One `subnet.observed` per subnet. */
export const subnetsObserved = lists('subnet', 'subnets', subnetFacts)

/** One `port.observed` per port: with its addresses, and the instance whose interface it is. */
export const portsObserved = lists('port', 'ports', (port) => ({
  ...portFacts(port),
  instances: text(port.device_owner)?.startsWith('compute:') ? [text(port.device_id) ?? []].flat() : [],
  ...(isRouterInterface(text(port.device_owner) ?? '') && { router: text(port.device_id) }),
}))

/** One `router.observed` per router; `address` is its own on the external network, which is its `parent`. */
export const routersObserved = lists('router', 'routers', (router) => {
  const gateway = isFields(router.external_gateway_info) ? router.external_gateway_info : {}
  return { address: firstAddress(gateway.external_fixed_ips), parent: reference('network', gateway.network_id) }
})

/** One `security_group.observed` per security group. */
export const securityGroupsObserved = lists('security_group', 'security_groups', (group) => ({ shared: group.shared === true }))

function lists(kind: string, list: string, more: (entry: Fields) => ResourceFacts) {
  return (body: unknown, readAt: number): CloudEvent[] =>
    entries(body, list).flatMap(
      (entry) =>
        observed(entry, readAt, {
          kind,
          service: 'neutron',
          project: text(entry.project_id) ?? text(entry.tenant_id),
          host: text(entry['binding:host_id']),
          about: {
            name: text(entry.name),
            ...(text(entry.status) !== null && { status: text(entry.status) }),
            createdAt: parseTimestamp(entry.created_at),
            updatedAt: parseTimestamp(entry.updated_at),
            ...more(entry),
          },
        }) ?? [],
    )
}
