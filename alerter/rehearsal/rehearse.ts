/**
 * The engine's own parts on a virtual clock: rules over targets and samples of some time, as fast as they can be judged. Rule
 * tests and previews run this. Nothing is written and nobody is told; what would be is handed over, batch by batch.
 */

import type { CheckResult } from '../../model/check.ts'
import type { Clock } from '../../model/clock.ts'
import type { Logger, SampleStore, Target } from '../../model/contract.ts'
import type { HealthBoard } from '../../model/health.ts'
import { newAttention } from '../attention.ts'
import { Causes, isCause } from '../causes.ts'
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
import { nextRegular, nextRetry } from '../schedule.ts'
import type { AlerterConfig } from '../section.ts'
import type { Around } from '../surroundings.ts'
import { Agenda } from './agenda.ts'
import type { TimedTopology } from './past-topology.ts'

export interface Rehearsal {
  config: AlerterConfig
  rules: readonly Rule[]
  /** Also what may be the cause of many problems. */
  targets: readonly Target[]
  /** What carried what. */
  topology: TimedTopology
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
    causes: new Causes(registry, new Dependencies(config.settleMs), health, config.groupingWaitMs),
    ...{ people: peopleOf(config, null, time), attention: newAttention() },
  }
  around.causes.hurries = false
  const carry = carrying(around, rehearsal.topology)
  carry(from)
  const agenda = new Agenda(registry.entries.values())
  const restless = new Map<Entry, number>()
  for (let now = agenda.next(); now !== null && now <= to && !signal.aborted; now = agenda.next()) {
    rehearsal.coming?.(now)
    time.moveTo(now)
    const moved = carry(now) ? [...registry.entries.values()].filter(isOfMany) : []
    const due = agenda.take(now)
    const runnable = due.filter((entry) => !putOff(around, entry, now))
    const batch = await turn(rehearsal, around, runnable, health, now)
    rehearsal.decided(batch, registry, now)
    for (const entry of due) if (isQuiet(entry, restless, now)) entry.stored = { ...entry.stored, nextCheck: now + quietMs }
    agenda.add(due)
    for (const entry of new Set([...moved, ...concernedBy(around, batch)])) {
      restless.set(entry, now)
      const at = nextRegular(0, entry.rule.intervalMs, now)
      if ((entry.stored.nextCheck ?? at) <= at) continue
      entry.stored = { ...entry.stored, nextCheck: at }
      agenda.add([entry])
    }
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

/** Causes of what has not changed for so long are looked at now and then only. */
const restlessMs = 300_000
const quietMs = 600_000

const isOfMany = (entry: Entry) => isCause(entry) || entry.target.kind === 'impact'

/** Nothing below it has changed lately, and it is well. */
const isQuiet = (entry: Entry, restless: ReadonlyMap<Entry, number>, now: number) =>
  isOfMany(entry) &&
  entry.stored.state.state === 'ok' &&
  now - (restless.get(entry) ?? Number.NEGATIVE_INFINITY) > restlessMs &&
  entry.rule.intervalMs < quietMs

/** What may be, or may no longer be, the cause of what has just changed, and what that means for its project. */
function concernedBy({ registry, causes }: Around, { transitions }: Collected): Set<Entry> {
  const concerned = new Set<Entry>()
  for (const { check } of transitions) {
    const entry = registry.entries.get(check)
    if (!entry || entry.target.kind === 'impact') continue
    for (const { entry: cause } of causes.candidates(entry)) concerned.add(cause)
    const { host, project } = entry.target
    const own = host === null || entry.target.kind === 'instance' ? undefined : causes.check('hypervisor', host)
    if (own && own !== entry) concerned.add(own)
    const projects = project === null ? causes.projectsBelow(entry.target) : [project]
    for (const one of projects) for (const impact of registry.of('impact', one)) concerned.add(impact)
  }
  return concerned
}

/** Brings what carries what up to a time: instances are on the hosts that they were on then. True when something changed. */
function carrying({ registry, causes }: Around, { changes, at }: TimedTopology): (now: number) => boolean {
  let next = -1
  return (now) => {
    if (next >= 0 && (changes[next] ?? Number.POSITIVE_INFINITY) > now) return false
    next = changes.findIndex((change) => change > now)
    if (next < 0) next = changes.length
    const facts = at(now)
    causes.refresh(facts)
    for (const { id, host } of facts.instances)
      for (const entry of registry.of('instance', id)) if (entry.target.host !== host) entry.target = { ...entry.target, host }
    return true
  }
}
