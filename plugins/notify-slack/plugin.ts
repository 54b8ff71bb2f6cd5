import type { Delivery, Message, Notifier, NotifierContext } from '../../model/contract.ts'
import { wayOf } from '../notifying/fields.ts'
import { deliver, exchange, explained, hide, judged, type Request } from '../notifying/http.ts'
import { summaryOf } from '../notifying/summary.ts'
import { isRefused, readAnswer, threadIsGone } from './answer.ts'
import { type SlackConfig, slackConfig } from './config.ts'
import { payloadOf } from './payload.ts'

const isChannel = (to: string) => /^(#[^\s#<>&]{1,80}|[CDGU][A-Z0-9]{5,20})$/.test(to)
const json = { 'Content-Type': 'application/json; charset=utf-8' }

/** Slack: a bot's messages are one thread a problem. */
export const plugin: Notifier<SlackConfig> = {
  kind: 'notifier',
  name: 'slack',
  description: 'Slack, by a bot (one thread a problem) or an incoming webhook',
  config: slackConfig,
  wrongAddress(to, { token, webhooks }) {
    if (webhooks[to]) return null
    if (!isChannel(to)) return `"${to}" is neither a webhook of the section nor a channel (#name, C0123ABCD)`
    return token ? null : `"${to}" is a channel: a bot token is needed`
  },
  preview: async (message, { to }) => [
    { title: 'Block Kit', type: 'json', body: JSON.stringify(payloadOf(summaryOf(message, to)), null, 2) },
  ],
  async send(message, context) {
    const { to, config, signal } = context
    const summary = summaryOf(message, to)
    const webhook = config.webhooks[to]?.reveal()
    if (webhook === undefined) return post(message, context)
    const body = JSON.stringify(payloadOf(summary))
    const request: Request = { service: `Slack ${to}`, method: 'POST', url: webhook, headers: json, body, secrets: [webhook] }
    const delivery = await deliver(request, wayOf(config), signal)
    return delivery.ok ? { ...delivery, id: summary.key } : delivery
  },
}

async function post(message: Message, context: NotifierContext<SlackConfig>): Promise<Delivery> {
  const { to, config, conversation } = context
  if (!config.token) return { ok: false, retry: true, reason: `Slack: "${to}" is a channel: a bot token is needed` }
  const thread = (await conversation?.()) ?? null
  const first = await attempt(message, context, config.token.reveal(), thread)
  return first === 'thread is gone' ? ((await attempt(message, context, config.token.reveal(), null)) as Delivery) : first
}

async function attempt(
  message: Message,
  { to, config, signal }: NotifierContext<SlackConfig>,
  token: string,
  thread: string | null,
): Promise<Delivery | 'thread is gone'> {
  const summary = summaryOf(message, to)
  // A repeat or the end of a problem is seen in the channel too: who reads only that must not miss it.
  const aloud = message.kind === 'problem' || message.kind === 'recovery'
  const threaded = thread === null ? {} : { thread_ts: thread, reply_broadcast: aloud }
  const request: Request = {
    ...{ service: `Slack ${to}`, method: 'POST', url: `${config.api}/chat.postMessage`, secrets: [token] },
    headers: { ...json, Authorization: `Bearer ${token}` },
    body: JSON.stringify({ channel: to, ...payloadOf(summary), ...threaded }),
  }
  const exchanged = await exchange(request, wayOf(config), signal)
  if (!exchanged.ok) return exchanged
  const delivery = judged(request, exchanged.answer)
  if (!delivery.ok) return delivery
  const said = readAnswer(exchanged.answer.body)
  if (said?.ok) return { ok: true, answer: hide(`ok, ts ${said.ts ?? '?'}`, [token]), ...(said.ts && { id: said.ts }) }
  if (thread !== null && threadIsGone(said?.error)) return 'thread is gone'
  const reason = said ? `Slack says ${said.error ?? 'no'}` : 'the answer is not one of Slack’s'
  return { ok: false, retry: !isRefused(said?.error), reason: explained(request, reason) }
}
