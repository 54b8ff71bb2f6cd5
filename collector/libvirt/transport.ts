/** From a URI to a byte stream. TLS and SSH will be further ways to make one. */
import { createConnection } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock } from '../../model/clock.ts'
import { AppError } from '../../model/contract.ts'
import { type LibvirtAddress, parseLibvirtUri } from './uri.ts'

export interface Transport {
  stream: Duplex
  address: LibvirtAddress
  /** Where the stream leads, for messages to people. */
  peer: string
}

/** Opens the first socket of the URI that answers. Throws AppError('unreachable') that names each attempt. */
export async function connect(uri: string, clock: Clock, timeoutMs: number): Promise<Transport> {
  const address = parseLibvirtUri(uri, process.env)
  const attempts: string[] = []
  for (const path of address.sockets) {
    try {
      return { stream: await openUnixSocket(path, clock, timeoutMs), address, peer: path }
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
