/** Results of checks, decided and written. */
import type { CheckOrder } from '../model/alert-cluster.ts'
import type { PassiveResult, PassiveResults } from '../model/contract.ts'
import type { ResourceRef } from '../model/event.ts'
import { addClues } from './clues.ts'
import { takeTurns } from './downtime-turns.ts'
import { type Collected, emptyBatch, judgeResult } from './judge.ts'
import { entryFor, resultOf, staleResult } from './passive.ts'
import type { CheckRun } from './run-checks.ts'
import { countsChecks, owns, publish, type Running, report } from './running.ts'
import { nextRetry } from './schedule.ts'

/** Results of one cycle of the engine's own checks. */
export async function takeRuns(running: Running, runs: readonly CheckRun[]): Promise<void> {
  const { deps, around, commits } = running
  const { registry } = around
  const now = deps.clock.now()
  const batch = emptyBatch()
  const silent = runs.filter(({ storeSilent }) => storeSilent)
  for (const { entry, result } of runs)
    if (result === null) entry.stored = { ...entry.stored, nextCheck: nextRetry(entry.rule.retryMs, now) }
  const living = runs
    .filter(({ entry }) => registry.entries.get(entry.stored.id) === entry && owns(running, entry.target))
    .map(({ entry, result }) => ({ entry, result: result ?? staleResult(entry, running.since, now) }))
  const [instances, hosts] = split(living, ({ entry }) => entry.target.kind === 'instance')
  // What instances run on first: then their problems are counted under it from the first moment.
  judgeAll(running, hosts, now, batch)
  around.causes.update(now)
  judgeAll(running, instances, now, batch)
  await addClues(running, batch)
  const refused = await commits.commit(batch)
  publish(running, batch, refused)
  running.handlers.start(running, batch, refused)
  if (silent.length > 0)
    report(running, 'degraded', `${silent.length} checks got no answer from the sample store; their states stand`)
  else report(running, 'ok', countsChecks(running))
}

/** Results from outside, each for the check that waits for it. What another engine decides on is handed to it. */
export async function takePassive(running: Running, results: readonly PassiveResult[]): ReturnType<PassiveResults['submit']> {
  const { deps, around, commits } = running
  const now = deps.clock.now()
  const batch = emptyBatch()
  const own = new Map<string, Handed>()
  const handed: Handed[] = []
  around.causes.update(now)
  const taken = results.map((result) => {
    const entry = entryFor(around.registry, result)
    if (typeof entry === 'string') return { ok: false as const, reason: entry }
    const check = entry.stored.id
    if (owns(running, entry.target)) {
      judgeAll(running, [{ entry, result: resultOf(result) }], now, batch)
      own.set(check, { target: entry.target, order: { do: 'result', check, result } })
    } else handed.push({ target: entry.target, order: { do: 'result', check, result } })
    return { ok: true as const, check }
  })
  await addClues(running, batch)
  const refused = await commits.commit(batch)
  publish(running, batch, refused)
  running.handlers.start(running, batch, refused)
  handed.push(...refused.flatMap((check) => own.get(check) ?? []))
  await Promise.all(handed.map(({ target, order }) => deps.cluster?.order(target, order)))
  return taken
}

interface Handed {
  target: ResourceRef
  order: CheckOrder
}

export function judgeAll(
  { around }: Pick<Running, 'around'>,
  runs: readonly Pick<CheckRun, 'entry' | 'result'>[],
  now: number,
  batch: Collected,
): void {
  for (const { entry, result } of runs)
    if (result) takeTurns(around, judgeResult(around, entry, result, now, batch), now, batch, entry)
}

function split<T>(all: readonly T[], belongs: (one: T) => boolean): [T[], T[]] {
  return [all.filter(belongs), all.filter((one) => !belongs(one))]
}
