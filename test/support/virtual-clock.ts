import type { Clock } from '../../model/clock.ts'

interface Timer {
  at: number
  fire: () => void
}

/**
 * A clock that only moves when a test says so. `advance` fires the timers that fall due in order, each at its own instant,
 * and lets what they woke settle before the next one fires.
 */
export class VirtualClock implements Clock {
  #now: number
  #timers: Timer[] = []
  readonly #start: number

  constructor(start: number = Date.UTC(2026, 0, 1)) {
    this.#now = start
    this.#start = start
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#now - this.#start
  }

  /** How many sleepers wait: a test can await "it went to sleep" instead of guessing. */
  get sleepers(): number {
    return this.#timers.length
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const timer: Timer = {
        at: this.#now + ms,
        fire: () => {
          signal?.removeEventListener('abort', stop)
          resolve()
        },
      }
      const stop = () => {
        this.#timers = this.#timers.filter((other) => other !== timer)
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', stop, { once: true })
      this.#timers.push(timer)
    })
  }

  /** Moves time on by `ms`, also through timers that are set on the way. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await settled()
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#timers = this.#timers.filter((other) => other !== next)
      this.#now = Math.max(this.#now, next.at)
      next.fire()
      await settled()
    }
    this.#now = end
  }

  #next(end: number): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.#timers) if (timer.at <= end && (!first || timer.at < first.at)) first = timer
    return first
  }
}

/** Lets promises and immediates that are ready run; what waits for a socket or a disk, a test awaits by its outcome. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}
