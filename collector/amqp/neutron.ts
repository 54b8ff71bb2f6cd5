/**
 * Neutron's notifications: `<resource>.{create,update,delete}.{start,end}` for every REST resource. Only `.end`, `exists` and
 * the agents' messages state facts; `.start` is what was asked for. A bulk create is one message with several objects: the
 * first is the event's, the others are `more`.
 */
import type { CloudEvent, ResourceFacts, ResourceRef } from '../../model/event.ts'
import { type Fields, isFields } from '../../model/fields.ts'
import { isRouterInterface } from '../../model/router-interface.ts'
import { parseTimestamp } from '../../model/timestamp.ts'
import { firstAddress, portFacts, subnetFacts } from '../../openstack/port-facts.ts'
import type { Context } from './context.ts'
import { splitPhase } from './nova-names.ts'
import { reference, type ServiceDecoder, scalars, type Told, toldBy } from './told.ts'
import { textOf } from './values.ts'

export const decodeNeutron: ServiceDecoder = (eventType, payload, context) => {
  const { stem, phase } = splitPhase(eventType)
  const data = isFields(payload) ? payload : {}
  if (/^l3\.meter\b/.test(stem)) return meter(eventType, data, context)
  if (/^(l3_agent|dhcp_agent)\./.test(stem)) return scheduled(eventType, stem, data, context)
  if (stem.startsWith('tag.')) return tagged(eventType, data, context)
  const family = /^([a-z][a-z0-9_]*)\.(?:interface\.)?(?:create|update|delete|exists|add|remove)\b/.exec(stem)?.[1]
  if (!family) return null
  const [object = {}, ...others] = objectsOf(data, family)
  const stated = phase !== 'start' && !stem.includes('.interface.')
  const one = (its: Fields): Partial<CloudEvent> => {
    const facts = scalars(Object.keys(its).length > 0 ? its : data)
    return {
      resource: identified(family, its, data),
      project:
        textOf(its.project_id) ?? textOf(its.tenant_id) ?? textOf(data.project_id) ?? textOf(data.tenant_id) ?? context.project,
      // nobody owns these but their project; whoever asked for the creation made it
      user: stem.endsWith('.create') && stated ? context.user : null,
      host: textOf(its['binding:host_id']) ?? textOf(data.host),
      ...(stated && textOf(its.id) !== null && { about: factsOf(family, its) }),
      facts,
    }
  }
  const told = toldBy('neutron', eventType, context, one(object))
  return others.length === 0 ? told : { ...told, more: others.map(one) }
}

/** `{port: {…}}`, or what a bulk request made: `{ports: [{…}, …]}`. An interface of a router is the router's. */
function objectsOf(data: Fields, family: string): Fields[] {
  for (const one of [data[family], data[`${family}_interface`]]) if (isFields(one)) return [one]
  const many = data[plural(family)]
  return Array.isArray(many) ? many.filter(isFields) : []
}

const plural = (family: string) => (family.endsWith('y') ? `${family.slice(0, -1)}ies` : `${family}s`)
const singular = (list: string) => (list.endsWith('ies') ? `${list.slice(0, -3)}y` : list.replace(/s$/, ''))

function identified(family: string, object: Fields, data: Fields): ResourceRef | null {
  return reference(
    family,
    textOf(object.id) ??
      textOf(data[`${family}_id`]) ??
      textOf(data.id) ??
      textOf(data.resource_id) ??
      // a port binding has no id: it is its host's
      (family === 'binding' ? textOf(object.host) : null),
  )
}

function factsOf(family: string, object: Fields): ResourceFacts {
  const common: ResourceFacts = {
    owner: textOf(object.project_id) ?? textOf(object.tenant_id),
    ...('name' in object && { name: textOf(object.name) }),
    ...('status' in object && { status: textOf(object.status) }),
    ...('created_at' in object && { createdAt: parseTimestamp(object.created_at) }),
    ...('updated_at' in object && { updatedAt: parseTimestamp(object.updated_at) }),
  }
  switch (family) {
    case 'floatingip':
      return { ...common, ...floatingIpFacts(object) }
    case 'port':
      return { ...common, ...portFacts(object), ...interfaceOf(object) }
    case 'network':
      return { ...common, shared: object.shared === true || object['router:external'] === true }
    case 'subnet':
      return { ...common, ...subnetFacts(object) }
    case 'router': {
      const gateway = isFields(object.external_gateway_info) ? object.external_gateway_info : {}
      return { ...common, address: firstAddress(gateway.external_fixed_ips), parent: reference('network', gateway.network_id) }
    }
    case 'security_group_rule':
      return { ...common, parent: reference('security_group', object.security_group_id) }
    default:
      return { ...common, ...(typeof object.shared === 'boolean' && { shared: object.shared }) }
  }
}

/** Associated if and only if it has a port. The instance is told by the port's details, where the release has them. */
function floatingIpFacts(object: Fields): ResourceFacts {
  const port = reference('port', object.port_id)
  const details = isFields(object.port_details) ? object.port_details : {}
  const device = textOf(details.device_owner)?.startsWith('compute:') ? textOf(details.device_id) : null
  return {
    name: textOf(object.floating_ip_address),
    address: textOf(object.floating_ip_address),
    parent: port,
    ...(port === null ? { instances: [] } : device ? { instances: [device] } : {}),
  }
}

/** Which instance's interface a port is; while it has no owner yet, nothing is said. */
function interfaceOf(object: Fields): Pick<ResourceFacts, 'instances' | 'router'> {
  const owner = textOf(object.device_owner)
  const device = textOf(object.device_id)
  if (device === null) return { instances: [] }
  if (owner === null) return {}
  if (isRouterInterface(owner)) return { instances: [], router: device }
  return { instances: owner.startsWith('compute:') ? [device] : [] }
}

/** Traffic counted by the iptables L3 agents since their last report. */
function meter(eventType: string, data: Fields, context: Context): Told {
  return toldBy('neutron', eventType, context, {
    resource: reference('metering_label', textOf(data.label_id) ?? data.resource_id),
    project: textOf(data.project_id) ?? textOf(data.tenant_id) ?? context.project,
    host: textOf(data.host),
    facts: scalars(data),
  })
}

/** A router or network put on an agent, or taken from it. */
function scheduled(eventType: string, stem: string, data: Fields, context: Context): Told {
  const agent = isFields(data.agent) ? data.agent : data
  const kind = stem.split('.')[1] === 'network' ? 'network' : 'router'
  return toldBy('neutron', eventType, context, {
    resource: reference(kind, agent[`${kind}_id`]) ?? reference('agent', agent.id),
    host: textOf(agent.host),
    facts: { agent: textOf(agent.id), ...scalars(agent) },
  })
}

function tagged(eventType: string, data: Fields, context: Context): Told {
  const parent = textOf(data.parent_resource) ?? textOf(data.parent)
  return toldBy('neutron', eventType, context, {
    resource: parent ? reference(singular(parent), textOf(data.parent_resource_id) ?? data.parent_id) : null,
    facts: { ...scalars(data), ...(Array.isArray(data.tags) && { tags: data.tags.filter((tag) => typeof tag === 'string') }) },
  })
}
