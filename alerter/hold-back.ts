/** An address whose server asked to be left alone is left alone, by every message for it and not only by the one that was refused. */
import type { Clock } from '../model/clock.ts'
import type { Notifier } from '../model/contract.ts'

/** What a server asks for beyond this is not waited for. */
const longestAskedMs = 60 * 60_000

/** The same notifier, whose messages meanwhile wait without being sent. */
export function holdingBack(notifier: Notifier, clock: Clock): Notifier {
  const until = new Map<string, number>()
  return {
    ...notifier,
    async send(message, context) {
      const wait = (until.get(context.to) ?? 0) - clock.now()
      if (wait > 0) return { ok: false, retry: true, reason: 'the server asked to be left alone for a while', retryAfterMs: wait }
      until.delete(context.to)
      const delivery = await notifier.send(message, context)
      if (!delivery.ok && delivery.retry && delivery.retryAfterMs !== undefined)
        until.set(context.to, clock.now() + Math.min(longestAskedMs, delivery.retryAfterMs))
      return delivery
    },
  }
}
