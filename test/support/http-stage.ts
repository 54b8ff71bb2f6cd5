/** A real HTTP server on loopback that answers as it is told: also with nothing, with half an answer, or with far too much. */
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'

export interface Asked {
  method: string
  path: string
  headers: Readonly<Record<string, string | undefined>>
  body: string
}

export type Act =
  | { status: number; headers?: Record<string, string>; body?: string | ((asked: Asked) => string) }
  /** hang: nothing comes; close: the connection ends at once; half: it ends in the body; flood: 20 MB; babble: no HTTP. */
  | 'hang'
  | 'close'
  | 'half'
  | 'flood'
  | 'babble'

export interface Stage {
  url: string
  asked: Asked[]
  /** What comes next; then `always`. */
  next: Act[]
  always: Act
  close(): Promise<void>
}

export async function httpStage(always: Act, tls?: { cert: string; key: string }): Promise<Stage> {
  const stage: Pick<Stage, 'asked' | 'next' | 'always'> = { asked: [], next: [], always }
  const handle = async (req: IncomingMessage, res: ServerResponse) => {
    const chunks: Buffer[] = []
    for await (const chunk of req) chunks.push(chunk as Buffer)
    const asked = {
      ...{ method: req.method ?? '', path: req.url ?? '', body: Buffer.concat(chunks).toString('utf8') },
      headers: req.headers as Asked['headers'],
    }
    stage.asked.push(asked)
    perform(stage.next.shift() ?? stage.always, asked, res)
  }
  const listener = (req: IncomingMessage, res: ServerResponse) => void handle(req, res).catch(() => res.destroy())
  const server = tls
    ? createSecureServer({ cert: readFileSync(tls.cert), key: readFileSync(tls.key) }, listener)
    : createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`
  return Object.assign(stage, {
    url,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  })
}

function perform(act: Act, asked: Asked, res: ServerResponse): void {
  if (act === 'hang') return
  if (act === 'close') return void res.destroy()
  if (act === 'babble') return void res.socket?.end('SSH-2.0-OpenSSH_9.2\r\n')
  if (act === 'half') {
    res.writeHead(200, { 'Content-Length': '1000' })
    res.write('{"ok":tr')
    return void setImmediate(() => res.destroy())
  }
  if (act === 'flood') {
    res.writeHead(200)
    const block = Buffer.alloc(1024 * 1024, 'x')
    for (let n = 0; n < 20; n++) res.write(block)
    return void res.end()
  }
  const { status, headers = {}, body = '' } = act
  res.writeHead(status, headers)
  res.end(typeof body === 'function' ? body(asked) : body)
}
