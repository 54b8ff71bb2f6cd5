import { systemClock } from '../../model/clock.ts'
import type { Notifier } from '../../model/contract.ts'
import { noSuch, wayOf } from '../notifying/fields.ts'
import { deliver } from '../notifying/http.ts'
import { type WebhookConfig, webhookConfig } from './config.ts'
import { bodyOf, requestOf } from './request.ts'

/** Any receiver of HTTP: a body of its own, signed. */
export const plugin: Notifier<WebhookConfig> = {
  kind: 'notifier',
  name: 'webhook',
  description: 'An HTTP request with a body of your own, signed with HMAC-SHA256',
  config: webhookConfig,
  wrongAddress: (to, { endpoints }) => (endpoints[to] ? null : noSuch(to, Object.keys(endpoints))),
  async preview(message, { to, config, render }) {
    const endpoint = config.endpoints[to]
    if (!endpoint) return []
    const { text, notice } = bodyOf(message, to, endpoint, render.text)
    const type = endpoint.contentType.includes('json') ? 'json' : 'text'
    return [
      { title: endpoint.contentType, type, body: text },
      ...(notice ? [{ title: '!', type: 'text', body: notice } as const] : []),
    ]
  },
  async send(message, { to, config, render, signal }) {
    const endpoint = config.endpoints[to]
    if (!endpoint) return { ok: false, retry: true, reason: `webhook: ${noSuch(to, Object.keys(config.endpoints))}` }
    const { text, notice, summary } = bodyOf(message, to, endpoint, render.text)
    const request = requestOf(to, endpoint, text, summary.key, systemClock.now())
    const delivery = await deliver(request, wayOf(endpoint), signal)
    return delivery.ok ? { ...delivery, id: summary.key, ...(notice === null ? {} : { notice }) } : delivery
  },
}
