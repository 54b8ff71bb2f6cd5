/** Writes to the journal one after the other, in the order of the decisions, and tries until it takes them. */
import type { Clock } from '../model/clock.ts'
import type { Logger } from '../model/contract.ts'
import type { HealthBoard } from '../model/health.ts'
import type { AlertBatch, AlertWriter } from '../model/tracked-check.ts'
import { isEmpty } from './judge.ts'
import type { Meter } from './meter.ts'

const pauseMs = 1000
const longestPauseMs = 30_000

export interface CommitDeps {
  journal: Pick<AlertWriter, 'commit' | 'decided'>
  health: Pick<HealthBoard, 'report'>
  clock: Clock
  logger: Logger
  meter?: Pick<Meter, 'commit' | 'commitFailed'>
}

export class OrderedCommits {
  readonly #deps: CommitDeps
  #last: Promise<void> = Promise.resolve()
  #stalled = false
  #signal: AbortSignal | null = null

  constructor(deps: CommitDeps) {
    this.#deps = deps
  }

  /** The journal refuses: nothing new is to be decided, or states in memory and on disk part. */
  get stalled(): boolean {
    return this.#stalled
  }

  /** From now on the signal ends the trying. */
  endWith(signal: AbortSignal): void {
    this.#signal = signal
  }

  /** Call in the same turn as the decisions. Returns the checks that belong to another engine by now: nothing of them is written. */
  commit(batch: AlertBatch): Promise<readonly string[]> {
    if (isEmpty(batch)) return this.#last.then(() => [])
    this.#deps.journal.decided?.(batch)
    const mine = this.#last.then(() => this.#write(batch))
    this.#last = mine.then(
      () => undefined,
      () => undefined, // whoever asked for it hears of the failure
    )
    return mine
  }

  /** Resolves when nothing is being written. */
  settled(): Promise<void> {
    return this.#last
  }

  async #write(batch: AlertBatch): Promise<readonly string[]> {
    const { journal, health, clock, logger, meter } = this.#deps
    for (let attempt = 1; ; attempt++) {
      const began = clock.monotonic()
      try {
        const refused = await journal.commit(batch)
        meter?.commit(clock.monotonic() - began)
        if (this.#stalled) logger.info('the journal takes check states again', { attempts: attempt })
        this.#stalled = false
        return refused
      } catch (error) {
        const { message } = error as Error
        meter?.commitFailed()
        if (!this.#stalled) logger.error(`check states cannot be written: ${message}; trying on`, { error })
        this.#stalled = true
        health.report({
          ...{ component: 'alerter', kind: 'alerter', state: 'down' },
          detail: `the journal refuses check states: ${message}; checks pause until it takes them`,
        })
        if (this.#signal?.aborted) throw error
        await clock.sleep(Math.min(longestPauseMs, pauseMs * attempt), this.#signal ?? undefined)
      }
    }
  }
}
