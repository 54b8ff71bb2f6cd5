/** What went wrong at an API, in words that say what, where and what to do. Pure; nothing here ever sees a token. */
import { AppError } from '../model/contract.ts'
import { HttpOversize, type HttpReply, HttpTimeout } from './http.ts'

export interface Asked {
  /** `compute`, `identity` … */
  service: string
  method: 'GET' | 'POST'
  url: string
  /** Our own request id: the service logs it. */
  request: string
  /** What this call needs by default, where that is more than being signed in. */
  role?: string | undefined
}

/** Faults that pass by themselves: a GET may simply be sent again. */
export const passing = new Set([502, 503, 504])
/** Answers that say when to come back. */
export const asksToWait = new Set([413, 429, 503])

const resets = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED'])
export const isReset = (error: unknown): boolean =>
  resets.has(codeOf(error)) || /socket hang up|aborted/.test((error as Error | null)?.message ?? '')

/** Seconds or an HTTP date → ms from `now`; null when there is none. At most two minutes: later is another round's business. */
export function retryAfterMs(reply: HttpReply, now: number): number | null {
  const value = reply.headers['retry-after']
  if (value === undefined) return null
  const ms = /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - now
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), 120_000) : null
}

/** The service's own sentence: each has a shape of its own for it, and proxies answer HTML. */
export function messageOf(body: string): string | null {
  let parsed: unknown
  try {
    parsed = JSON.parse(body)
  } catch {
    return /<html|<!doctype/i.test(body) ? titleOf(body) : trimmed(body)
  }
  return sentence(parsed)
}

function sentence(value: unknown): string | null {
  if (typeof value === 'string') return trimmed(value)
  if (typeof value !== 'object' || value === null) return null
  const fields = value as Record<string, unknown>
  for (const key of ['message', 'detail', 'title']) if (typeof fields[key] === 'string') return trimmed(fields[key])
  if (Array.isArray(fields.errors)) return sentence(fields.errors[0])
  const inner = Object.values(fields).find((part) => typeof part === 'object' || typeof part === 'string')
  return inner === undefined ? null : sentence(inner)
}

const titleOf = (html: string) => trimmed(/<title>([^<]*)<\/title>/i.exec(html)?.[1] ?? html)
const trimmed = (text: string): string | null => {
  const plain = text
    .replace(/<[^>]*>/g, ' ')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
  return plain === '' ? null : plain.slice(0, 300)
}

/** An answer that is none of what was hoped for. */
export function refusal(asked: Asked, reply: HttpReply): AppError {
  const said = messageOf(reply.body)
  const theirs = reply.headers['x-openstack-request-id'] ?? reply.headers['x-compute-request-id']
  const tail = `${said === null ? '' : `: ${said}`} (${asked.method} ${shownUrl(asked.url)}, request ${theirs ?? asked.request})`
  const html = /html/i.test(reply.headers['content-type'] ?? '')
  switch (reply.status) {
    case 401:
      return new AppError('denied', `${asked.service}: not signed in, also with a new token (401)${tail}`)
    case 403:
      return new AppError(
        'denied',
        `${asked.service}: not allowed (403)${tail}${asked.role ? `; by default this needs ${asked.role}` : ''}`,
      )
    case 404:
      return new AppError(
        'not-found',
        html
          ? `${asked.service}: nothing there (404, and not from OpenStack: is the endpoint right?)${tail}`
          : `${asked.service}: not found${tail}`,
      )
    case 300:
      return new AppError(
        'protocol',
        `${asked.service}: answers with a list of versions (300): the endpoint of the catalog lacks one${tail}`,
      )
    case 406:
      return new AppError('protocol', `${asked.service}: does not speak the version asked for (406)${tail}`)
    case 413:
    case 429:
      return new AppError(
        'unreachable',
        `${asked.service}: asks us to slow down (${reply.status})${tail}; lower \`rate\` in the config`,
      )
  }
  if (reply.status >= 500)
    return new AppError(
      'unreachable',
      html || said === null
        ? `${asked.service}: a proxy answers for it (${reply.status})${tail}; is the service up?`
        : `${asked.service}: failed (${reply.status})${tail}`,
    )
  if (reply.status >= 300 && reply.status < 400)
    return new AppError(
      'protocol',
      `${asked.service}: sends us elsewhere (${reply.status} to ${shownUrl(reply.headers.location ?? '?')}): put that address into the catalog${tail}`,
    )
  return new AppError('invalid', `${asked.service}: refused (${reply.status})${tail}`)
}

/** An answer with the right status whose body is not what the API's reference says. */
export const garbage = (asked: Asked, why: string): AppError =>
  new AppError('protocol', `${asked.service}: ${why} (${asked.method} ${shownUrl(asked.url)}, request ${asked.request})`)

const certificates = /CERT|SELF_SIGNED|LEAF_SIGNATURE|ISSUER/
/** No answer at all. */
export function silence(asked: Asked, error: unknown): AppError {
  const code = codeOf(error)
  const where = new URL(asked.url)
  const say = (why: string, kind: 'unreachable' | 'protocol' = 'unreachable') =>
    new AppError(kind, `${asked.service}: ${why} (${where.origin})`, { cause: error })
  if (error instanceof HttpOversize) return garbage(asked, error.message)
  if (error instanceof HttpTimeout) return say(`${error.message}: is a firewall in between?`)
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return say(`its certificate is for another name than ${where.hostname}: use the name that it has`, 'protocol')
  if (code === 'CERT_HAS_EXPIRED') return say('its certificate has expired', 'protocol')
  if (certificates.test(code))
    return say(
      `its certificate is signed by an authority that this machine does not know (${code}): set \`ca\` to that authority's PEM file`,
      'protocol',
    )
  if (code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER')
    return say('does not speak TLS here: is it http:// after all?', 'protocol')
  if (code.startsWith('HPE_')) return say(`does not speak HTTP here (${code})`, 'protocol')
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return say(`the name ${where.hostname} is not known to the resolver`)
  if (code === 'ECONNREFUSED') return say('connection refused: nothing listens there')
  if (isReset(error)) return say('the connection was cut before the answer was complete')
  return say(code || (error as Error).message)
}

/** Without the query: markers and filters say nothing about the failure, and nothing personal is logged. */
const shownUrl = (url: string): string =>
  URL.canParse(url) ? `${new URL(url).origin}${new URL(url).pathname}` : url.slice(0, 200)

const codeOf = (error: unknown): string => {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : ''
}
