import type { Delivery, Notifier } from '../../model/contract.ts'
import { noSuch, wayOf } from '../notifying/fields.ts'
import { deliver } from '../notifying/http.ts'
import { summaryOf } from '../notifying/summary.ts'
import { alertsOf } from './alerts.ts'
import { type AlertmanagerConfig, alertmanagerConfig, type Cluster } from './config.ts'

/** Alertmanager: problems as alerts that it routes, groups and silences by its own rules. */
export const plugin: Notifier<AlertmanagerConfig> = {
  kind: 'notifier',
  name: 'alertmanager',
  description: 'Prometheus Alertmanager, API v2',
  config: alertmanagerConfig,
  wrongAddress: (to, { clusters }) => (clusters[to] ? null : noSuch(to, Object.keys(clusters))),
  async preview(message, { to, config }) {
    const cluster = config.clusters[to]
    const alerts = cluster ? alertsOf(summaryOf(message, to), cluster, message.time) : null
    return alerts ? [{ title: '/api/v2/alerts', type: 'json', body: JSON.stringify(alerts, null, 2) }] : []
  },
  async send(message, { to, config, signal }) {
    const cluster = config.clusters[to]
    if (!cluster) return { ok: false, retry: true, reason: `Alertmanager: ${noSuch(to, Object.keys(config.clusters))}` }
    const summary = summaryOf(message, to)
    const alerts = alertsOf(summary, cluster, message.time)
    if (alerts === null) return { ok: true, answer: `Alertmanager knows no ${message.kind}: nothing was sent` }
    const body = JSON.stringify(alerts)
    const answers = await Promise.all(cluster.urls.map((url) => post(to, url, cluster, body, signal)))
    const taken = answers.find((one) => one.ok)
    const failed = answers.filter((one) => !one.ok)
    // One member is enough: they tell each other. What the others said is still worth knowing.
    if (taken?.ok)
      return {
        ...taken,
        id: summary.key,
        ...(failed[0] && { notice: `of ${answers.length} members ${failed.length} took nothing: ${failed[0].reason}` }),
      }
    return failed.find(({ retry }) => retry) ?? (failed[0] as Delivery)
  },
}

function post(name: string, url: string, cluster: Cluster, body: string, signal: AbortSignal): Promise<Delivery> {
  const { user, password, token } = cluster
  const basic = user === undefined || !password ? null : Buffer.from(`${user}:${password.reveal()}`).toString('base64')
  const secrets = [basic, password?.reveal(), token?.reveal()].filter((one) => typeof one === 'string')
  const authorization = token ? `Bearer ${token.reveal()}` : basic === null ? null : `Basic ${basic}`
  const request = {
    ...{ service: `Alertmanager ${name}`, method: 'POST' as const, url: `${url}/api/v2/alerts`, body, secrets },
    headers: { 'Content-Type': 'application/json', ...(authorization !== null && { Authorization: authorization }) },
  }
  return deliver(request, wayOf(cluster), signal)
}
