/** A message as a request to a gateway. Pure. */

import type { Secret } from '../../config/fields.ts'
import type { Template } from '../../config/template-field.ts'
import type { Message, Render } from '../../model/contract.ts'
import type { Request } from '../notifying/http.ts'
import { summaryOf } from '../notifying/summary.ts'
import { isSecret, type SmsConfig } from './config.ts'
import { type Sms, smsOf } from './segments.ts'

export interface Composed {
  sms: Sms
  request: Request
  notice: string | null
}

export function compose(message: Message, to: string, config: SmsConfig, render: Render): Composed {
  const summary = summaryOf(message, to)
  const notices: string[] = []
  const made = (template: Template, data: unknown, builtIn: () => string): string => {
    const { text, notice } = template.render(render, data, builtIn)
    if (notice !== null) notices.push(notice)
    return text
  }
  const builtIn = () => `${summary.kindWord} ${summary.title}. ${summary.output}`
  const sms = smsOf(config.text ? made(config.text, summary, builtIn) : builtIn(), config.segments, config.accents)
  const data = { ...summary, to, text: sms.text, key: summary.key }
  // A parameter that is empty for a broken template could call nobody: then nothing is sent.
  const unusable = (name: string) => () => {
    throw new Error(`the template of the parameter "${name}" cannot be used`)
  }
  const value = (name: string, one: Template | Secret) => (isSecret(one) ? one.reveal() : made(one, data, unusable(name)))
  const pairs = (map: Readonly<Record<string, Template | Secret>>) =>
    new URLSearchParams(Object.entries(map).map(([name, one]) => [name, value(name, one)]))
  const query = pairs(config.query).toString()
  const body = config.form
    ? { type: 'application/x-www-form-urlencoded', text: pairs(config.form).toString() }
    : config.body
      ? { type: config.contentType, text: made(config.body, data, () => JSON.stringify({ to, text: sms.text })) }
      : null
  const headers = Object.entries(config.headers)
  const secrets = [...headers, ...Object.entries(config.query), ...Object.entries(config.form ?? {})].flatMap(([, one]) =>
    isSecret(one) ? [one.reveal()] : [],
  )
  return {
    sms,
    notice: notices[0] ?? null,
    request: {
      ...{ service: 'SMS gateway', method: config.method, secrets },
      url: query === '' ? config.url : `${config.url}${config.url.includes('?') ? '&' : '?'}${query}`,
      headers: {
        ...(body && { 'Content-Type': body.type }),
        ...Object.fromEntries(headers.map(([name, one]) => [name, isSecret(one) ? one.reveal() : one])),
      },
      ...(body && { body: body.text }),
    },
  }
}
