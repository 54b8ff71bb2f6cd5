/** The alerter: due checks → results → decisions → journal → notifications. Its parts share what `running.ts` names. */
import type { Scope } from '../model/access.ts'
import type { Problem } from '../model/check.ts'
import type { Clue } from '../model/clue.ts'
import type { AlertCommands, AppError, PassiveResult, PassiveResults } from '../model/contract.ts'
import type { EngineFigures } from '../model/engine-figures.ts'
import type { ResourceRef } from '../model/event.ts'
import type { RuleBoard } from '../model/rule-board.ts'
import { newAttention } from './attention.ts'
import { Causes } from './causes.ts'
import { checkSoon } from './check-soon.ts'
import { cluesTo } from './clues.ts'
import { clusterMember } from './cluster-member.ts'
import { readCommandFile } from './command-file.ts'
import { alertCommands } from './commands.ts'
import { Dependencies } from './dependencies.ts'
import { runDispatch } from './dispatch.ts'
import { Downtimes } from './downtimes.ts'
import { runDueLoop } from './due-loop.ts'
import { EventHandlers } from './event-handlers.ts'
import { messageAids } from './message-aids.ts'
import { Meter } from './meter.ts'
import { queueNotifiers } from './notifier-desk.ts'
import { OrderedCommits } from './ordered-commits.ts'
import { peopleOf } from './people.ts'
import { refreshTargets } from './refresh-targets.ts'
import { Registry } from './registry.ts'
import { RuleCosts, ruleBoard } from './rule-board.ts'
import { loadRules, type Rule, withPeriods } from './rules.ts'
import { runPeople } from './run-people.ts'
import { type AlerterDeps, countsChecks, owns, type Running, report } from './running.ts'
import type { AlerterConfig } from './section.ts'
import { takeExternal } from './take-external.ts'
import { takePassive } from './take-results.ts'

export interface Alerter {
  /** Runs until the signal is aborted; what was decided is on disk when it resolves. */
  run(signal: AbortSignal): Promise<void>
  commands: AlertCommands
  results: PassiveResults
  /** Looks at these targets within a second, without waiting for their turn: their state has just changed. */
  checkNow(targets: readonly ResourceRef[]): void
  /** What changed before a problem, as far as the scope may see it; the likeliest first. */
  clues(scope: Scope, problem: Problem): Promise<Clue[]>
  /** What it costs and how late it is; null before it has begun. */
  figures(): EngineFigures | null
  /** What pages show of its rules. */
  rules: RuleBoard
}

/** Assembles the alerter; nothing runs until `run`. Rules that cannot be read are AppError('config'). */
export function createAlerter(config: AlerterConfig, deps: AlerterDeps): Alerter {
  const engine = new Engine(config, deps)
  return {
    run: (signal) => engine.run(signal),
    commands: engine.commands,
    results: { submit: (results) => engine.submit(results) },
    checkNow: (targets) => engine.checkNow(targets),
    clues: (scope, problem) => engine.clues(scope, problem),
    figures: () => engine.figures(),
    rules: engine.board,
  }
}

const waitMs = 2000

class Engine {
  readonly commands: AlertCommands
  readonly board: RuleBoard
  readonly #costs = new RuleCosts()
  readonly #config: AlerterConfig
  readonly #deps: AlerterDeps
  readonly #rules: readonly Rule[]
  readonly #commits: OrderedCommits
  readonly #meter: Meter
  /** Null until the journal was read. */
  #running: Running | null = null

  constructor(config: AlerterConfig, deps: AlerterDeps) {
    this.#config = config
    this.#deps = deps
    this.#meter = new Meter(deps.clock)
    this.#rules = withPeriods(deps.rules ?? loadRules(config.rules, deps.plugins), config)
    this.#commits = new OrderedCommits({ ...deps, meter: this.#meter })
    const commit = this.#commits.commit.bind(this.#commits)
    this.board = ruleBoard(this.#rules, () => this.#around?.registry ?? null, this.#costs)
    this.commands = alertCommands({ ...deps, config, around: () => this.#around, commit, cluster: deps.cluster ?? null })
  }

  async run(signal: AbortSignal): Promise<void> {
    const { journal, cluster } = this.#deps
    const { timeoutMs, giveUpMs } = this.#config
    this.#commits.endWith(signal)
    const running = await this.#readOnceThere(signal)
    if (!running) return
    this.#running = running
    await refreshTargets(running)
    report(running, 'ok', countsChecks(running))
    const notifiers = queueNotifiers(this.#config, this.#deps)
    await Promise.all([
      runDueLoop(running, signal),
      runDispatch(
        {
          ...this.#deps,
          around: running.around,
          queue: journal,
          notifiers,
          timeoutMs,
          giveUpMs,
          meter: this.#meter,
          aids: messageAids(this.#deps, this.#rules),
        },
        signal,
      ),
      runPeople({ ...this.#deps, around: running.around, notifiers, stalled: () => this.#commits.stalled }, signal),
      this.#readCommandFile(signal),
      cluster?.run(clusterMember(running), signal),
    ])
    await running.handlers.settled(this.#deps.clock)
    await this.#commits.settled()
    await cluster?.leave()
  }

  async submit(results: readonly PassiveResult[]): ReturnType<PassiveResults['submit']> {
    if (!this.#running) return results.map(() => ({ ok: false, reason: 'the alerter has not started yet' }))
    return takePassive(this.#running, results)
  }

  async clues(scope: Scope, problem: Problem): Promise<Clue[]> {
    return this.#running ? cluesTo(this.#running, problem, scope) : []
  }

  checkNow(targets: readonly ResourceRef[]): void {
    if (this.#running) checkSoon(this.#running, targets)
  }

  figures(): EngineFigures | null {
    const running = this.#running
    if (!running) return null
    const { registry } = running.around
    const owned = [...registry.entries.values()].filter(({ target }) => owns(running, target)).length
    return this.#meter.figures(registry, owned)
  }

  get #around() {
    return this.#running?.around ?? null
  }

  /** A journal that is away at the start is waited for. Null when the signal was aborted first. */
  async #readOnceThere(signal: AbortSignal): Promise<Running | null> {
    const { clock, health, logger } = this.#deps
    for (let said = false; !signal.aborted; said = true) {
      try {
        return await this.#read()
      } catch (error) {
        const { message, code } = error as AppError
        if (code !== 'unreachable') throw error
        if (!said) logger.error(`the alerter waits: ${message}`, { error })
        health.report({ component: 'alerter', kind: 'alerter', state: 'down', detail: `waits for its journal: ${message}` })
        await clock.sleep(waitMs, signal).catch(() => undefined) // aborted: the loop's condition ends it
      }
    }
    return null
  }

  /** Everything as the last process left it. */
  async #read(): Promise<Running> {
    const config = this.#config
    const { journal, clock } = this.#deps
    const since = clock.now()
    const own = new Map(config.devices.map(({ target, rules }) => [target.id, rules]))
    const registry = new Registry(this.#rules, await journal.stored(), clock.now(), own)
    const downtimes = new Downtimes(await journal.openDowntimes(), config.windows)
    const people = this.#deps.people ?? peopleOf(config, null, clock)
    await people.refresh()
    const causes = new Causes(registry, new Dependencies(config.settleMs), this.#deps.health, config.groupingWaitMs)
    const around = { config, registry, causes, downtimes, people, attention: newAttention() }
    const handlers = new EventHandlers()
    return { config, deps: this.#deps, around, commits: this.#commits, meter: this.#meter, handlers, costs: this.#costs, since }
  }

  async #readCommandFile(signal: AbortSignal): Promise<void> {
    const { commandFile } = this.#config
    const { cluster } = this.#deps
    if (commandFile === null) return
    const deps = {
      around: () => this.#around,
      commands: this.commands,
      results: { submit: (results: readonly PassiveResult[]) => this.submit(results) },
      checkNow: (targets: readonly ResourceRef[]) => this.checkNow(targets),
      ...(cluster && { askOthers: cluster }),
    }
    await readCommandFile(commandFile, (line) => takeExternal(line, deps), this.#deps.logger, signal)
  }
}
