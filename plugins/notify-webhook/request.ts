/** A message as a request to an endpoint. Pure. */
import { createHmac } from 'node:crypto'
import type { Message, Render } from '../../model/contract.ts'
import type { Request } from '../notifying/http.ts'
import { type Summary, summaryOf } from '../notifying/summary.ts'
import { type Endpoint, revealed } from './config.ts'

/** What is sent when no template is configured; the template reads the same. */
export const documentOf = (summary: Summary): string => JSON.stringify({ version: 1, ...summary })

export function bodyOf(
  message: Message,
  to: string,
  { body, contentType }: Pick<Endpoint, 'body' | 'contentType'>,
  render: Render,
): { text: string; notice: string | null; summary: Summary } {
  const summary = summaryOf(message, to)
  const builtIn = () => documentOf(summary)
  const usable = /[/+]json\b/.test(contentType) ? notJson : () => null
  return { summary, ...(body?.render(render, summary, builtIn, usable) ?? { text: builtIn(), notice: null }) }
}

const notJson = (text: string): string | null => {
  try {
    JSON.parse(text)
    return null
  } catch (error) {
    return `it makes no JSON: ${(error as Error).message}`
  }
}

/** `time`: epoch ms of this attempt; a receiver refuses what is signed with an old one. */
export function requestOf(name: string, endpoint: Endpoint, text: string, key: string, time: number): Request {
  const { url, method, headers, contentType, secret } = endpoint
  const seconds = String(Math.floor(time / 1000))
  const given = Object.entries(headers)
  return {
    ...{ service: `webhook ${name}`, method, url: revealed(url), body: text },
    headers: {
      'Content-Type': contentType,
      ...Object.fromEntries(given.map(([header, value]) => [header, revealed(value).trim()])),
      'Idempotency-Key': key,
      'X-Specola-Delivery': key,
      'X-Specola-Timestamp': seconds,
      ...(secret && { 'X-Specola-Signature': `sha256=${signatureOf(secret.reveal(), seconds, text)}` }),
    },
    secrets: [url, ...given.map(([, value]) => value), ...(secret ? [secret] : [])].flatMap((one) =>
      typeof one === 'string' ? [] : [one.reveal()],
    ),
  }
}

/** Hexadecimal HMAC-SHA256 of `timestamp.body`. */
export const signatureOf = (secret: string, seconds: string, body: string): string =>
  createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')
