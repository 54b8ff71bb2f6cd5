import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { gzip as gzipCallback } from 'node:zlib'
import type { Request, Response } from 'express'
import { csv } from './csv.ts'
import type { Reply } from './route.ts'
import type { Visit } from './visit.ts'

const gzip = promisify(gzipCallback)
/** Below this a packet is a packet. */
const worthCompressing = 1024

/** Sends a text, compressed when the browser takes it. */
export async function sendText(req: Request, res: Response, type: string, body: string): Promise<void> {
  res.set('Content-Type', type).set('Vary', 'Accept-Encoding, Cookie')
  if (body.length < worthCompressing || !req.acceptsEncodings('gzip')) {
    res.end(body)
    return
  }
  const compressed = await gzip(body, { level: 6 })
  res.set('Content-Encoding', 'gzip').end(compressed)
}

export const sendJson = (req: Request, res: Response, body: unknown) =>
  sendText(req, res, 'application/json; charset=utf-8', JSON.stringify(body))

/** A list in the shape that the address asks for: the same rows as the page, whatever the shape. */
export async function sendList(
  req: Request,
  res: Response,
  reply: Extract<Reply, { kind: 'list' }>,
  shape: Visit['shape'],
): Promise<void> {
  if (shape === 'json') {
    await sendJson(req, res, { total: reply.total ?? reply.rows.length, ...reply.also, rows: reply.rows })
    return
  }
  const name = reply.name.replace(/[^\w.-]+/g, '_').slice(0, 80)
  res.set('Content-Disposition', `attachment; filename="${name}.csv"`)
  // The byte order mark makes spreadsheets read UTF-8.
  await sendText(req, res, 'text/csv; charset=utf-8', `\ufeff${csv(reply.columns, reply.rows)}`)
}

/** A file in pieces, none of which waits for the last; a reader who goes away ends it. */
export async function sendFile(res: Response, { name, type, body }: Extract<Reply, { kind: 'file' }>): Promise<void> {
  const safe = name.replace(/[^\w.-]+/g, '_').slice(0, 100)
  const pieces = body[Symbol.asyncIterator]()
  // what fails before the first piece can still be told as a page
  const first = await pieces.next()
  res.set({ 'Content-Type': type, 'Content-Disposition': `attachment; filename="${safe}"`, Vary: 'Cookie' })
  const all = async function* () {
    if (!first.done) yield first.value
    yield* { [Symbol.asyncIterator]: () => pieces }
  }
  await pipeline(Readable.from(all(), { objectMode: false }), res)
}
