import { z } from 'zod'
import type { Delivery, Notifier } from '../../model/contract.ts'
import { wayOf } from '../notifying/fields.ts'
import { type Answer, exchange, explained, judged, type Request } from '../notifying/http.ts'
import { summaryOf } from '../notifying/summary.ts'
import { type MatrixConfig, matrixConfig } from './config.ts'
import { contentOf } from './content.ts'

const isRoom = (to: string) => /^[!#][^\s:]{1,200}(:[^\s/]{1,200})?$/.test(to)

/** Matrix: one thread a problem. The home server takes a transaction once, however often it is sent. */
export const plugin: Notifier<MatrixConfig> = {
  kind: 'notifier',
  name: 'matrix',
  description: 'A Matrix room, one thread a problem',
  config: matrixConfig,
  wrongAddress: (to) => (isRoom(to) ? null : `"${to}" is no room (!id:example.org or #alias:example.org)`),
  preview: async (message, { to }) => [
    { title: 'm.room.message', type: 'json', body: JSON.stringify(contentOf(summaryOf(message, to), null), null, 2) },
  ],
  async send(message, { to, config, signal, conversation }) {
    const room = to.startsWith('!') ? to : await roomOf(to, config, signal)
    if (typeof room !== 'string') return room
    const summary = summaryOf(message, to)
    const thread = (await conversation?.()) ?? null
    const path = `rooms/${encodeURIComponent(room)}/send/m.room.message/${summary.key}`
    const request = ask('PUT', path, config, JSON.stringify(contentOf(summary, thread?.startsWith('$') ? thread : null)))
    const exchanged = await exchange(request, wayOf(config), signal)
    return exchanged.ok ? deliveryOf(request, exchanged.answer) : exchanged
  },
}

const ask = (method: 'GET' | 'PUT', path: string, { homeserver, token }: MatrixConfig, body?: string): Request => ({
  ...{ service: 'Matrix', method, url: `${homeserver}/_matrix/client/v3/${path}`, secrets: [token.reveal()] },
  headers: { Authorization: `Bearer ${token.reveal()}`, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
  ...(body !== undefined && { body }),
})

/** An alias is looked up each time: it may move to another room. */
async function roomOf(alias: string, config: MatrixConfig, signal: AbortSignal): Promise<string | Delivery> {
  const request = ask('GET', `directory/room/${encodeURIComponent(alias)}`, config)
  const exchanged = await exchange(request, wayOf(config), signal)
  if (!exchanged.ok) return exchanged
  const room = read(exchanged.answer.body)?.room_id
  if (exchanged.answer.status === 200 && room !== undefined) return room
  const delivery = deliveryOf(request, exchanged.answer)
  return delivery.ok ? { ok: false, retry: true, reason: explained(request, 'the answer names no room') } : delivery
}

const answerShape = z.object({
  event_id: z.string().optional(),
  room_id: z.string().optional(),
  errcode: z.string().optional(),
  error: z.string().optional(),
  retry_after_ms: z.number().optional(),
})

export function deliveryOf(request: Request, answer: Answer): Delivery {
  const delivery = judged(request, answer)
  const said = read(answer.body)
  if (delivery.ok) {
    if (said?.event_id !== undefined) return { ...delivery, id: said.event_id, answer: `ok, event ${said.event_id}` }
    return { ok: false, retry: true, reason: explained(request, 'the answer is not one of a Matrix server') }
  }
  if (said?.errcode === undefined) return delivery
  return {
    ...delivery,
    reason: explained(request, `HTTP ${answer.status}: ${said.errcode} ${said.error ?? ''}`),
    ...(said.retry_after_ms === undefined ? {} : { retryAfterMs: said.retry_after_ms }),
  }
}

function read(body: string): z.output<typeof answerShape> | null {
  try {
    return answerShape.parse(JSON.parse(body))
  } catch {
    return null
  }
}
