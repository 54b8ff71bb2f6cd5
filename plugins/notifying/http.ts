/**
 * One request of a notifier, and its answer or the reason why there is none. node:https instead of fetch: it takes an authority of
 * its own and a proxy without another package. Redirects are not followed; of an answer only so much is read.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { systemClock } from '../../model/clock.ts'
import type { Delivery } from '../../model/contract.ts'
import { retryAfterMs, verdictOn } from './retry-table.ts'
import { oneLine } from './text.ts'

export interface Request {
  /** Whom a person calls it: "Slack", "webhook cmdb". */
  service: string
  method: 'GET' | 'POST' | 'PUT'
  url: string
  headers?: Readonly<Record<string, string>>
  body?: string
  /** Never shown, whatever the server answers: tokens, and addresses that are secrets themselves. */
  secrets?: readonly string[]
}

/** How the server is reached. */
export interface Way {
  /** PEM text of the authority that signed its certificate. */
  ca: string | null
  /** `http://proxy:3128`. */
  proxy: string | null
  timeoutMs: number
}

export interface Answer {
  status: number
  /** Names in small letters. */
  headers: Readonly<Record<string, string>>
  /** Its first 64 KiB; `cut` when there was more. */
  body: string
  cut: boolean
}

export type Exchanged = { ok: true; answer: Answer } | { ok: false; retry: true; reason: string }

const mostOfAnswer = 64 * 1024

/** Sends; an answer of any status is an answer. Ends with the signal, whatever the server does. */
export async function exchange(request: Request, way: Way, signal: AbortSignal): Promise<Exchanged> {
  try {
    return { ok: true, answer: await ask(request, way, AbortSignal.any([signal, AbortSignal.timeout(way.timeoutMs)])) }
  } catch (error) {
    const own = error as NodeJS.ErrnoException
    const late = own.name === 'TimeoutError' || (own.name === 'AbortError' && !signal.aborted)
    const why = late
      ? `no answer within ${way.timeoutMs / 1000} s`
      : signal.aborted
        ? (signal.reason as Error).message
        : (meanings[own.code ?? ''] ?? own.message)
    return { ok: false, retry: true, reason: explained(request, `${why}${own.code ? ` (${own.code})` : ''}`) }
  }
}

/** Sends, and judges the answer by its status alone. */
export async function deliver(request: Request, way: Way, signal: AbortSignal): Promise<Delivery> {
  const exchanged = await exchange(request, way, signal)
  return exchanged.ok ? judged(request, exchanged.answer) : exchanged
}

/** What the table says of an answer. */
export function judged(request: Request, answer: Answer): Delivery {
  const said = `HTTP ${answer.status}${answer.body.trim() === '' ? '' : `: ${answer.body}`}`
  const verdict = verdictOn(answer.status)
  if (verdict === 'delivered') return { ok: true, answer: hide(said, request.secrets ?? []) }
  const wait = retryAfterMs(answer, systemClock.now())
  return {
    ...{ ok: false, retry: verdict === 'again', reason: explained(request, said) },
    ...(wait === null ? {} : { retryAfterMs: wait }),
  }
}

/** A reason that names the server and nothing secret. */
export function explained({ service, url, secrets = [] }: Request, text: string): string {
  return hide(`${service} (${new URL(url).host}): ${text}`, secrets)
}

/** The text with every form of the secrets taken out, on one line. */
export function hide(text: string, secrets: readonly string[]): string {
  const forms = secrets
    .flatMap((secret) => [secret, ...partsOf(secret)])
    .filter((secret) => secret.length > 3)
    .flatMap((secret) => [
      secret,
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64').replace(/=+$/, ''),
      JSON.stringify(secret).slice(1, -1),
    ])
    .toSorted((a, b) => b.length - a.length)
  return oneLine(
    forms.reduce((shown, form) => shown.replaceAll(form, '***'), text),
    300,
  )
}

/** Of an address all but the host, and each long piece by itself: a part of a secret is one too. */
function partsOf(secret: string): string[] {
  const path = secret.replace(/^https?:\/\/[^/]+\/?/, '')
  return [...(path === secret ? [] : [path]), ...path.split(/[/:?&=]/).filter((part) => part.length >= 12)]
}

const meanings: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ENOTFOUND: 'no such name',
  EAI_AGAIN: 'the name cannot be looked up now',
  ECONNRESET: 'the connection was closed before an answer came',
  EHOSTUNREACH: 'no way there',
  ENETUNREACH: 'no way there',
  CERT_HAS_EXPIRED: "the server's certificate has expired",
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the server signed its certificate itself: name its authority (ca)',
  SELF_SIGNED_CERT_IN_CHAIN: 'an unknown authority signed the certificate: name it (ca)',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'an unknown authority signed the certificate: name it (ca)',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'an unknown authority signed the certificate: name it (ca)',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another name',
  EPROTO: 'the server does not speak TLS there',
  HPE_INVALID_CONSTANT: 'what listens there does not speak HTTP',
}

function ask({ method, url, headers = {}, body }: Request, { ca, proxy }: Way, signal: AbortSignal): Promise<Answer> {
  const secure = url.startsWith('https:')
  const proxyEnv = proxy === null ? {} : { proxyEnv: { HTTP_PROXY: proxy, HTTPS_PROXY: proxy } }
  // A connection of its own: nothing is kept open between two alerts.
  const agent = secure ? new HttpsAgent({ ...proxyEnv, ...(ca !== null && { ca }) }) : new HttpAgent(proxyEnv)
  return new Promise((resolve, reject) => {
    const sent = (secure ? httpsRequest : httpRequest)(
      url,
      {
        method,
        agent,
        signal,
        headers: {
          'User-Agent': 'Specola',
          ...(body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }),
          ...headers,
        },
      },
      (reply) => void readAnswer(reply).then(resolve, reject),
    )
    sent.once('error', reject)
    sent.once('close', () => agent.destroy())
    sent.end(body)
  })
}

/** A status is an answer even when its body breaks off. */
function readAnswer(reply: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = []
  let size = 0
  return new Promise((resolve) => {
    const end = (cut: boolean) => {
      const headers = Object.fromEntries(
        Object.entries(reply.headers).map(([name, value]) => [name, Array.isArray(value) ? (value[0] ?? '') : (value ?? '')]),
      )
      const body = Buffer.concat(chunks).subarray(0, mostOfAnswer).toString('utf8')
      resolve({ status: reply.statusCode ?? 0, headers, body, cut })
      reply.destroy()
    }
    reply.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.length
      if (size > mostOfAnswer) end(true)
    })
    reply.once('end', () => end(false))
    reply.once('error', () => end(true))
    reply.once('aborted', () => end(true))
  })
}
