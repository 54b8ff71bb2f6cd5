/** Time as a value that is passed in, so that every decision can be replayed. The only file that reads the machine's clock. */
export interface Clock {
  /** Epoch milliseconds, UTC. */
  now(): number
  /** Milliseconds of a clock that never steps: for intervals between two readings. */
  monotonic(): number
  /** Resolves after `ms`; rejects with the signal's reason as soon as it is aborted, also when it already is. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const timer = setTimeout(done, ms)
      function done() {
        signal?.removeEventListener('abort', stop)
        resolve()
      }
      function stop() {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', stop, { once: true })
    }),
}

/** Runs `task` every `ms` until the signal is aborted; never overlaps, never drifts by more than one run's length. */
export async function every(clock: Clock, ms: number, signal: AbortSignal, task: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    const began = clock.monotonic()
    await task()
    try {
      await clock.sleep(Math.max(0, ms - (clock.monotonic() - began)), signal)
    } catch {
      return // the only way for sleep to reject is the abort that ends the loop
    }
  }
}
