import type { Clock } from '../model/clock.ts'
import type { Live, Logger } from '../model/contract.ts'
import type { HealthBoard } from '../model/health.ts'
import type { Sample, SampleStore } from '../model/sample.ts'
import { SampleBuffer } from './sample-buffer.ts'
import { storeValid } from './store-valid.ts'

/** A batch goes when it has this many samples … */
export const batchSamples = 5000
/** … or when its oldest sample has waited this long. */
export const batchDelayMs = 1000
const firstRetryMs = 500
const longestRetryMs = 30_000
const drainMs = 10_000

export interface SampleQueueDeps {
  store: Pick<SampleStore, 'write'>
  live: Pick<Live, 'publish'>
  health: Pick<HealthBoard, 'report'>
  clock: Clock
  logger: Logger
  /** The most samples that wait; the oldest are dropped beyond. */
  limit: number
}

export interface SampleQueue {
  /** Never blocks, never throws: a full queue drops its oldest samples and counts them. */
  push(samples: readonly Sample[]): void
  /** Writes batches until the signal is aborted, then what is left, for at most ten seconds. */
  run(signal: AbortSignal): Promise<void>
  /** Resolves when everything pushed before is stored, or was dropped and counted; needs `run`, or writes by itself without it. */
  flush(): Promise<void>
}

/** The queue between collectors and store: groups samples, rides out a store that is away, tells pages what came. */
export function sampleQueue(deps: SampleQueueDeps): SampleQueue {
  return new StoreFeeder(deps)
}

class StoreFeeder implements SampleQueue {
  readonly #deps: SampleQueueDeps
  readonly #buffer: SampleBuffer
  #written = 0
  #dropped = 0
  /** When the store stopped answering, or null. */
  #awaySince: number | null = null
  #droppedBefore = 0
  #delivering: Promise<void> | null = null
  #oldestAt = 0
  /** Woken when samples arrive or a batch is full. */
  #wake: () => void = () => undefined

  constructor(deps: SampleQueueDeps) {
    this.#deps = deps
    this.#buffer = new SampleBuffer(deps.limit)
    this.#report()
  }

  push(samples: readonly Sample[]): void {
    if (samples.length === 0) return
    if (this.#buffer.size === 0) this.#oldestAt = this.#deps.clock.monotonic()
    this.#dropped += this.#buffer.push(samples)
    this.#wake()
  }

  async run(signal: AbortSignal): Promise<void> {
    // A store that hangs must not hold up the stop: the drain's own limit is the last word.
    const stopped = new Promise<void>((resolve) => {
      if (signal.aborted) resolve()
      else signal.addEventListener('abort', () => resolve(), { once: true })
    })
    while (!signal.aborted) {
      const waited = this.#deps.clock.monotonic() - this.#oldestAt
      if (this.#buffer.size === 0) await this.#arrival(null, signal)
      else if (this.#buffer.size < batchSamples && waited < batchDelayMs) await this.#arrival(batchDelayMs - waited, signal)
      else await Promise.race([this.#deliver(signal), stopped])
    }
    await this.#drain()
  }

  async flush(): Promise<void> {
    const never = new AbortController().signal
    const target = this.#buffer.pushed
    while (this.#buffer.done < target) await this.#deliver(never)
  }

  /** Waits for a push, at most `ms`. */
  async #arrival(ms: number | null, signal: AbortSignal): Promise<void> {
    const over = new AbortController()
    const pushed = new Promise<void>((resolve) => {
      this.#wake = resolve
      signal.addEventListener('abort', () => resolve(), { once: true, signal: over.signal })
    })
    const timeout = ms === null ? [] : [this.#deps.clock.sleep(ms, over.signal).catch(() => undefined)]
    await Promise.race([pushed, ...timeout])
    over.abort()
  }

  /** One batch, tried until it is stored or the signal is aborted; whoever comes second waits for the first. */
  #deliver(signal: AbortSignal): Promise<void> {
    this.#delivering ??= this.#deliverBatch(signal).finally(() => {
      this.#delivering = null
    })
    return this.#delivering
  }

  async #deliverBatch(signal: AbortSignal): Promise<void> {
    const batch = this.#buffer.take(batchSamples)
    if (batch.length === 0) return
    this.#oldestAt = this.#deps.clock.monotonic()
    for (let pause = firstRetryMs; ; pause = Math.min(longestRetryMs, pause * 2)) {
      try {
        await this.#store(batch)
        this.#buffer.settle()
        this.#report()
        return
      } catch (error) {
        this.#away(error)
        try {
          await this.#deps.clock.sleep(pause, signal)
        } catch {
          this.#buffer.putBack() // stopping: the drain takes it from here
          return
        }
      }
    }
  }

  async #store(batch: readonly Sample[]): Promise<void> {
    let leftOut = 0
    await storeValid(this.#deps.store, batch, (reason) => {
      leftOut++
      this.#deps.logger.warn(`a sample cannot be stored and was dropped: ${reason}`)
    })
    this.#dropped += leftOut
    this.#written += batch.length - leftOut
    this.#back()
    for (const [measurement, time] of newestByMeasurement(batch)) this.#deps.live.publish({ kind: 'samples', measurement, time })
  }

  async #drain(): Promise<void> {
    const stop = new AbortController()
    const limit = this.#deps.clock.sleep(drainMs, stop.signal).then(
      () => stop.abort(),
      () => undefined, // drained in time
    )
    while (this.#buffer.size > 0 && !stop.signal.aborted) await Promise.race([this.#deliver(stop.signal), limit])
    stop.abort()
    if (this.#buffer.size > 0)
      this.#deps.logger.error(`stopped while the store was away: ${this.#buffer.size} samples were not stored`)
    this.#deps.health.report({ component: 'store', kind: 'store', state: 'stopped', detail: 'stopped', numbers: this.#numbers() })
  }

  #away(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    if (this.#awaySince === null) {
      this.#awaySince = this.#deps.clock.now()
      this.#droppedBefore = this.#dropped
      this.#deps.logger.error(`samples cannot be stored and wait in memory: ${reason}`, { waiting: this.#buffer.size })
    }
    this.#report(reason)
  }

  #back(): void {
    if (this.#awaySince === null) return
    const seconds = Math.round((this.#deps.clock.now() - this.#awaySince) / 1000)
    const lost = this.#dropped - this.#droppedBefore
    this.#awaySince = null
    this.#deps.logger.info(`samples are stored again after ${seconds} s; ${lost} were dropped meanwhile`)
  }

  #report(reason?: string): void {
    const full = this.#buffer.size >= this.#deps.limit
    const state = reason === undefined ? 'ok' : full ? 'down' : 'degraded'
    const detail =
      reason === undefined
        ? 'samples are being stored'
        : full
          ? `the queue of ${this.#deps.limit} samples is full, the oldest are dropped: ${reason}`
          : `${this.#buffer.size} samples wait: ${reason}`
    this.#deps.health.report({ component: 'store', kind: 'store', state, detail, numbers: this.#numbers() })
  }

  #numbers() {
    return { queue: this.#buffer.size, dropped: this.#dropped, processed: this.#written }
  }
}

function newestByMeasurement(batch: readonly Sample[]): Map<string, number> {
  const newest = new Map<string, number>()
  for (const { measurement, time } of batch) newest.set(measurement, Math.max(time, newest.get(measurement) ?? time))
  return newest
}
