/** Keeps collectors going: one that throws is started again after a growing pause, for ever. */
import type { Clock } from '../model/clock.ts'
import type { Collector, Logger } from '../model/contract.ts'

const firstPauseMs = 1000
const longestPauseMs = 60_000

/** Resolves when the signal is aborted and every collector has returned. */
export async function runCollectors(
  collectors: readonly Collector[],
  { clock, logger, signal }: { clock: Clock; logger: Logger; signal: AbortSignal },
): Promise<void> {
  await Promise.all(
    collectors.map((collector) => keepRunning(collector, clock, logger.child({ collector: collector.name }), signal)),
  )
}

async function keepRunning(collector: Collector, clock: Clock, logger: Logger, signal: AbortSignal): Promise<void> {
  let pause = firstPauseMs
  while (!signal.aborted) {
    const began = clock.monotonic()
    try {
      await collector.run(signal)
    } catch (error) {
      if (signal.aborted) return
      if (clock.monotonic() - began > longestPauseMs) pause = firstPauseMs
      logger.error(`${collector.name} stopped: ${(error as Error).message}; starting it again in ${pause / 1000} s`, { error })
    }
    if (signal.aborted) return
    await clock.sleep(pause, signal).catch(() => undefined) // aborted: the loop's condition ends it
    pause = Math.min(pause * 2, longestPauseMs)
  }
}
