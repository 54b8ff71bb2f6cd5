/**
 * From the queue on disk to the notifiers, each receiver by itself: one that is dead holds up no other. At least once: a crash
 * between sending and noting it sends again.
 */
import type { Receiver } from '../model/outbox.ts'
import type { DispatchDeps } from './delivery.ts'
import { deferLane, type Lane, servesLane } from './lane.ts'
import { reportLanes } from './report-lanes.ts'

export type { ConfiguredNotifier } from './delivery.ts'

/** Receivers of one notifier that are served at the same time. */
const lanesAtOnce = 8
const pollMs = 1000

/** Delivers until the signal is aborted; what was being sent is noted when it resolves. */
export async function runDispatch(deps: DispatchDeps, signal: AbortSignal): Promise<void> {
  const { clock, logger } = deps
  const lanes = new Lanes()
  await deps.queue
    .hurry(clock.now())
    .catch((error: Error) => logger.warn(`notifications of before wait for their time: ${error.message}`, { error }))
  while (!signal.aborted) {
    try {
      await serveDue(deps, lanes, signal)
      deps.around.attention.pulse.dispatch = clock.now()
    } catch (error) {
      if (!signal.aborted) logger.error(`notifications wait: ${(error as Error).message}`, { error })
    }
    await clock.sleep(pollMs, signal).catch(() => undefined) // aborted: the loop's condition ends it
  }
  await lanes.settled()
}

/** Serves everything that is due now; resolves when each attempt is noted. */
export async function deliverDue(deps: DispatchDeps, lanes: Lanes, signal: AbortSignal): Promise<void> {
  await serveDue(deps, lanes, signal)
  await lanes.settled()
}

/** Starts serving every receiver for whom something is due. */
async function serveDue(deps: DispatchDeps, lanes: Lanes, signal: AbortSignal): Promise<void> {
  const now = deps.clock.now()
  for (const receiver of await deps.queue.dueReceivers(now)) {
    const lane = lanes.of(receiver)
    if (lane.busy) continue
    if (lane.backUntil > now) await deferLane(deps, lane, now)
    else if (lanes.busyOf(receiver.notifier) < lanesAtOnce) lanes.serve(lane, () => serve(deps, lanes, lane, signal))
  }
}

async function serve(deps: DispatchDeps, lanes: Lanes, lane: Lane, signal: AbortSignal): Promise<void> {
  const failed = lane.reason !== null
  try {
    await servesLane(deps, lane, signal)
  } catch (error) {
    if (!signal.aborted) deps.logger.error(`notifications wait: ${(error as Error).message}`, { error })
  }
  // the way is free again: what waits for others of this notifier need not wait for its time
  if (failed && lane.reason === null) {
    for (const other of lanes.all(lane.receiver.notifier)) other.backUntil = 0
    await deps.queue.hurry(deps.clock.now(), lane.receiver.notifier).catch(() => undefined) // it is tried in its time
  }
  await reportLanes(deps, lane, lanes.all(lane.receiver.notifier)).catch(() => undefined) // the next pass says it
}

/** Receivers as they were met since the start. */
export class Lanes {
  readonly #lanes = new Map<string, Lane>()
  readonly #running = new Set<Promise<void>>()

  of(receiver: Receiver): Lane {
    const key = `${receiver.notifier}\0${receiver.to}`
    const lane = this.#lanes.get(key) ?? {
      receiver,
      busy: false,
      failures: 0,
      backUntil: 0,
      reason: null,
      refused: null,
      notice: null,
      said: null,
    }
    this.#lanes.set(key, lane)
    return lane
  }

  all(notifier: string): Lane[] {
    return [...this.#lanes.values()].filter(({ receiver }) => receiver.notifier === notifier)
  }

  busyOf = (notifier: string): number => this.all(notifier).filter(({ busy }) => busy).length

  serve(lane: Lane, work: () => Promise<void>): void {
    lane.busy = true
    const running = work().finally(() => {
      lane.busy = false
      this.#running.delete(running)
    })
    this.#running.add(running)
  }

  async settled(): Promise<void> {
    await Promise.all(this.#running)
  }
}
