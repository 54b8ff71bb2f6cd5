/** How a cloud is entered: what a configuration, a clouds.yaml or OS_* variables say, in one shape. */
import { Secret } from '../config/fields.ts'

/** Domains have an id and a name; mixing the two up is the usual 401. */
export type DomainRef = { id: string } | { name: string }
export type UserRef = { id: string } | { name: string; domain: DomainRef }

export type Scope =
  | { kind: 'project'; project: { id: string } | { name: string; domain: DomainRef } }
  | { kind: 'domain'; domain: DomainRef }
  | { kind: 'system' }
  /** The user's default project, or none. */
  | { kind: 'default' }

export type Credentials =
  | { method: 'password'; user: UserRef; password: Secret; scope: Scope }
  /** Bound to one project for ever: takes no scope. */
  | { method: 'application_credential'; id: string; secret: Secret }
  | { method: 'application_credential'; name: string; user: UserRef; secret: Secret }
  | { method: 'token'; token: Secret; scope: Scope }

export interface CloudAccess {
  /** With or without /v3. */
  authUrl: string
  credentials: Credentials
  /** null: the only one there is. */
  region: string | null
  interface: 'public' | 'internal' | 'admin'
  /** PEM text, or the path of a file. */
  ca: string | null
  /** false: certificates are not looked at (`verify: false` of clouds.yaml). */
  verify: boolean
  /** Service type → address that is used instead of the catalog's. */
  endpoints: Readonly<Record<string, string>>
}

export type Reading<T> = { ok: true; value: T } | { ok: false; message: string }

type Entry = Readonly<Record<string, unknown>>

/** One cloud of a clouds.yaml (merged with its profile and secure.yaml), or the OS_* variables in the same shape. */
export function accessOf(entry: Entry, where: string): Reading<CloudAccess> {
  const auth = isEntry(entry.auth) ? entry.auth : {}
  const authUrl = text(auth.auth_url)
  if (authUrl === null || !URL.canParse(authUrl))
    return wrong(`${where}: auth.auth_url is ${authUrl === null ? 'missing' : `no address: "${authUrl}"`}`)
  const credentials = credentialsOf(entry, auth, where)
  if (!credentials.ok) return credentials
  const region = regionOf(entry, where)
  if (!region.ok) return region
  const face = (text(entry.interface) ?? text(entry.endpoint_type) ?? 'public').replace(/URL$/, '')
  if (face !== 'public' && face !== 'internal' && face !== 'admin')
    return wrong(`${where}: interface "${face}" is none of public, internal, admin`)
  const version = text(entry.identity_api_version)
  if (version !== null && !/^3(\.|$)/.test(version))
    return wrong(`${where}: identity_api_version ${version}: only Keystone's version 3 is spoken`)
  return {
    ok: true,
    value: {
      authUrl,
      credentials: credentials.value,
      region: region.value,
      interface: face,
      ca: text(entry.cacert),
      verify: !(entry.verify === false || entry.insecure === true || /^(false|no|0)$/i.test(text(entry.verify) ?? '')),
      endpoints: endpointsOf(entry),
    },
  }
}

function credentialsOf(entry: Entry, auth: Entry, where: string): Reading<Credentials> {
  const type = text(entry.auth_type) ?? (auth.application_credential_secret ? 'v3applicationcredential' : 'password')
  if (type === 'v3applicationcredential') {
    const secret = text(auth.application_credential_secret)
    const [id, name] = [text(auth.application_credential_id), text(auth.application_credential_name)]
    if (secret === null) return wrong(`${where}: auth.application_credential_secret is missing`)
    if (id !== null) return { ok: true, value: { method: 'application_credential', id, secret: new Secret(secret) } }
    const user = userOf(auth)
    if (name === null || user === null)
      return wrong(`${where}: auth needs application_credential_id, or application_credential_name with the user it belongs to`)
    return { ok: true, value: { method: 'application_credential', name, user, secret: new Secret(secret) } }
  }
  const scope = scopeOf(auth)
  if (type === 'token' || type === 'v3token') {
    const token = text(auth.token)
    if (token === null) return wrong(`${where}: auth.token is missing`)
    return { ok: true, value: { method: 'token', token: new Secret(token), scope } }
  }
  if (type !== 'password' && type !== 'v3password')
    return wrong(`${where}: auth_type "${type}" needs a person; use password or, better, v3applicationcredential`)
  const user = userOf(auth)
  const password = text(auth.password)
  if (user === null) return wrong(`${where}: auth needs user_id, or username with user_domain_name (or user_domain_id)`)
  if (password === null) return wrong(`${where}: auth.password is missing (it may also stand in secure.yaml, or in OS_PASSWORD)`)
  return { ok: true, value: { method: 'password', user, password: new Secret(password), scope } }
}

function userOf(auth: Entry): UserRef | null {
  const id = text(auth.user_id)
  if (id !== null) return { id }
  const name = text(auth.username) ?? text(auth.user_name)
  return name === null ? null : { name, domain: domainOf(auth, 'user') }
}

function scopeOf(auth: Entry): Scope {
  const id = text(auth.project_id) ?? text(auth.tenant_id)
  if (id !== null) return { kind: 'project', project: { id } }
  const name = text(auth.project_name) ?? text(auth.tenant_name)
  if (name !== null) return { kind: 'project', project: { name, domain: domainOf(auth, 'project') } }
  if (auth.system_scope !== undefined && auth.system_scope !== null) return { kind: 'system' }
  if (text(auth.domain_id) !== null || text(auth.domain_name) !== null)
    return { kind: 'domain', domain: domainOf({ d_domain_id: auth.domain_id, d_domain_name: auth.domain_name }, 'd') }
  return { kind: 'default' }
}

/** Without any, the domain that every Keystone has: its id is `default`. */
function domainOf(auth: Entry, of: string): DomainRef {
  const id = text(auth[`${of}_domain_id`])
  if (id !== null) return { id }
  const name = text(auth[`${of}_domain_name`]) ?? text(auth.domain_name)
  if (name !== null) return { name }
  return { id: text(auth.domain_id) ?? text(auth.default_domain_id) ?? 'default' }
}

function regionOf(entry: Entry, where: string): Reading<string | null> {
  const named = text(entry.region_name)
  if (named !== null) return { ok: true, value: named }
  const regions = (Array.isArray(entry.regions) ? entry.regions : []).flatMap((region) =>
    isEntry(region) ? (text(region.name) ?? []) : (text(region) ?? []),
  )
  if (regions.length > 1) return wrong(`${where}: there are the regions ${regions.join(', ')}: say which one (region)`)
  return { ok: true, value: regions[0] ?? null }
}

function endpointsOf(entry: Entry): Record<string, string> {
  const endpoints: Record<string, string> = {}
  for (const [key, value] of Object.entries(entry)) {
    const service = /^(.+)_endpoint_override$/.exec(key)?.[1]
    const address = text(value)
    if (service !== undefined && address !== null) endpoints[service.replaceAll('_', '-')] = address
  }
  return endpoints
}

const isEntry = (value: unknown): value is Entry => typeof value === 'object' && value !== null && !Array.isArray(value)
const text = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : null
const wrong = (message: string): { ok: false; message: string } => ({ ok: false, message })
