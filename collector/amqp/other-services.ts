/**
 * Cinder, Glance, Neutron, Keystone and Swift: what their events are about, whose it is and who asked. One function per
 * service; their ledgers build on the same canonical events.
 */
import type { Json, Service } from '../../model/event.ts'
import type { Context } from './context.ts'
import { type Fields, isFields } from './envelope.ts'
import type { Told } from './nova.ts'
import { splitPhase } from './nova-names.ts'
import { textOf } from './values.ts'

/** Null: this service documents no such type. */
export type ServiceDecoder = (eventType: string, payload: unknown, context: Context) => Told | null

/** The common fields, overridden by what the service says itself. */
function told(service: Service, eventType: string, context: Context, more: Partial<Told>): Told {
  const { stem, phase } = splitPhase(eventType)
  return {
    type: stem,
    phase,
    service,
    resource: null,
    project: context.project,
    user: null,
    actor: context.user,
    actorProject: context.project,
    host: null,
    request: context.request,
    ...more,
  }
}

// ---------------------------------------------------------------------------------------------------------------- cinder

const cinderFamily =
  /^(volume|snapshot|backup|group|group_snapshot|consistencygroup|cgsnapshot|volume_type|volume_type_project|QoSSpec|image_volume_cache|capacity|scheduler|volumetype|group_type)\b/

export const decodeCinder: ServiceDecoder = (eventType, payload, context) => {
  if (!cinderFamily.test(eventType)) return null
  const data = isFields(payload) ? payload : {}
  const family = eventType.split('.', 1)[0] as string
  const id = textOf(data[`${family}_id`]) ?? textOf(data.id) ?? textOf(data.name_to_id) ?? textOf(data.volume_id)
  return told('cinder', eventType, context, {
    resource: id ? { kind: family, id } : null,
    project: textOf(data.tenant_id) ?? textOf(data.project_id) ?? context.project,
    user: textOf(data.user_id),
    host: textOf(data.host),
    facts: scalars(data),
  })
}

// ---------------------------------------------------------------------------------------------------------------- glance

export const decodeGlance: ServiceDecoder = (eventType, payload, context) => {
  if (!/^(image|task|metadef_\w+)\./.test(eventType)) return null
  const data = isFields(payload) ? payload : typeof payload === 'string' ? { message: payload } : {}
  const family = eventType.split('.', 1)[0] as string
  const id = textOf(data.image_id) ?? textOf(data.id) ?? textOf(data.task_id) ?? textOf(data.name) ?? textOf(data.namespace)
  return told('glance', eventType, context, {
    resource: id ? { kind: family, id } : null,
    project: textOf(data.owner) ?? textOf(data.owner_id) ?? context.project,
    actor: textOf(data.receiver_user_id) ?? context.user,
    actorProject: textOf(data.receiver_tenant_id) ?? context.project,
    facts: scalars(data),
  })
}

// --------------------------------------------------------------------------------------------------------------- neutron

const neutronNotResource = new Set(['tag', 'l3', 'l3_agent', 'dhcp_agent'])

export const decodeNeutron: ServiceDecoder = (eventType, payload, context) => {
  const { stem } = splitPhase(eventType)
  const match = /^([a-z][a-z0-9_]*(?:\.interface)?)\.(create|update|delete|exists|add|remove|meter)\b/.exec(stem)
  const isMeter = /^l3\.meter\b/.test(stem)
  if (!match && !isMeter && !/^(l3_agent|dhcp_agent|tag)\./.test(stem)) return null
  const data = isFields(payload) ? payload : {}
  const family = (match?.[1] ?? (stem.split('.', 1)[0] as string)).split('.', 1)[0] as string
  const object = firstObject(data, family)
  const kind = isMeter ? 'metering_label' : neutronNotResource.has(family) ? (stem.split('.')[1] ?? family) : family
  const id =
    textOf(object.id) ??
    textOf(data[`${family}_id`]) ??
    textOf(data.id) ??
    textOf(data.label_id) ??
    textOf(data.parent_id) ??
    textOf(data.resource_id) ??
    // a port binding has no id: it is its host's
    (family === 'binding' ? textOf(object.host) : null)
  return told('neutron', eventType, context, {
    resource: id ? { kind, id } : null,
    project:
      textOf(object.project_id) ??
      textOf(object.tenant_id) ??
      textOf(data.project_id) ??
      textOf(data.tenant_id) ??
      context.project,
    host: textOf(object['binding:host_id']) ?? textOf(data.host),
    facts: scalars(Object.keys(object).length > 0 ? object : data),
  })
}

/** `{port: {…}}`, or the first of a bulk answer `{ports: [{…}, …]}`. */
function firstObject(data: Fields, family: string): Fields {
  const one = data[family]
  if (isFields(one)) return one
  const many = data[family.endsWith('y') ? `${family.slice(0, -1)}ies` : `${family}s`]
  const first = Array.isArray(many) ? many[0] : null
  return isFields(first) ? first : {}
}

// -------------------------------------------------------------------------------------------------------------- keystone

const pastToPresent: Record<string, string> = {
  created: 'create',
  updated: 'update',
  deleted: 'delete',
  disabled: 'disable',
  authenticate: 'authenticate',
}

export const decodeKeystone: ServiceDecoder = (eventType, payload, context) => {
  if (!eventType.startsWith('identity.')) return null
  const data = isFields(payload) ? payload : {}
  const initiator = isFields(data.initiator) ? data.initiator : {}
  const target = isFields(data.target) ? data.target : {}
  const initiatorHost = isFields(initiator.host) ? initiator.host : {}
  const parts = eventType.split('.').slice(1)
  const last = parts.at(-1) as string
  const kind =
    parts.length === 1
      ? 'user'
      : parts
          .slice(0, -1)
          .join('.')
          .replace(/^OS-[A-Z]+:/, '')
  const id = textOf(data.resource_info) ?? textOf(initiator.user_id) ?? textOf(target.id)
  return {
    type: parts.length === 1 ? `identity.${last}` : `${kind}.${pastToPresent[last] ?? last}`,
    phase: null,
    service: 'keystone',
    resource: id ? { kind, id } : null,
    project: kind === 'project' ? id : (textOf(data.project) ?? textOf(initiator.project_id) ?? context.project),
    user: kind === 'user' ? id : (textOf(data.user) ?? null),
    actor: textOf(initiator.user_id) ?? textOf(initiator.id) ?? context.user,
    actorProject: textOf(initiator.project_id) ?? context.project,
    host: null,
    request: textOf(initiator.request_id) ?? context.request,
    facts: {
      ...scalars(data),
      outcome: textOf(data.outcome),
      address: textOf(initiatorHost.address),
      agent: textOf(initiatorHost.agent),
      username: textOf(initiator.username),
    },
  }
}

// ----------------------------------------------------------------------------------------------------------------- swift

export const decodeSwift: ServiceDecoder = (eventType, payload, context) => {
  if (eventType !== 'objectstore.http.request' && !/^audit\.http\.(request|response)$/.test(eventType)) return null
  const data = isFields(payload) ? payload : {}
  const initiator = isFields(data.initiator) ? data.initiator : {}
  const target = isFields(data.target) ? data.target : {}
  const id = textOf(target.id)
  return told(eventType.startsWith('audit.') ? 'other' : 'swift', eventType, context, {
    resource: id ? { kind: eventType.startsWith('audit.') ? 'service' : 'account', id } : null,
    project: textOf(initiator.project_id) ?? context.project,
    actor: textOf(initiator.id) ?? context.user,
    actorProject: textOf(initiator.project_id) ?? context.project,
    facts: { ...scalars(data), ...scalars(isFields(target.metadata) ? target.metadata : {}) },
  })
}

/** The scalar entries of a payload, as they are. */
function scalars(data: Fields): Record<string, Json> {
  const facts: Record<string, Json> = {}
  for (const [key, value] of Object.entries(data))
    if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') facts[key] = value
  return facts
}
