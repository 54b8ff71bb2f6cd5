/** Counts what the engine does: cheap enough to be always on. Times in ms of a clock that never steps. */
import type { Clock } from '../model/clock.ts'
import { type CheckCost, type EngineFigures, spreadOf } from '../model/engine-figures.ts'
import type { DeliveryOutcome } from '../model/tracked-check.ts'
import type { Registry } from './registry.ts'
import type { CheckRun } from './run-checks.ts'

const minuteMs = 60_000
const windowMs = 5 * minuteMs
const mostMeasurements = 20_000
/** Lists name at most this many checks. */
const named = 20
/** How much a new run counts beside all earlier ones. */
const weight = 0.2

interface Measured {
  at: number
  value: number
}

/** The last five minutes of something. */
class Window {
  #all: Measured[] = []

  add(at: number, value: number): void {
    this.#all.push({ at, value })
    if (this.#all.length > mostMeasurements) this.#all = this.#all.slice(-mostMeasurements / 2)
  }

  since(at: number): number[] {
    return this.#all.filter((one) => one.at >= at).map(({ value }) => value)
  }

  trim(before: number): void {
    if ((this.#all[0]?.at ?? before) < before) this.#all = this.#all.filter(({ at }) => at >= before)
  }
}

interface Cost {
  runs: number
  tookMs: number
  lateMs: number
}

export class Meter {
  readonly #clock: Clock
  readonly #late = new Window()
  readonly #cycles = new Window()
  readonly #commits = new Window()
  readonly #runsOf = new Window()
  readonly #costs = new Map<string, Cost>()
  readonly #deliveries = new Map<string, number>()
  #runs = 0
  #cycleCount = 0
  #commitFailures = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A cycle is over. `lates`: how late each of its checks began, ms, in the order of the runs. */
  cycle(runs: readonly CheckRun[], lates: readonly number[], tookMs: number): void {
    const now = this.#clock.monotonic()
    for (const window of [this.#late, this.#cycles, this.#commits, this.#runsOf]) window.trim(now - windowMs)
    this.#cycleCount++
    this.#runs += runs.length
    this.#cycles.add(now, tookMs)
    this.#runsOf.add(now, runs.length)
    for (const [n, run] of runs.entries()) {
      const late = lates[n] ?? 0
      this.#late.add(now, late)
      this.#cost(run.entry.stored.id, run.tookMs, late)
    }
  }

  commit(tookMs: number): void {
    this.#commits.add(this.#clock.monotonic(), tookMs)
  }

  commitFailed(): void {
    this.#commitFailures++
  }

  delivered(notifier: string, { outcome }: DeliveryOutcome): void {
    const key = `${outcome} ${notifier}`
    this.#deliveries.set(key, (this.#deliveries.get(key) ?? 0) + 1)
  }

  figures(registry: Registry, owned: number): EngineFigures {
    const now = this.#clock.monotonic()
    for (const id of this.#costs.keys()) if (!registry.entries.has(id)) this.#costs.delete(id)
    const entries = [...registry.entries.values()]
    const costs = entries.flatMap(({ stored, target, rule }): CheckCost[] => {
      const cost = this.#costs.get(stored.id)
      const { project } = target
      return cost ? [{ check: stored.id, rule: rule.name, targetName: target.name ?? target.id, project, ...cost }] : []
    })
    const most = <T>(all: readonly T[], by: (one: T) => number) =>
      all
        .filter((one) => by(one) > 0)
        .sort((a, b) => by(b) - by(a))
        .slice(0, named)
    return {
      ...{ checks: entries.length, owned, runs: this.#runs, cycles: this.#cycleCount },
      checksPerSecond: this.#runsOf.since(now - minuteMs).reduce((sum, n) => sum + n, 0) / 60,
      lateMs: spreadOf(this.#late.since(now - windowMs)),
      cycleMs: spreadOf(this.#cycles.since(now - windowMs)),
      commitMs: spreadOf(this.#commits.since(now - windowMs)),
      commitFailures: this.#commitFailures,
      deliveries: [...this.#deliveries].map(([key, count]) => {
        const [outcome, ...notifier] = key.split(' ')
        return { notifier: notifier.join(' '), outcome: outcome as DeliveryOutcome['outcome'], count }
      }),
      rules: [...Map.groupBy(costs, ({ rule }) => rule)].map(([rule, of]) => ({
        ...{ rule, checks: of.length, runs: of.reduce((sum, one) => sum + one.runs, 0) },
        tookMs: of.reduce((sum, one) => sum + one.tookMs, 0) / of.length,
      })),
      slowest: most(costs, ({ tookMs }) => tookMs),
      latest: most(costs, ({ lateMs }) => lateMs),
      flapping: most(
        entries.map(({ stored, target, rule }) => ({
          ...{ check: stored.id, rule: rule.name, targetName: target.name ?? target.id, project: target.project },
          ...{ percent: stored.flapping.percent, flapping: stored.flapping.flapping },
        })),
        ({ percent }) => percent,
      ),
    }
  }

  #cost(check: string, tookMs: number, lateMs: number): void {
    const before = this.#costs.get(check)
    if (!before) {
      this.#costs.set(check, { runs: 1, tookMs, lateMs })
      return
    }
    before.runs++
    before.tookMs += weight * (tookMs - before.tookMs)
    before.lateMs += weight * (lateMs - before.lateMs)
  }
}
