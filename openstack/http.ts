/**
 * One exchange over HTTP, and nothing decided about it. node:https instead of fetch: fetch takes no certificate authority of its
 * own without another copy of undici. Redirects are not followed (300 is an answer of version discovery).
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'

export interface HttpRequest {
  method: 'GET' | 'POST'
  url: string
  headers: Readonly<Record<string, string>>
  body?: string
  signal?: AbortSignal | undefined
}

export interface HttpReply {
  status: number
  /** Names in lower case; of repeated ones the first. */
  headers: Readonly<Record<string, string>>
  body: string
}

export interface Http {
  /** Rejects with the error of the socket (`code`), or with HttpTimeout, or HttpOversize. */
  exchange(request: HttpRequest): Promise<HttpReply>
  close(): void
}

export class HttpTimeout extends Error {
  /** `connect`: nobody took the connection; `read`: the answer stopped coming. */
  readonly during: 'connect' | 'read'
  constructor(during: 'connect' | 'read', ms: number) {
    super(during === 'connect' ? `no connection within ${ms / 1000} s` : `no answer within ${ms / 1000} s`)
    this.during = during
  }
}

export class HttpOversize extends Error {}

export interface HttpOptions {
  /** PEM text. */
  ca?: string | null
  verify?: boolean
  connectMs?: number
  /** Longest silence of the server. */
  readMs?: number
  /** Longest answer as a whole, however steadily it drips. */
  wholeMs?: number
  maxBytes?: number
}

export function openHttp(options: HttpOptions = {}): Http {
  const { connectMs = 10_000, readMs = 60_000, wholeMs = 300_000, maxBytes = 128 * 1024 * 1024 } = options
  const plain = new HttpAgent({ keepAlive: true })
  const secure = new HttpsAgent({
    keepAlive: true,
    rejectUnauthorized: options.verify ?? true,
    ...(options.ca && { ca: options.ca }),
  })
  return {
    exchange: ({ method, url, headers, body, signal }) =>
      new Promise((resolve, reject) => {
        const tls = url.startsWith('https:')
        const sent = (tls ? httpsRequest : httpRequest)(url, {
          method,
          headers: body === undefined ? headers : { ...headers, 'Content-Length': String(Buffer.byteLength(body)) },
          agent: tls ? secure : plain,
          ...(signal && { signal }),
        })
        const stop = (error: Error) => sent.destroy(error)
        const connecting = setTimeout(() => stop(new HttpTimeout('connect', connectMs)), connectMs)
        const whole = setTimeout(() => stop(new HttpTimeout('read', wholeMs)), wholeMs)
        const connected = () => clearTimeout(connecting)
        sent.once('socket', (socket) => {
          if (!socket.connecting) connected()
          else socket.once(tls ? 'secureConnect' : 'connect', connected)
        })
        sent.setTimeout(readMs, () => stop(new HttpTimeout('read', readMs)))
        sent.once('error', reject)
        sent.once('close', () => {
          clearTimeout(connecting)
          clearTimeout(whole)
        })
        sent.once('response', (reply) => readAll(reply, maxBytes).then(resolve, reject))
        sent.end(body)
      }),
    close() {
      plain.destroy()
      secure.destroy()
    },
  }
}

async function readAll(reply: IncomingMessage, maxBytes: number): Promise<HttpReply> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of reply as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > maxBytes) {
      reply.destroy()
      throw new HttpOversize(`an answer of more than ${Math.round(maxBytes / 1024 / 1024)} MiB`)
    }
    chunks.push(chunk)
  }
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(reply.headers))
    headers[name] = Array.isArray(value) ? (value[0] ?? '') : (value ?? '')
  return { status: reply.statusCode ?? 0, headers, body: Buffer.concat(chunks).toString('utf8') }
}
