import type { Notifier } from '../../model/contract.ts'
import { noSuch, wayOf } from '../notifying/fields.ts'
import { deliver } from '../notifying/http.ts'
import { summaryOf } from '../notifying/summary.ts'
import { aliasOf, type Call, callOf, closeOf } from './alert.ts'
import { type OpsgenieConfig, opsgenieConfig } from './config.ts'

/** Opsgenie: an alert a problem, taken and closed from here. A test opens one of priority P5 and closes it at once. */
export const plugin: Notifier<OpsgenieConfig> = {
  kind: 'notifier',
  name: 'opsgenie',
  description: 'Opsgenie: create, acknowledge, close',
  config: opsgenieConfig,
  wrongAddress: (to, { integrations }) => (integrations[to] ? null : noSuch(to, Object.keys(integrations))),
  async preview(message, { to, config }) {
    const call = callOf(summaryOf(message, to), config.integrations[to]?.teams ?? [])
    return call ? [{ title: call.path, type: 'json', body: JSON.stringify(call.body, null, 2) }] : []
  },
  async send(message, { to, config, signal }) {
    const integration = config.integrations[to]
    if (!integration) return { ok: false, retry: true, reason: `Opsgenie: ${noSuch(to, Object.keys(config.integrations))}` }
    const key = integration.key.reveal()
    const summary = summaryOf(message, to)
    const make = async ({ path, body }: Call) => {
      const request = {
        ...{ service: `Opsgenie ${to}`, method: 'POST' as const, url: config.api + path, secrets: [key] },
        headers: { 'Content-Type': 'application/json', Authorization: `GenieKey ${key}` },
        body: JSON.stringify(body),
      }
      const delivery = await deliver(request, wayOf(config), signal)
      return delivery.ok ? { ...delivery, id: aliasOf(summary) } : delivery
    }
    const call = callOf(summary, integration.teams)
    if (!call) return { ok: true, answer: `Opsgenie knows no ${message.kind}: nothing was sent` }
    const sent = await make(call)
    return sent.ok && message.kind === 'test' ? make(closeOf(summary)) : sent
  },
}
