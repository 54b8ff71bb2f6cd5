/** From the bytes of an AMQP body to the notification inside: oslo.messaging's envelope opened, or the reason why not. */
import { gunzipSync } from 'node:zlib'

import { type Fields, isFields } from '../../model/fields.ts'

/** The inner message, whatever wrapped it. `text` is its exact JSON. */
export type Opened = { ok: true; message: Fields; text: string } | { ok: false; reason: string }

/** Bodies beyond this are parked, not parsed: the largest real ones (error payloads with tracebacks, service catalogs) stay under 1 MiB. */
export const largestBody = 8 * 1024 * 1024

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * `compression` is the header that kombu sets (`application/x-gzip`); bzip2 has no decoder here and is refused by name.
 * Accepts any 2.x envelope and the bare inner message of the older `messaging` driver.
 */
export function openBody(body: Uint8Array, compression?: string): Opened {
  if (body.length > largestBody) return { ok: false, reason: `body of ${body.length} bytes: more than ${largestBody}` }
  let bytes = body
  if (compression !== undefined && compression !== '') {
    if (!/gzip/.test(compression))
      return { ok: false, reason: `compression ${JSON.stringify(compression)} is not supported (gzip is)` }
    try {
      bytes = gunzipSync(body, { maxOutputLength: largestBody })
    } catch (error) {
      return { ok: false, reason: `gzip: ${(error as Error).message}` }
    }
  }
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch {
    return { ok: false, reason: 'not UTF-8' }
  }
  return openText(text)
}

/** The same for text that was read from a recording. */
export function openText(text: string): Opened {
  const outer = parseObject(text)
  return outer.ok ? openObject(outer.message, text) : outer
}

/** The same for JSON that was parsed already; `text` is what it was parsed from. */
export function openObject(outer: Fields, text: string): Opened {
  const inner = outer['oslo.message']
  const version = outer['oslo.version']
  if (inner === undefined && version === undefined) return { ok: true, message: outer, text }
  if (typeof version !== 'string' || !/^2\.\d+$/.test(version))
    return { ok: false, reason: `oslo.version ${JSON.stringify(version)}: only 2.x is known` }
  if (typeof inner !== 'string') return { ok: false, reason: 'oslo.message is not a string' }
  const opened = parseObject(inner)
  return opened.ok ? opened : { ok: false, reason: `oslo.message: ${opened.reason}` }
}

function parseObject(text: string): Opened {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return { ok: false, reason: `not JSON: ${(error as Error).message}` }
  }
  if (!isFields(value)) return { ok: false, reason: 'not a JSON object' }
  return { ok: true, message: value, text }
}
