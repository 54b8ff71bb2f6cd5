/** One question to a gmond or gmetad: it answers with a document and closes. */
import { createConnection } from 'node:net'
import type { Clock } from '../../model/clock.ts'
import { AppError } from '../../model/contract.ts'

export interface Limits {
  timeoutMs: number
  mostBytes: number
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ENOTFOUND: 'no such host name',
  EHOSTUNREACH: 'no way to it',
  ENETUNREACH: 'no way to it',
  ECONNRESET: 'it cut the connection',
}

/**
 * Everything that is sent until the other side closes. `question` is for gmetad's interactive port; others speak unasked.
 * Throws AppError('unreachable' | 'protocol'), with the address.
 */
export function readAnswer(
  { host, port }: { host: string; port: number },
  question: string | null,
  clock: Clock,
  { timeoutMs, mostBytes }: Limits,
): Promise<string> {
  const where = `${host.includes(':') ? `[${host}]` : host}:${port}`
  return new Promise((resolve, reject) => {
    const settled = new AbortController()
    const chunks: Buffer[] = []
    let size = 0
    const socket = createConnection({ host, port })
    const finish = (outcome: () => void) => {
      settled.abort()
      socket.destroy()
      outcome()
    }
    const fail = (error: AppError) => finish(() => reject(error))
    if (question !== null) socket.once('connect', () => socket.write(`${question}\n`))
    socket.on('data', (chunk) => {
      size += chunk.length
      if (size > mostBytes) fail(new AppError('protocol', `${where}: its answer is longer than ${mostBytes} bytes`))
      else chunks.push(chunk)
    })
    socket.on('end', () => finish(() => resolve(textOf(Buffer.concat(chunks, size)))))
    socket.on('error', (error: NodeJS.ErrnoException) =>
      fail(new AppError('unreachable', `${where}: ${reasons[error.code ?? ''] ?? error.message}`)),
    )
    clock.sleep(timeoutMs, settled.signal).then(
      () => fail(new AppError('unreachable', `${where}: no complete answer within ${timeoutMs / 1000} s`)),
      () => undefined, // settled in time
    )
  })
}

/** Declared as ISO-8859-1, written as whatever the machines sent: UTF-8 where it is UTF-8. */
function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return bytes.toString('latin1')
  }
}
