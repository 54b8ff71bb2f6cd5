/** Checks that wait for others (programs, peers): each for itself, so that nothing waits for the slowest of a cycle. */
import type { CheckResult } from '../model/check.ts'
import { AppError } from '../model/contract.ts'
import { checkMacro } from './check-macros.ts'
import { bounded } from './problem.ts'
import type { Entry } from './registry.ts'
import type { CheckRun } from './run-checks.ts'
import type { Running } from './running.ts'
import { takeRuns } from './take-results.ts'

/** Results are written together, ms: a commit each would cost more than the checks. */
const gatherMs = 100
/** Checks of so long are started together, ms: each wake-up of the process costs as much as a check. */
const togetherMs = 20
/** A check that did not end by itself until then never will. */
const giveUpMs = 15 * 60_000

export class ApartChecks {
  readonly #running: Running
  readonly #signal: AbortSignal
  readonly #open = new Map<Entry, { began: number; giveUp(reason: Error): void }>()
  #finished: { run: CheckRun; lateMs: number }[] = []
  #taking: Promise<void> | null = null

  constructor(running: Running, signal: AbortSignal) {
    this.#running = running
    this.#signal = signal
  }

  /** Runs each at its time, which may be a little ahead. */
  start(entries: readonly Entry[]): void {
    const now = this.#running.deps.clock.now()
    for (const { began, giveUp } of this.#open.values())
      if (now - began > giveUpMs) giveUp(new Error(`no answer within ${giveUpMs / 60_000} min`))
    const delayOf = ({ stored }: Entry) => Math.max(0, Math.min(1000, (stored.nextCheck ?? now) - now))
    for (const entry of entries) entry.running = true
    for (const [slot, group] of Map.groupBy(entries, (entry) => Math.ceil(delayOf(entry) / togetherMs)))
      void this.#runAt(slot * togetherMs, group)
  }

  async #runAt(delayMs: number, entries: readonly Entry[]): Promise<void> {
    if (delayMs > 0) await this.#running.deps.clock.sleep(delayMs, this.#signal).catch(() => undefined)
    if (this.#signal.aborted) return
    for (const entry of entries) void this.#run(entry)
  }

  /** Resolves when what has finished is written. */
  async settled(): Promise<void> {
    await this.#taking
  }

  async #run(entry: Entry): Promise<void> {
    const { clock } = this.#running.deps
    const abandoned = Promise.withResolvers<never>()
    const { checked } = entry.stored.state
    // a first look has no time that it could be late for
    const lateMs = checked ? Math.max(0, clock.now() - (entry.stored.nextCheck ?? clock.now())) : 0
    this.#open.set(entry, { began: clock.now(), giveUp: abandoned.reject })
    const began = clock.monotonic()
    const said = await this.#result(entry, abandoned.promise)
    this.#open.delete(entry)
    this.#finished.push({ run: { ...said, tookMs: clock.monotonic() - began }, lateMs })
    this.#taking ??= this.#take()
  }

  async #result(entry: Entry, abandoned: Promise<never>): Promise<Omit<CheckRun, 'tookMs'>> {
    const { deps, config, around } = this.#running
    const { rule, target } = entry
    const now = deps.clock.now()
    const macro = (name: string) => checkMacro(entry, name, { registry: around.registry, macros: config.commands.macros, now })
    const { store, health, programs } = deps
    const ctx = { config: rule.config, target, store, health, now, signal: this.#signal, macro, ...(programs && { programs }) }
    try {
      const result: CheckResult | null = await Promise.race([rule.check.run(ctx), abandoned])
      return { entry, result: result && bounded(result), storeSilent: false }
    } catch (error) {
      if (this.#signal.aborted || (error instanceof AppError && error.code === 'storage'))
        return { entry, result: null, storeSilent: !this.#signal.aborted }
      const output = `could not check: ${(error as Error).message}`
      return { entry, result: bounded({ state: 'unknown', output, perfdata: [] }), storeSilent: false }
    }
  }

  async #take(): Promise<void> {
    const { clock, logger } = this.#running.deps
    const began = clock.monotonic()
    await clock.sleep(gatherMs, this.#signal).catch(() => undefined)
    const finished = this.#finished
    const runs = finished.map(({ run }) => run)
    this.#finished = []
    try {
      if (this.#signal.aborted) return
      await takeRuns(this.#running, runs)
      const lates = finished.map(({ lateMs }) => lateMs)
      this.#running.meter.cycle(runs, lates, clock.monotonic() - began)
    } catch (error) {
      if (!this.#signal.aborted) logger.error(`results could not be taken: ${(error as Error).message}`, { error })
    } finally {
      for (const { entry } of runs) entry.running = false
      this.#taking = this.#finished.length > 0 && !this.#signal.aborted ? this.#take() : null
    }
  }
}
