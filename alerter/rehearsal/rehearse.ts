/**
 * The engine's own parts on a virtual clock: rules over targets and samples of some time, as fast as they can be judged. Rule
 * tests and previews run this. Nothing is written and nobody is told; what would be is handed over, batch by batch.
 */

import type { CheckResult } from '../../model/check.ts'
import type { Clock } from '../../model/clock.ts'
import type { Logger, SampleStore, Target } from '../../model/contract.ts'
import type { HealthBoard } from '../../model/health.ts'
import { newAttention } from '../attention.ts'
import { Causes } from '../causes.ts'
import { Dependencies } from '../dependencies.ts'
import { takeTurns } from '../downtime-turns.ts'
import { Downtimes } from '../downtimes.ts'
import { explainedBy } from '../entry-masters.ts'
import { type Collected, emptyBatch, judgeResult } from '../judge.ts'
import { otherChecks } from '../other-checks.ts'
import { staleResult } from '../passive.ts'
import { peopleOf } from '../people.ts'
import { type Entry, Registry } from '../registry.ts'
import type { Rule } from '../rules.ts'
import { runChecks } from '../run-checks.ts'
import { nextRetry } from '../schedule.ts'
import type { AlerterConfig } from '../section.ts'
import type { Around } from '../surroundings.ts'

export interface Rehearsal {
  config: AlerterConfig
  rules: readonly Rule[]
  targets: readonly Target[]
  /** Answers as it would have at the time of asking. */
  store: Pick<SampleStore, 'range' | 'latest'>
  health: Pick<HealthBoard, 'all'>
  /** [from, to], epoch ms. */
  from: number
  to: number
  logger: Logger
  /** Results that are known instead of made: of checks that read more than samples. undefined = run the check. */
  known?: (entry: Entry, now: number) => CheckResult | null | undefined
  /** Called before the checks of an instant run. */
  coming?(now: number): void
  /** Called whenever something was decided, before time goes on. */
  decided(batch: Collected, registry: Registry, now: number): void
  /** Called now and then with the time that was reached; lets others have their turn. */
  reached?(now: number): Promise<void>
  signal: AbortSignal
  /** Set to each instant in turn, before its checks run. */
  time: VirtualTime
}

/** A clock that stands still until it is moved. Nothing that sleeps on it ever wakes up by itself. */
export class VirtualTime implements Clock {
  #now: number
  constructor(now: number) {
    this.#now = now
  }
  now(): number {
    return this.#now
  }
  monotonic(): number {
    return this.#now
  }
  moveTo(now: number): void {
    this.#now = now
  }
  sleep(_ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((_, reject) => {
      if (signal?.aborted) reject(signal.reason)
      else signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
  }
}

/** Checks begin an interval after `from`, when there is something to look back at, and are not spread over their interval: what is expected at an instant can be said. */
export async function rehearse(rehearsal: Rehearsal): Promise<Registry> {
  const { config, rules, targets, health, from, to, time, signal } = rehearsal
  time.moveTo(from)
  const registry = new Registry(rules, [], from)
  registry.sync(targets, from)
  for (const entry of registry.entries.values()) {
    entry.offset = 0
    entry.stored = { ...entry.stored, nextCheck: from + entry.rule.intervalMs }
  }
  const around: Around = {
    ...{ config, registry, downtimes: new Downtimes([], config.windows) },
    // what carries what is not known of a time that is over: causes are hypervisors alone
    causes: new Causes(registry, new Dependencies(config.settleMs), health, 0),
    ...{ people: peopleOf(config, null, time), attention: newAttention() },
  }
  const agenda = new Agenda(registry.entries.values())
  for (let now = agenda.next(); now !== null && now <= to && !signal.aborted; now = agenda.next()) {
    rehearsal.coming?.(now)
    time.moveTo(now)
    const due = agenda.take(now)
    const runnable = due.filter((entry) => !putOff(around, entry, now))
    const batch = await turn(rehearsal, around, runnable, health, now)
    rehearsal.decided(batch, registry, now)
    agenda.add(due)
    await rehearsal.reached?.(now)
  }
  return registry
}

/** The checks of one instant: first what instances run on, as in the engine; last what is made of other checks. */
async function turn(
  { store, logger, time, signal, from, known }: Rehearsal,
  around: Around,
  due: readonly Entry[],
  health: Pick<HealthBoard, 'all'>,
  now: number,
): Promise<Collected> {
  const batch = emptyBatch()
  const { registry, config } = around
  const told = due.map((entry) => ({ entry, result: known?.(entry, now) }))
  const own = told.filter(({ result }) => result === undefined).map(({ entry }) => entry)
  const others = otherChecks(registry)
  const deps = { store, health, clock: time, logger, timeoutMs: config.timeoutMs, others, causes: around.causes }
  const runs = [...(await runChecks(own, deps, signal)), ...told.filter(({ result }) => result !== undefined)]
  const judge = (those: readonly { entry: Entry; result?: CheckResult | null | undefined }[]) => {
    for (const { entry, result } of those) {
      const said = result ?? staleResult(entry, from, now)
      if (said) takeTurns(around, judgeResult(around, entry, said, now, batch), now, batch, entry)
      else entry.stored = { ...entry.stored, nextCheck: nextRetry(entry.rule.retryMs, now) }
    }
  }
  judge(runs.filter(({ entry }) => entry.target.kind !== 'instance'))
  around.causes.update(now)
  judge(runs.filter(({ entry }) => entry.target.kind === 'instance'))
  return batch
}

function putOff({ registry, config }: Around, entry: Entry, now: number): boolean {
  const { dependencyPeriodEndsSearch: periodEndsSearch, pendingMastersPass: pendingPasses } = config.quirks
  if (!explainedBy(registry, entry.stored.id, 'notChecked', { now, periodEndsSearch, pendingPasses })) return false
  entry.stored = { ...entry.stored, nextCheck: nextRetry(entry.rule.retryMs, now) }
  return true
}

/** Which checks are due when. Few instants hold many checks. */
class Agenda {
  readonly #at = new Map<number, Entry[]>()

  constructor(entries: Iterable<Entry>) {
    this.add(entries)
  }

  add(entries: Iterable<Entry>): void {
    for (const entry of entries) {
      const at = entry.stored.nextCheck ?? 0
      const there = this.#at.get(at)
      if (there) there.push(entry)
      else this.#at.set(at, [entry])
    }
  }

  next(): number | null {
    let first: number | null = null
    for (const at of this.#at.keys()) if (first === null || at < first) first = at
    return first
  }

  take(at: number): Entry[] {
    const entries = this.#at.get(at) ?? []
    this.#at.delete(at)
    return entries
  }
}
