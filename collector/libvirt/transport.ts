/** From a URI to a byte stream: a unix socket, TLS, or the system's ssh. */
import { createConnection } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock } from '../../model/clock.ts'
import { AppError } from '../../model/contract.ts'
import type { LibvirtEndpoint } from './section.ts'
import { openSsh } from './ssh-transport.ts'
import { openTls } from './tls-transport.ts'
import { type Access, type LibvirtAddress, parseLibvirtUri } from './uri.ts'

export interface Transport {
  stream: Duplex
  address: LibvirtAddress
  /** Where the stream leads, for messages to people. */
  peer: string
}

/** Throws AppError: 'unreachable' (nobody there), 'denied' (a certificate or a login was refused, by them or by us). */
export async function connect(endpoint: LibvirtEndpoint, clock: Clock, timeoutMs: number, access: Access): Promise<Transport> {
  const address = parseLibvirtUri(endpoint.uri, process.env, access)
  const { route } = address
  switch (route.kind) {
    case 'unix':
      return { ...(await openFirst(route.sockets, clock, timeoutMs)), address }
    case 'tls':
      return { stream: await openTls(route, endpoint.tls, clock, timeoutMs), address, peer: `${route.host}:${route.port}` }
    case 'ssh':
      return { stream: await openSsh(route, endpoint.ssh, timeoutMs), address, peer: `ssh ${route.host}` }
  }
}

/** The first socket that answers; else AppError('unreachable') that names each attempt. */
async function openFirst(paths: readonly string[], clock: Clock, timeoutMs: number): Promise<{ stream: Duplex; peer: string }> {
  const attempts: string[] = []
  for (const path of paths) {
    try {
      return { stream: await openUnixSocket(path, clock, timeoutMs), peer: path }
    } catch (error) {
      attempts.push(`${path}: ${reasons[(error as NodeJS.ErrnoException).code ?? ''] ?? (error as Error).message}`)
    }
  }
  throw new AppError('unreachable', attempts.join('; '))
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such socket',
  ECONNREFUSED: 'nobody listens there',
  EACCES: 'this user may not open it',
}

function openUnixSocket(path: string, clock: Clock, timeoutMs: number): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const settled = new AbortController()
    const socket = createConnection({ path })
    const fail = (error: Error) => {
      settled.abort()
      socket.destroy()
      reject(error)
    }
    socket.once('error', fail)
    socket.once('connect', () => {
      settled.abort()
      socket.off('error', fail)
      resolve(socket)
    })
    clock.sleep(timeoutMs, settled.signal).then(
      () => fail(new Error(`no answer within ${timeoutMs} ms`)),
      () => undefined, // settled before the time was over
    )
  })
}
