import type { Delivery, Notifier } from '../../model/contract.ts'
import { noSuch, wayOf } from '../notifying/fields.ts'
import { exchange, judged } from '../notifying/http.ts'
import { summaryOf } from '../notifying/summary.ts'
import { type PagerdutyConfig, pagerdutyConfig } from './config.ts'
import { type Action, actionOf, dedupKey, eventOf } from './event.ts'

/** PagerDuty: an incident a problem, taken and ended from here. A test opens one of severity info and ends it at once. */
export const plugin: Notifier<PagerdutyConfig> = {
  kind: 'notifier',
  name: 'pagerduty',
  description: 'PagerDuty, Events API v2: trigger, acknowledge, resolve',
  config: pagerdutyConfig,
  wrongAddress: (to, { keys }) => (keys[to] ? null : noSuch(to, Object.keys(keys))),
  async preview(message, { to }) {
    const summary = summaryOf(message, to)
    const action = actionOf(summary)
    if (action === null) return []
    return [
      { title: '/v2/enqueue', type: 'json', body: JSON.stringify({ routing_key: '***', ...eventOf(summary, action) }, null, 2) },
    ]
  },
  async send(message, { to, config, signal }) {
    const key = config.keys[to]?.reveal()
    if (key === undefined) return { ok: false, retry: true, reason: `PagerDuty: ${noSuch(to, Object.keys(config.keys))}` }
    const summary = summaryOf(message, to)
    const enqueue = async (action: Action): Promise<Delivery> => {
      const request = {
        ...{ service: `PagerDuty ${to}`, method: 'POST' as const, url: `${config.api}/v2/enqueue`, secrets: [key] },
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ routing_key: key, ...eventOf(summary, action) }),
      }
      const exchanged = await exchange(request, wayOf(config), signal)
      if (!exchanged.ok) return exchanged
      const delivery = judged(request, exchanged.answer)
      if (delivery.ok) return { ...delivery, id: dedupKey(summary) }
      // A wrong key is called a bad request: it is the operator's to mend.
      return { ...delivery, retry: delivery.retry || /routing_key/.test(exchanged.answer.body) }
    }
    const action = actionOf(summary)
    if (action === null) return { ok: true, answer: `PagerDuty knows no ${message.kind}: nothing was sent` }
    const sent = await enqueue(action)
    return sent.ok && message.kind === 'test' ? enqueue('resolve') : sent
  },
}
