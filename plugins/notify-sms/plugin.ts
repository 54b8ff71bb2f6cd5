import type { Notifier } from '../../model/contract.ts'
import { wayOf } from '../notifying/fields.ts'
import { exchange, explained, hide, judged } from '../notifying/http.ts'
import { type SmsConfig, smsConfig } from './config.ts'
import { compose } from './request.ts'
import type { Sms } from './segments.ts'

const counted = ({ segments, alphabet }: Sms) => `${segments} ${segments === 1 ? 'segment' : 'segments'} ${alphabet}`

/** Text messages, through a gateway that takes HTTP requests. */
export const plugin: Notifier<SmsConfig> = {
  kind: 'notifier',
  name: 'sms',
  description: 'Text messages through an HTTP gateway',
  config: smsConfig,
  wrongAddress: (to) => (/^\+?\d{4,15}$/.test(to) ? null : `"${to}" is no telephone number (+393331234567)`),
  async preview(message, { to, config, render }) {
    const { sms, request, notice } = compose(message, to, config, render.text)
    const shown = `${request.method} ${request.url}${request.body === undefined ? '' : `\n\n${request.body}`}`
    return [
      { title: counted(sms), type: 'text', body: sms.text },
      { title: 'HTTP', type: 'text', body: masked(shown, request.secrets ?? []) },
      ...(notice === null ? [] : [{ title: '!', type: 'text', body: notice } as const]),
    ]
  },
  async send(message, { to, config, render, signal }) {
    const { sms, request, notice } = compose(message, to, config, render.text)
    const exchanged = await exchange(request, wayOf(config), signal)
    if (!exchanged.ok) return exchanged
    const delivery = judged(request, exchanged.answer)
    if (!delivery.ok) return delivery
    const said = exchanged.answer.body
    if (config.expect !== undefined && !said.includes(config.expect))
      return { ok: false, retry: true, reason: explained(request, `no "${config.expect}" in its answer: ${said}`) }
    const answer = `${delivery.answer ?? ''} (${counted(sms)})`
    return { ...delivery, answer: hide(answer, request.secrets ?? []), ...(notice === null ? {} : { notice }) }
  },
}

const masked = (text: string, secrets: readonly string[]) =>
  secrets
    .flatMap((secret) => [secret, encodeURIComponent(secret), new URLSearchParams([['', secret]]).toString().slice(1)])
    .reduce((shown, secret) => (secret === '' ? shown : shown.replaceAll(secret, '***')), text)
