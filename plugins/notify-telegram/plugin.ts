import { z } from 'zod'
import type { Delivery, Notifier } from '../../model/contract.ts'
import { wayOf } from '../notifying/fields.ts'
import { type Answer, exchange, explained, judged, type Request } from '../notifying/http.ts'
import { summaryOf } from '../notifying/summary.ts'
import { type TelegramConfig, telegramConfig } from './config.ts'
import { chatOf, payloadOf } from './payload.ts'

/** Telegram: what is said about a problem answers its first message. */
export const plugin: Notifier<TelegramConfig> = {
  kind: 'notifier',
  name: 'telegram',
  description: 'Telegram, by a bot',
  config: telegramConfig,
  wrongAddress: (to) => (chatOf(to) ? null : `"${to}" is no chat (-1001234567890, @channel, with /42 for a topic)`),
  preview: async (message, { to }) => [
    { title: 'sendMessage', type: 'json', body: JSON.stringify(payloadOf(summaryOf(message, to), to, null), null, 2) },
  ],
  async send(message, { to, config, signal, conversation }) {
    const token = config.token.reveal()
    const request: Request = {
      ...{ service: 'Telegram', method: 'POST', url: `${config.api}/bot${token}/sendMessage`, secrets: [token] },
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(payloadOf(summaryOf(message, to), to, (await conversation?.()) ?? null)),
    }
    const exchanged = await exchange(request, wayOf(config), signal)
    return exchanged.ok ? deliveryOf(request, exchanged.answer) : exchanged
  },
}

const answerShape = z.object({
  ok: z.boolean(),
  description: z.string().optional(),
  parameters: z.object({ retry_after: z.number().optional() }).optional(),
  result: z.object({ message_id: z.number() }).optional(),
})

/** Of what Telegram calls a bad request, these are the operator's to mend. */
const mendable =
  /chat not found|upgraded to a supergroup|not enough rights|have no rights|TOPIC_|thread not found|need administrator/i

export function deliveryOf(request: Request, answer: Answer): Delivery {
  const delivery = judged(request, answer)
  const said = readAnswer(answer.body)
  if (delivery.ok) {
    if (said?.ok && said.result)
      return { ...delivery, id: String(said.result.message_id), answer: `ok, message ${said.result.message_id}` }
    return { ok: false, retry: true, reason: explained(request, 'the answer is not one of Telegram’s') }
  }
  const reason =
    said?.description === undefined ? delivery.reason : explained(request, `HTTP ${answer.status}: ${said.description}`)
  const wait = said?.parameters?.retry_after
  return {
    ...{ ok: false, retry: delivery.retry || mendable.test(said?.description ?? ''), reason },
    ...(wait === undefined ? {} : { retryAfterMs: wait * 1000 }),
    ...(wait === undefined && delivery.retryAfterMs !== undefined && { retryAfterMs: delivery.retryAfterMs }),
  }
}

function readAnswer(body: string): z.output<typeof answerShape> | null {
  try {
    return answerShape.parse(JSON.parse(body))
  } catch {
    return null
  }
}
