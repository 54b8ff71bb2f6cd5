/** The alerter: due checks → results → decisions → journal → notifications. Decisions are pure; here is the loop around them. */
import type { Problem } from '../model/check.ts'
import type { Clock } from '../model/clock.ts'
import type {
  AlertCommands,
  AlertJournal,
  Budgets,
  Inventory,
  Live,
  Logger,
  NotifierContext,
  PassiveResult,
  PassiveResults,
  Plugin,
  SampleStore,
  Target,
} from '../model/contract.ts'
import type { ResourceRef } from '../model/event.ts'
import type { HealthBoard } from '../model/health.ts'
import type { Outbox } from '../model/outbox.ts'
import type { AlertWriter } from '../model/tracked-check.ts'
import { afterExpiry } from './acknowledgement-ends.ts'
import { newAttention } from './attention.ts'
import { readCommandFile } from './command-file.ts'
import { alertCommands } from './commands.ts'
import { Dependencies } from './dependencies.ts'
import { type ConfiguredNotifier, runDispatch } from './dispatch.ts'
import { takeTurns } from './downtime-turns.ts'
import { Downtimes } from './downtimes.ts'
import { explainedBy } from './entry-masters.ts'
import { type Collected, emptyBatch, judgeResult } from './judge.ts'
import { keepPeople } from './keep-people.ts'
import { OrderedCommits } from './ordered-commits.ts'
import { entryFor, resultOf, staleResult } from './passive.ts'
import { type People, peopleOf } from './people.ts'
import { type Entry, Registry } from './registry.ts'
import { loadRules, type Rule, withPeriods } from './rules.ts'
import { type CheckRun, runChecks } from './run-checks.ts'
import { runPeople } from './run-people.ts'
import { nextRetry } from './schedule.ts'
import { type AlerterConfig, isNotifier } from './section.ts'
import type { Around } from './surroundings.ts'
import { takeExternal } from './take-external.ts'
import { readTargets } from './targets.ts'

export interface AlerterDeps {
  store: Pick<SampleStore, 'range' | 'latest'>
  inventory: Pick<Inventory, 'instances' | 'hypervisors'>
  journal: AlertJournal & AlertWriter & Outbox
  health: HealthBoard
  live: Pick<Live, 'publish'>
  clock: Clock
  logger: Logger
  plugins: readonly Plugin[]
  /** Default: no project has a budget. */
  budgets?: Budgets
  /** Default: those of the configured file, or the ones that come with Specola. */
  rules?: readonly Rule[]
  /** Default: what the configuration says. */
  people?: People
  /** Default: messages carry no link to acknowledge. */
  acknowledgeLink?: (problem: Problem, contact: string) => string | null
  render: NotifierContext<unknown>['render']
}

export interface Alerter {
  /** Runs until the signal is aborted; what was decided is on disk when it resolves. */
  run(signal: AbortSignal): Promise<void>
  commands: AlertCommands
  results: PassiveResults
  /** Looks at these targets within a second, without waiting for their turn: their state has just changed. */
  checkNow(targets: readonly ResourceRef[]): void
}

/** Assembles the alerter; nothing runs until `run`. Rules that cannot be read are AppError('config'). */
export function createAlerter(config: AlerterConfig, deps: AlerterDeps): Alerter {
  const engine = new Engine(config, deps)
  return {
    run: (signal) => engine.run(signal),
    commands: engine.commands,
    results: { submit: (results) => engine.submit(results) },
    checkNow: (targets) => engine.checkNow(targets),
  }
}

const tickMs = 1000
const refreshMs = 30_000
const mostCycles = 4

class Engine {
  readonly commands: AlertCommands
  readonly #config: AlerterConfig
  readonly #deps: AlerterDeps
  readonly #rules: readonly Rule[]
  readonly #dependencies: Dependencies
  readonly #commits: OrderedCommits
  /** Null until the journal was read. */
  #around: Around | null = null
  /** When the engine began to listen: silence counts from there. */
  #since = 0

  constructor(config: AlerterConfig, deps: AlerterDeps) {
    this.#config = config
    this.#deps = deps
    this.#rules = withPeriods(deps.rules ?? loadRules(config.rules, deps.plugins), config)
    this.#dependencies = new Dependencies(config.settleMs)
    this.#commits = new OrderedCommits(deps)
    const commit = this.#commits.commit.bind(this.#commits)
    this.commands = alertCommands({ ...deps, config, around: () => this.#around, commit })
  }

  async run(signal: AbortSignal): Promise<void> {
    const { journal, clock, plugins } = this.#deps
    const { timeoutMs, giveUpMs } = this.#config
    this.#commits.endWith(signal)
    this.#since = clock.now()
    const registry = new Registry(this.#rules, await journal.stored(), clock.now())
    const downtimes = new Downtimes(await journal.openDowntimes(), this.#config.windows)
    const people = this.#deps.people ?? peopleOf(this.#config, null, clock)
    await people.refresh().catch(() => undefined) // what the configuration says stands until the journal answers
    const config = this.#config
    this.#around = { config, registry, dependencies: this.#dependencies, downtimes, people, attention: newAttention() }
    await this.#refresh(registry)
    this.#report('ok', `${registry.entries.size} checks`)
    const notifiers = notifiersOf(this.#config, plugins)
    await Promise.all([
      this.#loop(registry, signal),
      runDispatch({ ...this.#deps, around: this.#around, queue: journal, notifiers, timeoutMs, giveUpMs }, signal),
      runPeople({ ...this.#deps, around: this.#around, notifiers, stalled: () => this.#commits.stalled }, signal),
      this.#readCommandFile(signal),
    ])
    await this.#commits.settled()
  }

  async submit(results: readonly PassiveResult[]): ReturnType<PassiveResults['submit']> {
    const around = this.#around
    if (!around) return results.map(() => ({ ok: false, reason: 'the alerter has not started yet' }))
    const now = this.#deps.clock.now()
    const batch = emptyBatch()
    this.#dependencies.update(around.registry.entries.values(), this.#deps.health, now)
    const taken = results.map((result) => {
      const entry = entryFor(around.registry, result)
      if (typeof entry === 'string') return { ok: false as const, reason: entry }
      this.#judge(around.registry, [{ entry, result: resultOf(result) }], now, batch)
      return { ok: true as const, check: entry.stored.id }
    })
    await this.#commits.commit(batch)
    this.#publish(batch)
    return taken
  }

  checkNow(targets: readonly ResourceRef[]): void {
    const now = this.#deps.clock.now()
    for (const { kind, id } of targets)
      for (const entry of this.#around?.registry.of(kind, id) ?? []) {
        entry.again = entry.running
        entry.stored = { ...entry.stored, nextCheck: now }
      }
  }

  async #loop(registry: Registry, signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#deps
    const cycles = new Set<Promise<void>>()
    let refreshed = clock.now()
    while (!signal.aborted) {
      const now = clock.now()
      if (Math.abs(now - refreshed) >= refreshMs) {
        refreshed = now
        await this.#refresh(registry)
      }
      await this.#keepTime(registry, now)
      const due = [...registry.entries.values()].filter((entry) => isDue(entry, now) && !this.#putOff(registry, entry, now))
      if (due.length > 0 && cycles.size < mostCycles && !this.#commits.stalled) {
        const cycle = this.#cycle(registry, due, signal)
          .catch((error: Error) => {
            if (!signal.aborted) logger.error(`a cycle of checks failed: ${error.message}`, { error })
          })
          .finally(() => cycles.delete(cycle))
        cycles.add(cycle)
      }
      await clock.sleep(tickMs, signal).catch(() => undefined) // aborted: the loop's condition ends it
    }
    await Promise.all(cycles)
  }

  async #readCommandFile(signal: AbortSignal): Promise<void> {
    const { commandFile } = this.#config
    if (commandFile === null) return
    const deps = {
      around: () => this.#around,
      commands: this.commands,
      results: { submit: (results: readonly PassiveResult[]) => this.submit(results) },
      checkNow: (targets: readonly ResourceRef[]) => this.checkNow(targets),
    }
    await readCommandFile(commandFile, (line) => takeExternal(line, deps), this.#deps.logger, signal)
  }

  /** Downtimes begin and end, acknowledgements run out: what time alone does. */
  async #keepTime(registry: Registry, now: number): Promise<void> {
    const around = this.#around
    if (!around || this.#commits.stalled) return
    const batch = emptyBatch()
    takeTurns(around, around.downtimes.takeDue(now), now, batch)
    for (const entry of registry.entries.values()) {
      const ended = afterExpiry(entry, now)
      if (!ended) continue
      entry.stored = ended
      batch.checks.push(ended)
      const { id, project, state } = ended
      this.#deps.live.publish({ kind: 'problem', check: id, project, state: state.state, hard: state.hard })
    }
    keepPeople(around, now, batch)
    await this.#commits.commit(batch)
  }

  /** A check that another one's state makes pointless is not run. */
  #putOff(registry: Registry, entry: Entry, now: number): boolean {
    const { dependencyPeriodEndsSearch: periodEndsSearch, pendingMastersPass: pendingPasses } = this.#config.quirks
    if (!explainedBy(registry, entry.stored.id, 'notChecked', { now, periodEndsSearch, pendingPasses })) return false
    entry.stored = { ...entry.stored, nextCheck: nextRetry(entry.rule.retryMs, now) }
    return true
  }

  async #cycle(registry: Registry, due: readonly Entry[], signal: AbortSignal): Promise<void> {
    for (const entry of due) entry.running = true
    try {
      const runs = await runChecks(due, { ...this.#deps, timeoutMs: this.#config.timeoutMs }, signal)
      if (!signal.aborted) await this.#take(registry, runs)
    } finally {
      for (const entry of due) entry.running = false
    }
  }

  async #take(registry: Registry, runs: readonly CheckRun[]): Promise<void> {
    const now = this.#deps.clock.now()
    const batch = emptyBatch()
    const silent = runs.filter(({ storeSilent }) => storeSilent)
    for (const { entry, result } of runs)
      if (result === null) entry.stored = { ...entry.stored, nextCheck: nextRetry(entry.rule.retryMs, now) }
    const living = runs
      .filter(({ entry }) => registry.entries.get(entry.stored.id) === entry)
      .map(({ entry, result }) => ({ entry, result: result ?? staleResult(entry, this.#since, now) }))
    const [instances, hosts] = split(living, ({ entry }) => entry.target.kind === 'instance')
    // What instances run on first: then their problems are counted under it from the first moment.
    this.#judge(registry, hosts, now, batch)
    this.#dependencies.update(registry.entries.values(), this.#deps.health, now)
    this.#judge(registry, instances, now, batch)
    await this.#commits.commit(batch)
    this.#publish(batch)
    if (silent.length > 0)
      this.#report('degraded', `${silent.length} checks got no answer from the sample store; their states stand`)
    else this.#report('ok', `${registry.entries.size} checks`)
  }

  #publish({ transitions }: Collected): void {
    for (const { check, project, to, hard } of transitions)
      this.#deps.live.publish({ kind: 'problem', check, project, state: to, hard })
  }

  #judge(registry: Registry, runs: readonly Pick<CheckRun, 'entry' | 'result'>[], now: number, batch: Collected): void {
    const around = this.#around
    if (!around || around.registry !== registry) return
    for (const { entry, result } of runs)
      if (result) takeTurns(around, judgeResult(around, entry, result, now, batch), now, batch, entry)
  }

  async #refresh(registry: Registry): Promise<void> {
    const { inventory, health, budgets, clock, logger } = this.#deps
    let targets: Target[]
    try {
      targets = await readTargets(inventory, health, budgets)
    } catch (error) {
      logger.warn(`the targets of checks stay as they were: ${(error as Error).message}`, { error })
      return
    }
    const now = clock.now()
    const { ended, orphans } = registry.sync(targets, now)
    const batch = emptyBatch()
    for (const entry of ended) this.#end(registry, entry, now, batch)
    batch.removed.push(...ended.map((entry) => entry.stored.id), ...orphans.map(({ id }) => id))
    await this.#commits.commit(batch)
  }

  /** A problem whose target is gone is over: those who heard of it hear that. */
  #end(registry: Registry, entry: Entry, now: number, batch: Collected): void {
    if (entry.stored.state.state === 'ok') return
    const output = `the ${entry.target.kind} is gone; no longer checked`
    this.#judge(registry, [{ entry, result: { state: 'ok', output, perfdata: [] } }], now, batch)
  }

  #report(state: 'ok' | 'degraded', detail: string): void {
    this.#deps.health.report({ component: 'alerter', kind: 'alerter', state, detail })
  }
}

/** A next check further away than two intervals is the work of a clock that was set back. */
function isDue({ stored, running, rule }: Entry, now: number): boolean {
  const next = stored.nextCheck ?? 0
  return !running && (next <= now || next > now + 2 * rule.intervalMs + rule.retryMs)
}

function split<T>(all: readonly T[], belongs: (one: T) => boolean): [T[], T[]] {
  return [all.filter(belongs), all.filter((one) => !belongs(one))]
}

function notifiersOf(config: AlerterConfig, plugins: readonly Plugin[]): Map<string, ConfiguredNotifier> {
  return new Map(
    plugins
      .filter(isNotifier)
      .filter(({ name }) => config.notifiers[name] !== undefined)
      .map((notifier) => [notifier.name, { notifier, config: config.notifiers[notifier.name] }]),
  )
}
