/** What delivering needs, and what follows from one attempt. */
import type { Clock } from '../model/clock.ts'
import type { Delivery, Logger, Notifier, NotifierContext } from '../model/contract.ts'
import type { HealthBoard } from '../model/health.ts'
import type { Outbox } from '../model/outbox.ts'
import type { AlertWriter, DeliveryOutcome, QueuedNotification } from '../model/tracked-check.ts'
import type { Meter } from './meter.ts'
import type { Around } from './surroundings.ts'

const firstPauseMs = 15_000
const longestPauseMs = 15 * 60_000
/** What a server asks for beyond this is not waited for. */
const longestAskedMs = 60 * 60_000

export interface ConfiguredNotifier {
  notifier: Notifier
  config: unknown
}

export interface DispatchDeps {
  queue: Outbox & Pick<AlertWriter, 'waiting' | 'hurry' | 'begin'>
  around: Pick<Around, 'config' | 'attention'>
  notifiers: ReadonlyMap<string, ConfiguredNotifier>
  render: NotifierContext<unknown>['render']
  health: HealthBoard
  clock: Clock
  logger: Logger
  timeoutMs: number
  giveUpMs: number
  meter?: Pick<Meter, 'delivered'>
  /** Where a reader of the message takes the problem; null where that is not for them. */
  acknowledgeLink?: AcknowledgeLink
  /** What else a notifier may ask for while it makes this message. */
  aids?(queued: QueuedNotification, signal: AbortSignal): Pick<NotifierContext<unknown>, 'conversation' | 'history'>
}

export type AcknowledgeLink = (problem: QueuedNotification['message']['problem'], contact: string) => string | null

/** The pause before the next attempt: 15 s, doubled each time, 15 minutes at most. */
export const pauseAfter = (attempts: number) => Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(attempts, 20))

/** What follows from an attempt. */
export function outcomeOf(delivery: Delivery, queued: QueuedNotification, now: number, giveUpMs: number): DeliveryOutcome {
  if (delivery.ok) return { outcome: 'sent', deliveryId: delivery.id ?? null }
  const age = now - queued.message.time
  if (!delivery.retry) return { outcome: 'failed', reason: delivery.reason }
  if (age >= giveUpMs) return { outcome: 'failed', reason: `given up after ${queued.attempts + 1} attempts: ${delivery.reason}` }
  const asked = Math.min(longestAskedMs, delivery.retryAfterMs ?? 0)
  return { outcome: 'waiting', reason: delivery.reason, nextAttempt: now + Math.max(asked, pauseAfter(queued.attempts)) }
}
