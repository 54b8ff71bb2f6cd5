/** From the queue on disk to the notifiers. At least once: a crash between sending and noting it sends again. */
import type { Clock } from '../model/clock.ts'
import type { Delivery, Logger, Notifier, NotifierContext } from '../model/contract.ts'
import type { HealthBoard } from '../model/health.ts'
import type { AlertWriter, DeliveryOutcome, QueuedNotification } from '../model/tracked-check.ts'
import type { Meter } from './meter.ts'
import { mayBegin, noteAttempt } from './note-attempt.ts'
import { orAborted } from './or-aborted.ts'

const atOnce = 4
const batchSize = 100
const pollMs = 1000
const firstPauseMs = 15_000
const longestPauseMs = 15 * 60_000
/** What a server asks for beyond this is not waited for. */
const longestAskedMs = 60 * 60_000

export interface ConfiguredNotifier {
  notifier: Notifier
  config: unknown
}

export interface DispatchDeps {
  queue: Pick<AlertWriter, 'due' | 'waiting' | 'hurry' | 'begin' | 'attempted'>
  notifiers: ReadonlyMap<string, ConfiguredNotifier>
  render: NotifierContext<unknown>['render']
  health: HealthBoard
  clock: Clock
  logger: Logger
  timeoutMs: number
  giveUpMs: number
  meter?: Pick<Meter, 'delivered'>
  /** What else a notifier may ask for while it makes this message. */
  aids?(queued: QueuedNotification, signal: AbortSignal): Pick<NotifierContext<unknown>, 'conversation' | 'history'>
}

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

/** Delivers until the signal is aborted. */
export async function runDispatch(deps: DispatchDeps, signal: AbortSignal): Promise<void> {
  const { clock, logger } = deps
  const failing = new Set<string>()
  await deps.queue
    .hurry(clock.now())
    .catch((error: Error) => logger.warn(`notifications of before wait for their time: ${error.message}`, { error }))
  while (!signal.aborted) {
    try {
      await deliverDue(deps, failing, signal)
    } catch (error) {
      if (!signal.aborted) logger.error(`notifications wait: ${(error as Error).message}`, { error })
    }
    await clock.sleep(pollMs, signal).catch(() => undefined) // aborted: the loop's condition ends it
  }
}

/** Sends everything that is due now; resolves when each attempt is noted. */
export async function deliverDue(deps: DispatchDeps, failing: Set<string>, signal: AbortSignal): Promise<void> {
  for (;;) {
    const due = await deps.queue.due(deps.clock.now(), batchSize)
    if (due.length === 0 || signal.aborted) return
    const next = due.values()
    const worker = async () => {
      for (const queued of next) if (!signal.aborted) await attempt(deps, failing, queued, signal)
    }
    // all of them: what is still being sent must not be taken for waiting
    const ends = await Promise.allSettled(Array.from({ length: Math.min(atOnce, due.length) }, worker))
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  }
}

async function attempt(deps: DispatchDeps, failing: Set<string>, queued: QueuedNotification, signal: AbortSignal): Promise<void> {
  const { queue, clock, giveUpMs } = deps
  if (!(await mayBegin(deps, queued))) return
  const delivery = await send(deps, queued, signal)
  if (signal.aborted && !delivery.ok) return // shutting down: it stays in the queue as it was
  const now = clock.now()
  const outcome = outcomeOf(delivery, queued, now, giveUpMs)
  deps.meter?.delivered(queued.notifier, outcome)
  await noteAttempt(deps, () => queue.attempted(queued.id, now, outcome), signal)
  await reportDelivery(deps, failing, queued, outcome, delivery.ok ? delivery.notice : undefined)
}

async function send(
  { notifiers, render, clock, timeoutMs, aids }: DispatchDeps,
  queued: QueuedNotification,
  signal: AbortSignal,
): Promise<Delivery> {
  const found = notifiers.get(queued.notifier)
  if (!found) return { ok: false, retry: false, reason: `no notifier "${queued.notifier}" is configured` }
  const over = new AbortController()
  const late = new AbortController()
  const timeout = clock.sleep(timeoutMs, AbortSignal.any([signal, over.signal])).then(
    () => late.abort(new Error(`no answer within ${timeoutMs / 1000} s`)),
    () => undefined, // it was sent in time
  )
  const stop = AbortSignal.any([signal, late.signal])
  try {
    const context = { config: found.config, to: queued.to, render, signal: stop, ...aids?.(queued, stop) }
    return await orAborted(found.notifier.send(queued.message, context), stop)
  } catch (error) {
    return { ok: false, retry: true, reason: (error as Error).message }
  } finally {
    over.abort()
    await timeout
  }
}

/** A notifier that does not get through is a component that is down: visible without it. */
async function reportDelivery(
  { queue, health, logger, clock }: DispatchDeps,
  failing: Set<string>,
  { notifier, contact }: QueuedNotification,
  outcome: DeliveryOutcome,
  notice?: string,
): Promise<void> {
  const component = `notify-${notifier}`
  const { count } = await queue.waiting()
  const report = (state: 'ok' | 'degraded' | 'down', detail: string) =>
    health.report({ component, kind: 'notifier', state, detail, numbers: { queue: count } })
  if (outcome.outcome === 'sent') {
    if (failing.delete(component)) {
      logger.info(`${component} gets through again`, { waiting: count })
      await queue.hurry(clock.now(), notifier)
    }
    if (notice !== undefined) logger.warn(`${component}: ${notice}`, { contact })
    if (notice !== undefined) report('degraded', `delivers, but ${notice}`)
    else report('ok', count === 0 ? 'delivers; nothing waits' : `delivers; ${count} wait`)
  } else if (outcome.outcome === 'waiting') {
    if (!failing.has(component)) logger.warn(`${component}: ${outcome.reason}; notifications wait on disk`, { waiting: count })
    failing.add(component)
    report('down', `${outcome.reason}; ${count} ${count === 1 ? 'notification waits' : 'notifications wait'} on disk`)
  } else {
    logger.error(`${component}: not delivered to ${contact}: ${outcome.reason}`, { contact })
    report('degraded', `not delivered to ${contact}: ${outcome.reason}`)
  }
}
