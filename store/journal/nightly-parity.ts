/** Takes Nova's figures when a day of the zone has ended; what ended while nothing ran is made up for at the next start. */
import type { Clock } from '../../model/clock.ts'
import type { Logger, ParitySnapshots } from '../../model/contract.ts'
import { endOfDay, nightsToTake } from '../../model/parity-history.ts'

/** What happened before midnight may be told some minutes after it, or wait in the broker when we start. */
const settleMs = 300_000
/** A long sleep is cut, so that a clock that was set is noticed. */
const napMs = 900_000
/** Between two nights that are made up for: pages and messages get their turn. */
const breathMs = 100

export async function takeNightly(
  snapshots: ParitySnapshots,
  { zone, clock, logger, signal }: { zone: string; clock: Clock; logger: Logger; signal: AbortSignal },
): Promise<void> {
  let due = clock.now() + settleMs
  for (;;) {
    while (clock.now() < due) {
      try {
        await clock.sleep(Math.min(napMs, due - clock.now()), signal)
      } catch {
        return // the only way for sleep to reject is the abort that ends the loop
      }
    }
    if (signal.aborted) return
    try {
      for (const night of nightsToTake(await snapshots.last(), clock.now() - settleMs, zone)) {
        if (await snapshots.take(night, zone)) logger.debug(`kept Nova's figures of ${night.day}`)
        await clock.sleep(breathMs, signal).catch(() => undefined)
        if (signal.aborted) return
      }
    } catch (error) {
      logger.error(`Nova's figures of last night could not be kept: ${(error as Error).message}; trying again in 15 min`)
      due = clock.now() + napMs
      continue
    }
    due = endOfDay(clock.now() - settleMs, zone) + settleMs
  }
}
