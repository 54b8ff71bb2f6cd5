/** How many calls a service gets at a time, and how many a second. */
import type { Clock } from '../model/clock.ts'

export interface Gate {
  /** Runs `work` when its turn has come. */
  through<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>
}

/** `perSecond` null: as fast as answers come. */
export function gate(clock: Clock, atOnce: number, perSecond: number | null): Gate {
  let running = 0
  let nextStart = Number.NEGATIVE_INFINITY
  const waiting: (() => void)[] = []
  return {
    async through(work, signal) {
      while (running >= atOnce) await new Promise<void>((go) => waiting.push(go))
      running++
      try {
        signal?.throwIfAborted()
        if (perSecond !== null) {
          const now = clock.monotonic()
          const start = Math.max(now, nextStart)
          nextStart = start + 1000 / perSecond
          if (start > now) await clock.sleep(start - now, signal)
        }
        return await work()
      } finally {
        running--
        waiting.shift()?.()
      }
    },
  }
}
