/** Signing in: the request's body, what the answer says, and what a refusal probably means. The token id leaves only as a Secret. */
import { Secret } from '../config/fields.ts'
import { AppError } from '../model/contract.ts'
import type { Json } from '../model/event.ts'
import { parseTimestamp } from '../model/timestamp.ts'
import type { Credentials, DomainRef, Scope, UserRef } from './access.ts'
import { type Asked, garbage, messageOf, refusal } from './failures.ts'
import type { HttpReply } from './http.ts'

export interface Token {
  secret: Secret
  issuedAt: number
  expiresAt: number
  user: { id: string; name: string | null }
  /** null: not scoped to a project. */
  project: { id: string; name: string | null } | null
  system: boolean
  roles: readonly string[]
  catalog: readonly CatalogService[]
}

export interface CatalogService {
  type: string
  name: string | null
  endpoints: readonly { interface: string; region: string | null; url: string }[]
}

/** Life of a token after which a new one is got. */
const renewedAt = 0.8

export const isStale = (token: Pick<Token, 'issuedAt' | 'expiresAt'>, now: number): boolean =>
  now >= token.issuedAt + (token.expiresAt - token.issuedAt) * renewedAt

/** `POST /v3/auth/tokens`. */
export function authRequest(credentials: Credentials): Json {
  switch (credentials.method) {
    case 'password':
      return {
        auth: {
          identity: {
            methods: ['password'],
            password: { user: { ...userJson(credentials.user), password: credentials.password.reveal() } },
          },
          ...scopeJson(credentials.scope),
        },
      }
    case 'application_credential':
      return {
        auth: {
          identity: {
            methods: ['application_credential'],
            application_credential:
              'id' in credentials
                ? { id: credentials.id, secret: credentials.secret.reveal() }
                : { name: credentials.name, user: userJson(credentials.user), secret: credentials.secret.reveal() },
          },
        },
      }
    case 'token':
      return {
        auth: { identity: { methods: ['token'], token: { id: credentials.token.reveal() } }, ...scopeJson(credentials.scope) },
      }
  }
}

const userJson = (user: UserRef): { [key: string]: Json } =>
  'id' in user ? { id: user.id } : { name: user.name, domain: domainJson(user.domain) }
const domainJson = (domain: DomainRef): { [key: string]: Json } => ({ ...domain })

function scopeJson(scope: Scope): { scope?: Json } {
  if (scope.kind === 'default') return {}
  if (scope.kind === 'system') return { scope: { system: { all: true } } }
  if (scope.kind === 'domain') return { scope: { domain: domainJson(scope.domain) } }
  const { project } = scope
  return { scope: { project: 'id' in project ? { id: project.id } : { name: project.name, domain: domainJson(project.domain) } } }
}

/** Throws AppError('protocol') for an answer that is no token. `now` stands in for a missing issued_at. */
export function tokenOf(asked: Asked, reply: HttpReply, now: number): Token {
  const id = reply.headers['x-subject-token']
  if (!id) throw garbage(asked, 'answers without X-Subject-Token: is this address Keystone?')
  let body: { token?: Record<string, unknown> }
  try {
    body = JSON.parse(reply.body) as typeof body
  } catch {
    throw garbage(asked, 'answers something that is no JSON: is this address Keystone?')
  }
  const token = body?.token
  const expiresAt = parseTimestamp(token?.expires_at)
  if (!token || expiresAt === null) throw garbage(asked, 'answers a token without expires_at')
  const issuedAt = parseTimestamp(token.issued_at) ?? now
  const life = expiresAt - issuedAt
  const named = (value: unknown) => {
    const entry = value as { id?: unknown; name?: unknown } | null | undefined
    return typeof entry?.id === 'string' ? { id: entry.id, name: typeof entry.name === 'string' ? entry.name : null } : null
  }
  return {
    secret: new Secret(id),
    // by our own clock: Keystone's may be minutes off
    issuedAt: now,
    expiresAt: now + life,
    user: named(token.user) ?? { id: '', name: null },
    project: named(token.project),
    system: token.system !== undefined,
    roles: (Array.isArray(token.roles) ? token.roles : []).flatMap((role) => named(role)?.name ?? []),
    catalog: catalogOf(token.catalog),
  }
}

function catalogOf(value: unknown): CatalogService[] {
  return (Array.isArray(value) ? value : []).flatMap((service: Record<string, unknown>) => {
    if (typeof service?.type !== 'string') return []
    const endpoints = (Array.isArray(service.endpoints) ? service.endpoints : []).flatMap((endpoint: Record<string, unknown>) =>
      typeof endpoint?.url === 'string' && typeof endpoint.interface === 'string'
        ? [{ interface: endpoint.interface, region: regionOf(endpoint), url: endpoint.url }]
        : [],
    )
    return [{ type: service.type, name: typeof service.name === 'string' ? service.name : null, endpoints }]
  })
}

const regionOf = (endpoint: Record<string, unknown>) =>
  typeof endpoint.region_id === 'string' ? endpoint.region_id : typeof endpoint.region === 'string' ? endpoint.region : null

/** Keystone does not say which part is wrong; the request does say which parts there are. */
export function signInRefusal(asked: Asked, reply: HttpReply, credentials: Credentials): AppError {
  if (reply.status !== 401 && reply.status !== 404 && reply.status !== 400) return refusal(asked, reply)
  const said = messageOf(reply.body) ?? 'no reason given'
  // an application credential that does not exist is a 404 of Keystone itself
  if (reply.status === 404 && !reply.body.includes('"error"'))
    return new AppError(
      'protocol',
      `identity: no Keystone v3 at ${new URL(asked.url).origin}${new URL(asked.url).pathname} (404): check authUrl`,
    )
  if (reply.headers['openstack-auth-receipt'] !== undefined)
    return new AppError(
      'denied',
      `identity: ${who(credentials)} must prove itself in more than one way (MFA): use an application credential for Specola`,
    )
  return new AppError('denied', `identity: ${who(credentials)} is refused (${reply.status}): ${said}; ${advice(credentials)}`)
}

function who(credentials: Credentials): string {
  if (credentials.method === 'token') return 'the token'
  if (credentials.method === 'application_credential')
    return `application credential ${'id' in credentials ? credentials.id : `"${credentials.name}" of ${userShown(credentials.user)}`}`
  return userShown(credentials.user)
}

const userShown = (user: UserRef) =>
  'id' in user
    ? `user id ${user.id}`
    : `user "${user.name}" of domain ${'id' in user.domain ? `id "${user.domain.id}"` : `"${user.domain.name}"`}`

function advice(credentials: Credentials): string {
  if (credentials.method === 'token') return 'it has expired, or was revoked'
  if (credentials.method === 'application_credential')
    return 'it is wrong, has expired, or died with a role of its user; make a new one with `openstack application credential create`'
  const domain = 'id' in credentials.user ? null : credentials.user.domain
  const mixedUp =
    domain && 'id' in domain && domain.id === 'Default'
      ? 'a domain *id* is written, and "Default" is a name (its id is "default")'
      : domain && 'name' in domain && domain.name === 'default'
        ? 'a domain *name* is written, and "default" is an id (its name is "Default")'
        : null
  const scope =
    credentials.scope.kind === 'project'
      ? ', or the user has no role on the project'
      : credentials.scope.kind === 'system'
        ? ', or the user has no role on the system'
        : ''
  return mixedUp ?? `wrong password, wrong domain of user or project${scope}`
}
