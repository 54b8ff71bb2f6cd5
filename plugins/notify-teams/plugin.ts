import type { Notifier } from '../../model/contract.ts'
import { noSuch, wayOf } from '../notifying/fields.ts'
import { deliver } from '../notifying/http.ts'
import { summaryOf } from '../notifying/summary.ts'
import { cardOf } from './card.ts'
import { type TeamsConfig, teamsConfig } from './config.ts'

/** Microsoft Teams, through a workflow that takes a card. */
export const plugin: Notifier<TeamsConfig> = {
  kind: 'notifier',
  name: 'teams',
  description: 'Microsoft Teams: an adaptive card through a Workflows webhook',
  config: teamsConfig,
  wrongAddress: (to, { webhooks }) => (webhooks[to] ? null : noSuch(to, Object.keys(webhooks))),
  preview: async (message, { to }) => [
    { title: 'Adaptive Card', type: 'json', body: JSON.stringify(cardOf(summaryOf(message, to)), null, 2) },
  ],
  async send(message, { to, config, signal }) {
    const url = config.webhooks[to]?.reveal()
    if (url === undefined) return { ok: false, retry: true, reason: `Teams: ${noSuch(to, Object.keys(config.webhooks))}` }
    const summary = summaryOf(message, to)
    const request = {
      ...{ service: `Teams ${to}`, method: 'POST' as const, url, secrets: [url] },
      headers: { 'Content-Type': 'application/json; charset=utf-8' },
      body: JSON.stringify(cardOf(summary)),
    }
    const delivery = await deliver(request, wayOf(config), signal)
    return delivery.ok ? { ...delivery, id: summary.key } : delivery
  },
}
