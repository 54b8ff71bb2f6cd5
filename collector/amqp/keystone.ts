/** Keystone's notifications, CADF and basic. Payloads: keystone/notifications.py. They tell ids, and never a name but the actor's. */
import type { CloudEvent, Json, ResourceFacts } from '../../model/event.ts'
import { type Fields, isFields } from '../../model/fields.ts'
import { reference, type ServiceDecoder, scalars } from './told.ts'
import { textOf } from './values.ts'

const operations: Readonly<Record<string, string>> = {
  created: 'create',
  updated: 'update',
  deleted: 'delete',
  disabled: 'disable',
}

/** Keystone's word for a kind → ours, where another service has a like-named kind of its own. */
const kinds: Readonly<Record<string, string>> = { service: 'catalog_service' }

/** What has a life that the inventory keeps. Role assignments and the like are acts, not things. */
const kept = new Set([
  'project',
  'user',
  'group',
  'domain',
  'role',
  'region',
  'catalog_service',
  'endpoint',
  'trust',
  'application_credential',
])

export const decodeKeystone: ServiceDecoder = (eventType, payload, context) => {
  if (!eventType.startsWith('identity.')) return null
  const data = isFields(payload) ? payload : {}
  const initiator = isFields(data.initiator) ? data.initiator : {}
  const parts = eventType.split('.').slice(1)
  const last = parts.at(-1) as string
  // identity.authenticate is an act of a user
  const word = parts.length === 1 ? 'user' : plainKind(parts.slice(0, -1).join('.'))
  const kind = kinds[word] ?? word
  const operation = operations[last] ?? last
  const id = subjectOf(word, data, initiator)
  const actor = textOf(initiator.user_id) ?? textOf(initiator.id) ?? context.user
  const about = parts.length > 1 && kept.has(kind) && id !== null ? aboutOf(operation, kind === 'project' ? id : null) : null
  return {
    type: parts.length === 1 ? `identity.${last}` : `${word}.${operation}`,
    phase: null,
    service: 'keystone',
    resource: reference(kind, id),
    project: kind === 'project' ? id : (textOf(data.project) ?? textOf(initiator.project_id) ?? context.project),
    user: kind === 'user' ? id : (textOf(data.user) ?? null),
    actor,
    actorProject: textOf(initiator.project_id) ?? context.project,
    host: null,
    request: textOf(initiator.request_id) ?? textOf(initiator.global_request_id) ?? context.request,
    ...(about && { about }),
    ...nameOf(actor, initiator, data),
    facts: factsOf(data, initiator),
  }
}

/** `OS-TRUST:trust` → `trust`. */
const plainKind = (word: string) => word.replace(/^OS-[A-Z0-9]+:/, '')

/** A role assignment has no id: it is named by its role. */
function subjectOf(word: string, data: Fields, initiator: Fields): string | null {
  const target = isFields(data.target) ? data.target : {}
  if (word === 'role_assignment') return textOf(data.role) ?? textOf(data.resource_info) ?? textOf(target.id)
  return textOf(data.resource_info) ?? textOf(initiator.user_id) ?? textOf(target.id)
}

const aboutOf = (operation: string, owner: string | null): ResourceFacts => ({
  ...(owner !== null && { owner }),
  ...(operation === 'disable' && { status: 'disabled' }),
})

/** Only what Keystone vouches for: a name tried at a failed sign-in may be anybody's. */
function nameOf(actor: string | null, initiator: Fields, data: Fields): Pick<CloudEvent, 'names'> {
  const name = textOf(initiator.username)
  return actor !== null && name !== null && textOf(initiator.user_id) === actor && data.outcome !== 'failure'
    ? { names: { actor: name } }
    : {}
}

function factsOf(data: Fields, initiator: Fields): Record<string, Json> {
  const host = isFields(initiator.host) ? initiator.host : {}
  const reason = isFields(data.reason) ? data.reason : {}
  const credential = isFields(initiator.credential) ? initiator.credential : {}
  const target = isFields(data.target) ? data.target : {}
  const facts: Record<string, Json> = {
    ...scalars(data),
    outcome: textOf(data.outcome),
    address: textOf(host.address),
    agent: textOf(host.agent),
    username: textOf(initiator.username),
  }
  const more: Record<string, string | null> = {
    reason: textOf(reason.reasonType),
    reasonCode: textOf(reason.reasonCode),
    target: textOf(target.id),
    // federation
    credentialType: textOf(credential.type),
    identityProvider: textOf(credential.identity_provider),
  }
  for (const [key, value] of Object.entries(more)) if (value !== null) facts[key] = value
  return facts
}
