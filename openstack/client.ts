/**
 * A signed-in client of one cloud: token, catalog, versions, retries, paging. Only GET, besides the sign-in. Tokens and secrets
 * are neither stored nor logged.
 */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Clock } from '../model/clock.ts'
import { AppError, type Logger } from '../model/contract.ts'
import type { CloudAccess } from './access.ts'
import { endpointOf, type ServiceName, serviceTypes } from './catalog.ts'
import { type Asked, asksToWait, garbage, isReset, passing, refusal, retryAfterMs, silence } from './failures.ts'
import { type Gate, gate } from './gate.ts'
import { type Http, type HttpOptions, type HttpReply, openHttp } from './http.ts'
import { authRequest, isStale, signInRefusal, type Token, tokenOf } from './keystone.ts'
import { nextPage, type Query, withQuery } from './paging.ts'
import { compareVersions, microversion, pinned, type Spoken, versionPlace, versionsIn } from './versions.ts'

export interface Reply {
  body: unknown
  /** When the service answered by its own clock, epoch ms; ours where it does not say. */
  date: number
}

export interface GetOptions {
  /** Below this microversion the call makes no sense: AppError('protocol') names it. */
  atLeast?: string
  /** At most this one: some calls lose a parameter later on. */
  atMost?: string
  /** The role it needs by default, for the message of a 403. */
  role?: string
}

export interface Cloud {
  readonly name: string
  readonly region: string | null
  get(service: ServiceName, path: string, query?: Query, options?: GetOptions): Promise<Reply>
  /** null instead of AppError('not-found'). */
  find(service: ServiceName, path: string, query?: Query, options?: GetOptions): Promise<Reply | null>
  /** Page by page from `query` on, to the end of the list. Throws AppError('protocol') when pages go round in a circle. */
  pages(service: ServiceName, path: string, list: string, query?: Query, options?: GetOptions): AsyncGenerator<Page>
  /** Does this cloud have the service at all, in any region? */
  has(service: ServiceName): Promise<boolean>
  /** Who we are, without the token itself. */
  whoami(): Promise<Omit<Token, 'secret'>>
  /** Address and version that are used for a service. */
  speaks(service: ServiceName): Promise<{ base: string; version: string | null } & Spoken>
  close(): void
}

export interface Page extends Reply {
  /** Of the next page; null at the end. */
  marker: string | null
}

export interface CloudOptions {
  name: string
  access: CloudAccess
  clock: Clock
  logger: Logger
  /** Calls a second to each service; null: no limit. */
  rate?: number | null
  signal?: AbortSignal
  http?: HttpOptions
}

const tries = 3
const atOnce = 4
/** More pages than any list has at 1,000 a page. */
const mostPages = 100_000

export function openCloud({ name, access, clock, logger, rate = null, signal, http: httpOptions }: CloudOptions): Cloud {
  const http: Http = openHttp({ ca: pemOf(access.ca), verify: access.verify, ...httpOptions })
  const gates = new Map<string, Gate>()
  const spoken = new Map<ServiceName, Promise<{ base: string; version: string | null } & Spoken>>()
  let signedIn: Promise<Token> | null = null

  const gateOf = (service: string): Gate => {
    let its = gates.get(service)
    if (!its) {
      its = gate(clock, atOnce, rate)
      gates.set(service, its)
    }
    return its
  }

  /** The token held, or a new one when it is stale or was refused. Calls that find it stale at once share one sign-in. */
  async function token(refused?: Token): Promise<Token> {
    const current = signedIn
    if (current !== null) {
      const held = await current.catch(() => null)
      if (held !== null && held !== refused && !isStale(held, clock.now())) return held
      if (signedIn !== current && signedIn !== null) return token(refused)
    }
    const fresh = signIn()
    signedIn = fresh
    fresh.catch(() => {
      if (signedIn === fresh) signedIn = null
    })
    return fresh
  }

  async function signIn(): Promise<Token> {
    const url = `${versionPlace('identity', access.authUrl).base}/auth/tokens`
    const asked: Asked = { service: 'identity', method: 'POST', url, request: requestId() }
    const body = JSON.stringify(authRequest(access.credentials))
    // signing in changes nothing, so it may be repeated like a GET
    const reply = await persistently(asked, { 'Content-Type': 'application/json' }, body)
    if (reply.status !== 201 && reply.status !== 200) throw failed(asked, signInRefusal(asked, reply, access.credentials))
    return tokenOf(asked, reply, clock.now())
  }

  /** Sends until there is an answer that is worth reading; throws what the last try met. */
  async function persistently(asked: Asked, headers: Record<string, string>, body?: string): Promise<HttpReply> {
    for (let attempt = 1; ; attempt++) {
      let reply: HttpReply | null = null
      let error: unknown = null
      try {
        reply = await gateOf(asked.service).through(
          () =>
            http.exchange({
              method: asked.method,
              url: asked.url,
              headers: {
                Accept: 'application/json',
                'User-Agent': 'specola',
                'X-OpenStack-Request-ID': asked.request,
                ...headers,
              },
              ...(body !== undefined && { body }),
              signal,
            }),
          signal,
        )
      } catch (caught) {
        signal?.throwIfAborted()
        error = caught
      }
      const again = reply ? passing.has(reply.status) || asksToWait.has(reply.status) : isReset(error)
      if (!again || attempt >= tries) {
        if (reply) return reply
        throw failed(asked, silence(asked, error))
      }
      const told = reply && asksToWait.has(reply.status) ? retryAfterMs(reply, clock.now()) : null
      await clock.sleep(told ?? 500 * 2 ** (attempt - 1) * (0.5 + Math.random()), signal)
    }
  }

  async function send(asked: Asked, headers: Record<string, string>): Promise<HttpReply> {
    const first = await token()
    const reply = await persistently(asked, { ...headers, 'X-Auth-Token': first.secret.reveal() })
    if (reply.status !== 401) return reply
    // revoked, or Keystone lost it: once with a new one
    const second = await token(first)
    return persistently(asked, { ...headers, 'X-Auth-Token': second.secret.reveal() })
  }

  function speaks(service: ServiceName): Promise<{ base: string; version: string | null } & Spoken> {
    let known = spoken.get(service)
    if (!known) {
      known = discover(service)
      spoken.set(service, known)
      known.catch(() => spoken.delete(service)) // asked again next time
    }
    return known
  }

  async function discover(service: ServiceName): Promise<{ base: string; version: string | null } & Spoken> {
    const { catalog } = await token()
    const { base, ask } = versionPlace(service, endpointOf(catalog, service, access))
    if (!pinned[service]) return { base, version: null, min: null, max: null }
    const asked: Asked = { service, method: 'GET', url: ask, request: requestId() }
    const reply = await send(asked, {})
    if (reply.status !== 200 && reply.status !== 300) throw failed(asked, refusal(asked, reply))
    const range = versionsIn(service, parsed(asked, reply))
    return { base, version: microversion(service, range), ...range }
  }

  async function get(service: ServiceName, path: string, query: Query = {}, options: GetOptions = {}): Promise<Reply> {
    const { base, version } = await speaks(service)
    const asked: Asked = {
      service,
      method: 'GET',
      url: withQuery(`${base}${path}`, query),
      request: requestId(),
      role: options.role,
    }
    const reply = await send(asked, versionHeaders(service, version, options, asked))
    if (reply.status !== 200) throw failed(asked, refusal(asked, reply))
    const date = Date.parse(reply.headers.date ?? '')
    return { body: parsed(asked, reply), date: Number.isNaN(date) ? clock.now() : date }
  }

  function versionHeaders(
    service: ServiceName,
    spoken: string | null,
    { atLeast, atMost }: GetOptions,
    asked: Asked,
  ): Record<string, string> {
    const pin = pinned[service]
    if (!pin) return {}
    if (atLeast !== undefined && (spoken === null || compareVersions(spoken, atLeast) < 0))
      throw garbage(asked, `this needs version ${atLeast}, and the service speaks ${spoken ?? 'none'}`)
    if (spoken === null) return {}
    const version = atMost !== undefined && compareVersions(spoken, atMost) > 0 ? atMost : spoken
    return {
      'OpenStack-API-Version': `${pin.header} ${version}`,
      ...(service === 'compute' && { 'X-OpenStack-Nova-API-Version': version }),
    }
  }

  function parsed(asked: Asked, reply: HttpReply): unknown {
    try {
      return JSON.parse(reply.body)
    } catch {
      const html = /^\s*</.test(reply.body)
      throw failed(
        asked,
        garbage(
          asked,
          html
            ? 'answers HTML instead of JSON: a proxy or a sign-in page?'
            : 'answers something that is no JSON, or only half of it',
        ),
      )
    }
  }

  function failed(asked: Asked, error: AppError): AppError {
    logger.debug(`cloud ${name}: ${error.message}`, { request: asked.request, service: asked.service })
    return error
  }

  return {
    name,
    region: access.region,
    get,
    speaks,
    async find(service, path, query, options) {
      try {
        return await get(service, path, query, options)
      } catch (error) {
        if (error instanceof AppError && error.code === 'not-found') return null
        throw error
      }
    },
    async *pages(service, path, list, query = {}, options = {}) {
      const seen = new Set<string>()
      let asking: Query = query
      for (let page = 0; page < mostPages; page++) {
        const reply = await get(service, path, asking, options)
        const body = reply.body as Record<string, unknown> | null
        if (typeof body !== 'object' || body === null || !Array.isArray(body[list]))
          throw new AppError('protocol', `${service}: the answer to GET ${path} has no list "${list}"`)
        const next = nextPage(body, list)
        const marker = next?.get('marker') ?? null
        yield { ...reply, marker }
        if (next === null) return
        const key = next.toString()
        if (seen.has(key))
          throw new AppError('protocol', `${service}: the pages of GET ${path} go round in a circle at marker ${marker}`)
        seen.add(key)
        // what was asked for stays: some services drop parameters from their links
        asking = { ...query, ...Object.fromEntries(next) }
      }
      throw new AppError('protocol', `${service}: GET ${path} has no end`)
    },
    async has(service) {
      const types: readonly string[] = serviceTypes[service]
      const { catalog } = await token()
      return (
        service === 'identity' ||
        [service, ...types].some((type) => access.endpoints[type] !== undefined) ||
        catalog.some(({ type }) => types.includes(type))
      )
    },
    async whoami() {
      const { secret: _, ...rest } = await token()
      return rest
    },
    close: () => http.close(),
  }
}

/** PEM itself, or the file that holds it. Throws AppError('config'). */
function pemOf(ca: string | null): string | null {
  if (ca === null || ca.includes('-----BEGIN')) return ca
  try {
    return readFileSync(ca, 'utf8')
  } catch (cause) {
    throw new AppError('config', `ca: ${ca}: cannot be read: ${(cause as NodeJS.ErrnoException).code}`, { cause })
  }
}

const requestId = () => `req-${randomUUID()}`
