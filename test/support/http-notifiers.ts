/** Every notifier that speaks HTTP: how it is set up against a server, and what that server says when it takes a message. */
import type { Notifier } from '../../model/contract.ts'
import { plugin as alertmanager } from '../../plugins/notify-alertmanager/plugin.ts'
import { plugin as matrix } from '../../plugins/notify-matrix/plugin.ts'
import { plugin as opsgenie } from '../../plugins/notify-opsgenie/plugin.ts'
import { plugin as pagerduty } from '../../plugins/notify-pagerduty/plugin.ts'
import { plugin as slack } from '../../plugins/notify-slack/plugin.ts'
import { plugin as sms } from '../../plugins/notify-sms/plugin.ts'
import { plugin as teams } from '../../plugins/notify-teams/plugin.ts'
import { plugin as telegram } from '../../plugins/notify-telegram/plugin.ts'
import { plugin as webhook } from '../../plugins/notify-webhook/plugin.ts'
import type { Act } from './http-stage.ts'

/** 32 word characters: what PagerDuty's keys have. */
export const theSecret = 'hunter2hunter2hunter2hunter2abcd'

export interface OverHttp {
  title: string
  plugin: Notifier
  to: string
  /** Sections name the secret by this variable, or an address that ends in the secret by `…_URL`. */
  section(url: string, way: Record<string, unknown>): unknown
  taken: Act
  /** It reads the body of a 200, so one that cannot be read is no success. */
  reads: boolean
}

export const variable = 'SPECOLA_TEST_NOTIFIER_SECRET'
export const urlVariable = 'SPECOLA_TEST_NOTIFIER_URL'
const secret = { env: variable }
const secretUrl = { env: urlVariable }
const json = (value: unknown): Act => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
})

export const overHttp: readonly OverHttp[] = [
  {
    ...{ title: 'webhook', plugin: webhook as Notifier, to: 'cmdb', taken: { status: 204 }, reads: false },
    section: (url, way) => ({ endpoints: { cmdb: { url: `${url}/hook`, secret, headers: { 'X-Token': secret }, ...way } } }),
  },
  {
    ...{ title: 'slack webhook', plugin: slack as Notifier, to: 'noc', taken: { status: 200, body: 'ok' }, reads: false },
    section: (_url, way) => ({ webhooks: { noc: secretUrl }, ...way }),
  },
  {
    ...{ title: 'slack bot', plugin: slack as Notifier, to: '#noc', reads: true },
    taken: json({ ok: true, channel: 'C1', ts: '1503435956.000247' }),
    section: (url, way) => ({ token: secret, api: `${url}/api`, ...way }),
  },
  {
    ...{ title: 'teams', plugin: teams as Notifier, to: 'noc', taken: { status: 202 }, reads: false },
    section: (_url, way) => ({ webhooks: { noc: secretUrl }, ...way }),
  },
  {
    ...{ title: 'telegram', plugin: telegram as Notifier, to: '-1001234', reads: true },
    taken: json({ ok: true, result: { message_id: 42 } }),
    section: (url, way) => ({ token: { env: `${variable}_TELEGRAM` }, api: url, ...way }),
  },
  {
    ...{ title: 'matrix', plugin: matrix as Notifier, to: '!room:example.org', taken: json({ event_id: '$e1' }), reads: true },
    section: (url, way) => ({ homeserver: url, token: secret, ...way }),
  },
  {
    ...{ title: 'pagerduty', plugin: pagerduty as Notifier, to: 'infra', reads: false },
    taken: { status: 202, body: '{"status":"success","message":"Event processed","dedup_key":"specola-c1"}' },
    section: (url, way) => ({ keys: { infra: secret }, api: url, ...way }),
  },
  {
    ...{ title: 'opsgenie', plugin: opsgenie as Notifier, to: 'infra', reads: false },
    taken: { status: 202, body: '{"result":"Request will be processed","took":0.1,"requestId":"r1"}' },
    section: (url, way) => ({ integrations: { infra: { key: secret, teams: ['noc'] } }, api: url, ...way }),
  },
  {
    ...{ title: 'alertmanager', plugin: alertmanager as Notifier, to: 'main', taken: { status: 200 }, reads: false },
    section: (url, way) => ({ clusters: { main: { urls: [url], token: secret, ...way } } }),
  },
  {
    ...{ title: 'sms', plugin: sms as Notifier, to: '+393331234567', taken: { status: 200, body: 'OK' }, reads: false },
    section: (url, way) => ({
      url: `${url}/send`,
      headers: { Authorization: secret },
      form: { to: '{{to}}', text: '{{text}}', key: secret },
      ...way,
    }),
  },
]

/** Makes the variables that sections name; an address for the notifiers whose address is the secret. */
export function giveSecrets(url: string): void {
  process.env[variable] = theSecret
  process.env[`${variable}_TELEGRAM`] = `123456:${theSecret}`
  process.env[urlVariable] = `${url}/services/${theSecret}`
}
