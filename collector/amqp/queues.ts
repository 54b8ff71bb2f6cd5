/**
 * The services' own queues (`notifications.info` …): publishers declare them, and where nobody consumes them they grow without
 * limit. We only look: how many messages, how many consumers.
 */
import { type Clock, every } from '../../model/clock.ts'
import type { HealthBoard } from '../../model/health.ts'
import type { AmqpSource } from './section.ts'

const everyMs = 120_000
/** oslo.messaging's priorities: each has a queue of its own. */
const priorities = ['audit', 'debug', 'info', 'warn', 'error', 'critical', 'sample']

export const defaultQueues = (source: Pick<AmqpSource, 'topics'>): string[] =>
  source.topics.flatMap((topic) => priorities.map((priority) => `${topic}.${priority}`))

export const queueComponent = (source: string, queue: string) => `queue ${source} ${queue}`

export interface QueueLook {
  queues(names: readonly string[]): Promise<{ name: string; messages: number; consumers: number }[]>
}

/** Looks now and then, until the signal is aborted. A queue that was there and is gone is said to be empty. */
export async function watchQueues(
  look: QueueLook,
  source: Pick<AmqpSource, 'name' | 'topics'>,
  { clock, health }: { clock: Clock; health: Pick<HealthBoard, 'report'> },
  signal: AbortSignal,
): Promise<void> {
  const names = defaultQueues(source)
  const known = new Set<string>()
  await every(clock, everyMs, signal, async () => {
    const found = await look.queues(names)
    for (const { name, messages, consumers } of found) {
      known.add(name)
      const unread = consumers === 0 && messages > 0
      health.report({
        component: queueComponent(source.name, name),
        kind: 'queue',
        through: `amqp ${source.name}`,
        state: unread ? 'degraded' : 'ok',
        detail: unread ? 'nobody reads this queue: it grows until the broker is full' : `${consumers} consumers`,
        numbers: { waiting: messages, consumers },
      })
    }
    for (const name of known)
      if (!found.some((queue) => queue.name === name)) {
        known.delete(name)
        health.report({
          component: queueComponent(source.name, name),
          kind: 'queue',
          through: `amqp ${source.name}`,
          state: 'ok',
          detail: 'no such queue any more',
          numbers: { waiting: 0, consumers: 0 },
        })
      }
  })
}
