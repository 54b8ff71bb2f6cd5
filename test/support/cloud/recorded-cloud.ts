/** OpenStack's APIs over real HTTP, with the answers that a real cloud gave, in pages; and every way of breaking that is asked for. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fixture } from '../fixture.ts'

type Entry = Record<string, unknown>

interface Recorded {
  servers: Entry[]
  actions: Record<string, Entry[]>
  actionEvents: Record<string, Entry>
  catalog: { type: string; name: string; endpoints: { interface: string; region_id: string; url: string }[] }[]
  versions: Record<string, unknown>
  usage: (Entry & { server_usages: Entry[] })[]
  lists: Record<string, { list: string; entries: Entry[] }>
  auditLog: Entry
  window: { start: string; end: string }
}

export type Fault =
  /** The connection is cut before, or half-way through, the answer. */
  | { how: 'reset' | 'half' }
  /** The answer never comes. */
  | { how: 'silence' }
  | { how: 'status'; status: number; headers?: Record<string, string>; body?: string }

export interface RecordedCloud {
  url: string
  recorded: Recorded
  /** Requests so far: method, path with query, and headers that matter. */
  requests: { method: string; url: string; headers: IncomingMessage['headers'] }[]
  /** The next `times` requests whose address matches meet this fault. */
  breakOn(match: RegExp, fault: Fault, times?: number): void
  /** Tokens issued so far stop being valid. */
  revoke(): void
  /** What the sign-in answers: a body of Keystone's error, or null for yes. */
  refuseSignIn(status: number, message: string, headers?: Record<string, string>): void
  acceptSignIn(): void
  roles: string[]
  /** Placement's answers, by path and query. */
  placement: Map<string, { status: number; body: unknown }>
  /** Seconds that a token lives. */
  life: number
  /** How far the services' clocks are ahead, ms. */
  ahead: number
  close(): Promise<void>
}

/** As the recorded cloud had it. */
const aggregates = [
  {
    ...{ id: 1, uuid: 'a021c603-d2da-4070-b880-c4fab55bd3e2', name: 'kvm', hosts: ['kvm-1'], availability_zone: 'kvm' },
    ...{ metadata: { availability_zone: 'kvm' }, created_at: '2026-11-22T15:48:15.000000', deleted: false },
  },
]

/** `GET` path and query → answer. */
export function recordedPlacement(): Map<string, { status: number; body: unknown }> {
  const { replies } = JSON.parse(fixture('placement/placement.json.gz')) as {
    replies: { request: { url: string }; response: { status: number; body: unknown } }[]
  }
  return new Map(replies.map(({ request, response }) => [request.url.replace(/^http:\/\/[^/]*/, ''), response]))
}

export async function recordedCloud(): Promise<RecordedCloud> {
  const recorded = JSON.parse(fixture('cloud/truth.json.gz')) as Recorded
  const placement = recordedPlacement()
  const faults: { match: RegExp; fault: Fault; left: number }[] = []
  const valid = new Set<string>()
  let refusal: { status: number; message: string; headers: Record<string, string> } | null = null
  let issued = 0
  const server: Server = createServer(answer)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const cloud: RecordedCloud = {
    ...{ url: `${base}/5000/v3`, recorded, requests: [], roles: ['admin'], life: 3600, ahead: 0, placement },
    breakOn: (match, fault, times = 1) => void faults.push({ match, fault, left: times }),
    revoke: () => valid.clear(),
    refuseSignIn: (status, message, headers = {}) => {
      refusal = { status, message, headers }
    },
    acceptSignIn: () => {
      refusal = null
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', base)
    cloud.requests.push({ method: request.method ?? '', url: `${url.pathname}${url.search}`, headers: request.headers })
    request.resume()
    response.setHeader('Date', new Date(Date.now() + cloud.ahead).toUTCString())
    const hit = faults.find(({ match, left }) => left > 0 && match.test(`${url.pathname}${url.search}`))
    const [, port, ...rest] = url.pathname.split('/') as [string, string, ...string[]]
    const path = `/${rest.join('/')}`
    if (hit) {
      hit.left--
      misbehave(hit.fault, response)
    } else if (port === '5000' && path === '/v3/auth/tokens') signIn(response)
    else if (valid.has(String(request.headers['x-auth-token']))) {
      const found = find(port, path, url.searchParams, String(request.headers['openstack-api-version'] ?? ''))
      reply(response, found.status, found.body)
    } else reply(response, 401, { error: { code: 401, message: 'The request you have made requires authentication.' } })
  }

  function signIn(response: ServerResponse): void {
    if (refusal) {
      reply(response, refusal.status, { error: { code: refusal.status, message: refusal.message } }, refusal.headers)
      return
    }
    const id = `gAAAA-secret-token-${++issued}`
    valid.add(id)
    const now = Date.now()
    const iso = (time: number) => new Date(time).toISOString().replace('Z', '000Z')
    const catalog = recorded.catalog.map((service) => ({
      ...service,
      endpoints: service.endpoints.map((endpoint) => ({
        ...endpoint,
        url: endpoint.url.replace(/^http:\/\/[^/]*:(\d+)/, `${base}/$1`),
      })),
    }))
    const token = {
      ...{ methods: ['application_credential'], user: { id: 'u1', name: 'specola', domain: { id: 'default', name: 'Default' } } },
      ...{ project: { id: 'p1', name: 'admin' }, roles: cloud.roles.map((name) => ({ id: name, name })), catalog },
      ...{ issued_at: iso(now), expires_at: iso(now + cloud.life * 1000) },
    }
    reply(response, 201, { token }, { 'X-Subject-Token': id })
  }

  function find(port: string, path: string, query: URLSearchParams, version: string): { status: number; body: unknown } {
    const missing = { status: 404, body: { itemNotFound: { code: 404, message: 'The resource could not be found.' } } }
    if (port !== '8778' && /^\/(v2\.1|v3)?\/?$/.test(path))
      return { status: path === '/' ? 300 : 200, body: recorded.versions[port] ?? missing.body }
    if (port === '8778')
      return placement.get(`${path}${query.size > 0 ? `?${decodeURIComponent(String(query))}` : ''}`) ?? missing
    if (port === '8774') return compute(path.replace(/^\/v2\.1/, ''), query, version) ?? missing
    const service = { '8776': 'volumev3', '9292': 'image', '9696': 'network', '5000': 'identity' }[port]
    const bare = path.replace(/^\/v\d(\.\d)?/, '').replace(/^\/[0-9a-f]{32}/, '')
    const list = recorded.lists[`${service}${bare}`]
    if (!list) return missing
    // recorded are images that are not hidden
    const entries = query.get('os_hidden') === 'true' ? [] : list.entries
    return {
      status: 200,
      body: paged(`${base}/${port}${path}`, list.list, entries, query, service === 'image' ? 'next' : 'links'),
    }
  }

  function compute(path: string, query: URLSearchParams, version: string): { status: number; body: unknown } | null {
    const one = /^\/servers\/([^/]+)$/.exec(path)?.[1]
    const actions = /^\/servers\/([^/]+)\/os-instance-actions(?:\/([^/]+))?$/.exec(path)
    if (path === '/servers/detail' || path === '/servers') {
      const since = query.get('changes-since')
      const hidden = query.get('soft_deleted') === 'true' ? ['DELETED'] : ['DELETED', 'SOFT_DELETED']
      const servers = recorded.servers.filter((server) =>
        since === null ? !hidden.includes(String(server.status)) : String(server.updated) >= since,
      )
      return { status: 200, body: paged(`http://inner.example:8774${path}`, 'servers', servers, query, 'links') }
    }
    if (one && one !== 'detail') {
      const server = recorded.servers.find(({ id, status }) => id === one && status !== 'DELETED')
      return server ? { status: 200, body: { server } } : null
    }
    if (actions) {
      const [, id, request] = actions as unknown as [string, string, string | undefined]
      const list = recorded.actions[id]
      if (!list) return null
      if (request === undefined) return { status: 200, body: { instanceActions: list } }
      const head = list.find(({ request_id }) => request_id === request)
      const done = { event: 'done', start_time: head?.start_time, finish_time: head?.updated_at, result: 'Success' }
      // steps were recorded of some of them only
      return head
        ? { status: 200, body: { instanceAction: recorded.actionEvents[`${id}/${request}`] ?? { ...head, events: [done] } } }
        : null
    }
    if (path === '/os-aggregates') return { status: 200, body: { aggregates } }
    if (path === '/os-simple-tenant-usage') {
      if (Number(version.split('2.')[1]) < 40) return { status: 200, body: { tenant_usages: recorded.usage } }
      return { status: 200, body: usagePage(query) }
    }
    const project = /^\/os-simple-tenant-usage\/([^/]+)$/.exec(path)?.[1]
    if (project)
      return { status: 200, body: { tenant_usage: recorded.usage.find(({ tenant_id }) => tenant_id === project) ?? {} } }
    if (path === '/os-instance_usage_audit_log') return { status: 200, body: recorded.auditLog }
    const before = /^\/os-instance_usage_audit_log\/(.+)$/.exec(path)?.[1]
    if (before) return { status: 200, body: auditBefore(Date.parse(`${decodeURIComponent(before).replace(' ', 'T')}Z`)) }
    const list = recorded.lists[`compute${path}`]
    return list ? { status: 200, body: paged(`${base}/8774/v2.1${path}`, list.list, list.entries, query, 'links') } : null
  }

  /** Nova's `last_completed_audit_period(before=…)`: the last one that ended before an instant, and not at it. */
  function auditBefore(before: number): unknown {
    const newest = recorded.auditLog.instance_usage_audit_logs as Record<string, string>
    const at = (text: string | undefined) => Date.parse(`${String(text).replace(' ', 'T')}Z`)
    const [from, to] = [at(newest.period_beginning), at(newest.period_ending)]
    const length = to - from
    const end = to - Math.floor((to - before) / length + 1) * length
    const written = (time: number) => new Date(time).toISOString().slice(0, 19).replace('T', ' ')
    return {
      instance_usage_audit_log: {
        ...newest,
        ...{ period_beginning: written(end - length), period_ending: written(end) },
        hosts_not_run: [`missed-${(to - end) / length}`],
      },
    }
  }

  /** Instances, not projects, are what a page of usage counts. */
  function usagePage(query: URLSearchParams): unknown {
    const rows = recorded.usage.flatMap((tenant) => tenant.server_usages)
    const limit = Math.min(Number(query.get('limit') ?? 1000), 1000)
    const from = query.has('marker') ? rows.findIndex(({ instance_id }) => instance_id === query.get('marker')) + 1 : 0
    const page = new Set(rows.slice(from, from + limit))
    const tenant_usages = recorded.usage.flatMap((tenant) => {
      const its = tenant.server_usages.filter((row) => page.has(row))
      return its.length === 0 ? [] : [{ ...tenant, server_usages: its }]
    })
    const last = rows[from + limit - 1]
    const more = from + limit < rows.length
    query.set('marker', String(last?.instance_id))
    const href = `http://inner.example:8774/v2.1/os-simple-tenant-usage?${query}`
    return { tenant_usages, ...(more && { tenant_usages_links: [{ rel: 'next', href }] }) }
  }

  return cloud
}

function paged(address: string, list: string, entries: Entry[], query: URLSearchParams, links: 'links' | 'next'): Entry {
  const limit = Math.min(Number(query.get('limit') ?? 1000), 1000)
  const marker = query.get('marker')
  const from = marker === null ? 0 : entries.findIndex(({ id }) => id === marker) + 1
  const page = entries.slice(from, from + limit)
  const body: Entry = { [list]: page }
  if (from + limit >= entries.length) return body
  const next = new URLSearchParams(query)
  next.set('marker', String(page.at(-1)?.id))
  // Glance's link is relative, the others' name the host that the service believes to be
  if (links === 'next') return { ...body, next: `/v2/${list}?${next}` }
  return { ...body, [`${list}_links`]: [{ rel: 'next', href: `${address}?${next}` }] }
}

function misbehave(fault: Fault, response: ServerResponse): void {
  if (fault.how === 'reset') response.socket?.resetAndDestroy()
  else if (fault.how === 'half') {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '1000' })
    response.write('{"servers": [{"id":')
    setImmediate(() => response.socket?.destroy())
  } else if (fault.how === 'status') {
    response.writeHead(fault.status, { 'Content-Type': 'application/json', ...fault.headers })
    response.end(fault.body ?? '{}')
  }
}

function reply(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'X-OpenStack-Request-ID': 'req-theirs', ...headers })
  response.end(JSON.stringify(body))
}
