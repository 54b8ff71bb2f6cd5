/** One question to an NRPE server: a connection, a packet there, a packet back. */
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { decodeAnswer, encodeQuery, type NrpeVersion } from './packet.ts'

export interface NrpeServer {
  host: string
  port: number
  tls: NrpeTls
}

/** `anonymous`: encrypted, but nobody proves who they are, as check_nrpe does without certificates. Files are read at each question. */
export type NrpeTls =
  | 'none'
  | 'anonymous'
  | { ca: string; cert?: string | undefined; key?: string | undefined; serverName?: string | undefined }

export type NrpeAnswer =
  | { ok: true; code: number; text: string }
  /** `old`: the server hung up on a packet that it may be too old for. */
  | { ok: false; reason: string; kind: 'connect' | 'tls' | 'old' | 'protocol' | 'timeout' }

/** Servers without certificates take nothing but anonymous Diffie-Hellman, which TLS 1.3 does not have. */
const anonymous: ConnectionOptions = {
  ciphers: 'ADH-AES256-GCM-SHA384:ADH-AES128-GCM-SHA256:ADH-AES256-SHA256:ADH-AES128-SHA256:ALL:@SECLEVEL=0',
  minVersion: 'TLSv1',
  maxVersion: 'TLSv1.2',
  rejectUnauthorized: false,
}

/** Never rejects. */
export function ask(
  { host, port, tls }: NrpeServer,
  version: NrpeVersion,
  text: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<NrpeAnswer> {
  const { promise, resolve } = Promise.withResolvers<NrpeAnswer>()
  let query: Buffer
  let socket: Socket
  try {
    query = encodeQuery(version, text)
    socket = tls === 'none' ? connect({ host, port }) : connectTls({ host, port, ...optionsOf(tls, host) })
  } catch (error) {
    return Promise.resolve({ ok: false, kind: 'protocol', reason: (error as Error).message })
  }
  let connected = false
  let secured = tls === 'none'
  let received = Buffer.alloc(0)
  const end = (answer: NrpeAnswer) => {
    signal.removeEventListener('abort', abort)
    socket.destroy()
    resolve(answer)
  }
  const abort = () => end({ ok: false, kind: 'timeout', reason: 'Specola is stopping' })
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  // Of the whole question, not of a pause in it: a server that drips holds nobody up.
  const over = setTimeout(
    () => end({ ok: false, kind: 'timeout', reason: `Socket timeout after ${Number((timeoutMs / 1000).toFixed(1))} seconds.` }),
    timeoutMs,
  )
  void promise.finally(() => clearTimeout(over))
  socket.on('connect', () => {
    connected = true
    if (tls === 'none') socket.write(query)
  })
  socket.on('secureConnect', () => {
    secured = true
    socket.write(query)
  })
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk])
    const answer = decodeAnswer(received)
    if (answer.kind === 'answer') end({ ok: true, code: answer.code, text: answer.text })
    else if (answer.kind === 'wrong') end({ ok: false, kind: 'protocol', reason: answer.reason })
  })
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (!connected) end({ ok: false, kind: 'connect', reason: `connect to address ${host} port ${port}: ${plain(error)}` })
    else if (error.code === 'ECONNRESET') end(hungUp(received, secured))
    else end({ ok: false, kind: 'tls', reason: `Error - Could not complete SSL handshake with ${host}: ${plain(error)}` })
  })
  socket.on('end', () => end(hungUp(received, secured)))
  return promise
}

function hungUp(received: Buffer, secured: boolean): NrpeAnswer {
  if (!secured) {
    const reason =
      'Error - Could not complete SSL handshake: the server hung up (no TLS there, or we are not in its allowed_hosts)'
    return { ok: false, kind: 'tls', reason }
  }
  const answer = decodeAnswer(received)
  if (received.length === 0)
    return { ok: false, kind: 'old', reason: 'Receive header underflow - only 0 bytes received (4 expected).' }
  const expected = answer.kind === 'more' ? answer.bytes : received.length
  return {
    ok: false,
    kind: 'protocol',
    reason: `Receive underflow - only ${received.length} bytes received (${expected} expected).`,
  }
}

function optionsOf(tls: Exclude<NrpeTls, 'none'>, host: string): ConnectionOptions {
  if (tls === 'anonymous') return anonymous
  const { ca, cert, key, serverName = host } = tls
  return {
    ca: readFileSync(ca),
    ...(cert === undefined ? {} : { cert: readFileSync(cert) }),
    ...(key === undefined ? {} : { key: readFileSync(key) }),
    minVersion: 'TLSv1.2',
    // An address is no name for SNI, but certificates may hold it.
    ...(/^[\d.]+$|:/.test(serverName) ? {} : { servername: serverName }),
  }
}

const words: Record<string, string> = { ECONNREFUSED: 'Connection refused', EHOSTUNREACH: 'No route to host' }
const plain = ({ code, message }: NodeJS.ErrnoException) =>
  words[code ?? ''] ?? (code === 'ENOTFOUND' || code === 'EAI_AGAIN' ? 'no such host' : message.trim())
