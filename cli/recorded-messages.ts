/** Files of messages: JSON Lines of recorded deliveries, gzipped or not, or one JSON document with one message or a list. */
import { createReadStream, statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { BusMessage } from '../collector/amqp/read.ts'
import { AppError } from '../model/contract.ts'
import type { Json } from '../model/event.ts'

/** A line may hold one message; a document that is spread over many lines is read whole, up to this many characters. */
const largestDocument = 64 * 1024 * 1024

export interface FoundMessage {
  message: BusMessage
  /** For complaints: `file:line`. */
  where: string
}

/** Yields messages in file order. What is no message at all still comes out, as a body that the decoder will refuse with a reason. */
export async function* recordedMessages(file: string): AsyncGenerator<FoundMessage> {
  let number = 0
  let document: string[] | null = null
  let size = 0
  try {
    const lines = createInterface({ input: open(file), crlfDelay: Number.POSITIVE_INFINITY })
    for await (const line of lines) {
      number++
      if (document?.length === 1 && isDamagedLine(document[0] as string, line)) {
        yield* messagesOf(undefined, document[0] as string, `${file}:1`)
        document = null
      }
      if (document) {
        document.push(line)
        size += line.length
        if (size > largestDocument)
          throw new AppError('invalid', `${file}: a document of more than ${largestDocument} characters; split it into lines`)
        continue
      }
      if (line.trim() === '') continue
      const parsed = parse(line)
      if (parsed === undefined && number === 1) document = [line]
      else yield* messagesOf(parsed, line, `${file}:${number}`)
    }
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw new AppError('not-found', `${file}: ${(cause as Error).message}`, { cause })
  }
  if (document) {
    const text = document.join('\n')
    yield* messagesOf(parse(text), text, file)
  }
}

/** Is the first line a damaged message before others, and not the beginning of one long document? */
function isDamagedLine(first: string, second: string): boolean {
  const value = parse(second)
  return !/^\s*[[{]\s*$/.test(first) && typeof value === 'object' && value !== null && !Array.isArray(value)
}

function open(file: string): NodeJS.ReadableStream {
  // not further than it reaches now: what cannot be read of DIR/parked is parked there again
  const { size } = statSync(file)
  const source = createReadStream(file, { end: Math.max(0, size - 1) })
  if (!file.endsWith('.gz')) return source
  // pipeline carries the source's error into the gunzip stream that the reader sees
  return pipeline(source, createGunzip(), () => undefined)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // not JSON by itself: part of a longer document, or garbage that the decoder names
  }
}

function* messagesOf(value: unknown, text: string, where: string): Generator<FoundMessage> {
  if (Array.isArray(value)) {
    let index = 0
    for (const element of value) yield* messagesOf(element, JSON.stringify(element), `${where}[${index++}]`)
    return
  }
  yield { message: asDelivery(value) ?? { exchange: '', routing_key: '', properties: {}, body: text }, where }
}

/** `{exchange, routing_key, properties, body}`, as the recorder writes it, and as DIR/parked has it. */
function asDelivery(value: unknown): BusMessage | null {
  if (typeof value !== 'object' || value === null || !('body' in value) || typeof value.body !== 'string') return null
  const { exchange, routing_key, properties, body } = value as Partial<BusMessage> & { body: string }
  return {
    exchange: typeof exchange === 'string' ? exchange : '',
    routing_key: typeof routing_key === 'string' ? routing_key : '',
    properties: (properties ?? {}) as Json,
    body,
  }
}
