/** One message of the bus, live or recorded → what the journal keeps, or what is parked. Pure. */
import type { ParkedMessage } from '../../model/contract.ts'
import type { Json, RecordedEvent } from '../../model/event.ts'
import { isFields } from '../../model/fields.ts'
import { decode } from './decode.ts'
import { type Opened, openBody, openText } from './envelope.ts'
import { mayHoldSecrets, scrub } from './scrub.ts'

/** As recorded: `body` is the exact text. */
export interface BusMessage {
  exchange: string
  routing_key: string
  properties: Json
  body: string
}

const binaryMark = 'base64:'

export type Read = { ok: true; recorded: RecordedEvent } | { ok: false; parked: ParkedMessage }

export function readRecorded(message: BusMessage): Read {
  // a parked body that was no text comes back as the bytes it was
  if (message.body.startsWith(binaryMark))
    return readDelivered(message, Buffer.from(message.body.slice(binaryMark.length), 'base64'))
  return read(message, openText(message.body), () => message.body)
}

/** As delivered. A body that is no text is parked as base64, so that nothing of it is lost. */
export function readDelivered(message: Omit<BusMessage, 'body'>, body: Uint8Array): Read {
  const headers = isFields(message.properties) && isFields(message.properties.headers) ? message.properties.headers : {}
  const opened = openBody(body, typeof headers.compression === 'string' ? headers.compression : undefined)
  return read(message, opened, () => textOrBase64(body))
}

function read(message: Omit<BusMessage, 'body'>, opened: Opened, body: () => string): Read {
  const parked = (reason: string): Read => ({
    ok: false,
    parked: {
      exchange: message.exchange,
      routing_key: message.routing_key,
      // as JSON has it: what is undefined or binary goes
      properties: scrub(JSON.parse(JSON.stringify(message.properties)) as Json),
      body: scrub(body()),
      reason,
    },
  })
  if (!opened.ok) return parked(opened.reason)
  const clean = mayHoldSecrets(opened.text) ? scrub(opened.message) : opened.message
  const decoded = decode(clean, opened.text, { exchange: message.exchange, needsTime: true })
  if (!decoded.ok) return parked(decoded.reason)
  const raw = clean === opened.message ? opened.text : JSON.stringify(clean)
  const more = 'more' in decoded && decoded.more ? { more: decoded.more } : {}
  return { ok: true, recorded: { event: decoded.event, ...more, ignored: 'ignored' in decoded, raw } }
}

function textOrBase64(body: Uint8Array): string {
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const text = buffer.toString('utf8')
  return Buffer.from(text, 'utf8').equals(buffer) ? text : binaryMark + buffer.toString('base64')
}
