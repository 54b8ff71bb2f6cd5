/**
 * CADF of keystonemiddleware's audit filter: who asked which service for what, and what it answered. Source: keystonemiddleware
 * audit/_api.py. The thing that was asked for is read from the request's path, where the path names one.
 */
import type { Json, ResourceRef, Service } from '../../model/event.ts'
import { type Fields, isFields } from '../../model/fields.ts'
import { reference, type ServiceDecoder, scalars, toldBy } from './told.ts'
import { textOf } from './values.ts'

const services: readonly [RegExp, Service][] = [
  [/^service\/compute\b|nova/, 'nova'],
  [/^service\/storage\/(block|volume)|cinder/, 'cinder'],
  [/^service\/storage\/image|glance/, 'glance'],
  [/^service\/storage\/object|swift/, 'swift'],
  [/^service\/network|neutron/, 'neutron'],
  [/^(service|data)\/security|keystone/, 'keystone'],
]

/** Collections whose next element in a path is the id of the kind. */
const collections: Readonly<Record<string, string>> = {
  servers: 'instance',
  flavors: 'flavor',
  volumes: 'volume',
  snapshots: 'snapshot',
  backups: 'backup',
  images: 'image',
  networks: 'network',
  subnets: 'subnet',
  ports: 'port',
  routers: 'router',
  floatingips: 'floatingip',
  'security-groups': 'security_group',
  projects: 'project',
  users: 'user',
  groups: 'group',
  domains: 'domain',
  roles: 'role',
}

export const decodeAudit: ServiceDecoder = (eventType, payload, context) => {
  if (!/^audit\.http\.(request|response)$/.test(eventType)) return null
  const data = isFields(payload) ? payload : {}
  const initiator = isFields(data.initiator) ? data.initiator : {}
  const target = isFields(data.target) ? data.target : {}
  const path = textOf(data.requestPath)
  const actor = textOf(initiator.id) ?? context.user
  const name = textOf(initiator.name)
  return toldBy(serviceOf(target), eventType, context, {
    resource: resourceOf(path) ?? reference('catalog_service', target.id),
    project: textOf(initiator.project_id) ?? context.project,
    actor,
    actorProject: textOf(initiator.project_id) ?? context.project,
    request: requestOf(initiator, data) ?? context.request,
    ...(actor !== null && name !== null && { names: { actor: name } }),
    facts: factsOf(data, initiator, target, path),
  })
}

function serviceOf(target: Fields): Service {
  const said = `${textOf(target.typeURI) ?? ''} ${textOf(target.name) ?? ''}`
  return services.find(([pattern]) => pattern.test(said))?.[1] ?? 'other'
}

/** The last thing that the path names: `/v2.1/servers/<id>/action` is about that instance. */
function resourceOf(path: string | null): ResourceRef | null {
  const parts = (path ?? '').split('?', 1)[0]?.split('/') ?? []
  for (let i = parts.length - 2; i >= 0; i--) {
    const kind = collections[parts[i] as string]
    const id = (parts[i + 1] as string).replace(/\.json$/, '')
    if (kind && /^[0-9a-f][0-9a-f-]{30,}$/i.test(id)) return { kind, id }
  }
  return null
}

/** The filter writes the request's id among the tags, as `correlation_id?value=…`, besides newer releases' own field. */
function requestOf(initiator: Fields, data: Fields): string | null {
  const own = textOf(initiator.request_id) ?? textOf(initiator.global_request_id)
  if (own !== null) return own
  const tags = Array.isArray(data.tags) ? data.tags : []
  const tag = tags.find((each): each is string => typeof each === 'string' && each.startsWith('correlation_id?value='))
  return tag?.slice('correlation_id?value='.length) ?? null
}

function factsOf(data: Fields, initiator: Fields, target: Fields, path: string | null): Record<string, Json> {
  const host = isFields(initiator.host) ? initiator.host : {}
  const reason = isFields(data.reason) ? data.reason : {}
  return {
    ...scalars(data),
    path,
    action: textOf(data.action),
    outcome: textOf(data.outcome),
    reasonCode: textOf(reason.reasonCode),
    address: textOf(host.address),
    agent: textOf(host.agent),
    username: textOf(initiator.name),
    target: textOf(target.typeURI),
  }
}
