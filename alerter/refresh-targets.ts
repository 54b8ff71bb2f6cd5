/** The checks follow what there is to check. */
import type { Target } from '../model/contract.ts'
import { causeTargets } from './cause-targets.ts'
import { type Collected, emptyBatch } from './judge.ts'
import type { Entry } from './registry.ts'
import { owns, type Running } from './running.ts'
import { judgeAll } from './take-results.ts'
import { readTargets } from './targets.ts'

export async function refreshTargets(running: Running): Promise<void> {
  const { inventory, health, budgets, labels, clock, logger } = running.deps
  const { causes, registry } = running.around
  let targets: Target[]
  try {
    if (running.deps.topology) causes.refresh(await running.deps.topology())
    const read = await readTargets(inventory, health, {
      ...{ budgets, labels, rules: registry.rules, causes: causeTargets(causes.topology, registry.rules) },
    })
    targets = [...read, ...running.config.devices.map(({ target }) => target)]
  } catch (error) {
    logger.warn(`the targets of checks stay as they were: ${(error as Error).message}`, { error })
    return
  }
  const now = clock.now()
  const { cluster } = running.deps
  const gone = registry.sync(targets, now, (target) => (cluster?.owns(target) && cluster.knownElsewhere(target)) ?? false)
  const ended = gone.ended.filter(({ target }) => owns(running, target))
  const orphans = gone.orphans.filter(({ target }) => owns(running, target))
  const batch = emptyBatch()
  for (const entry of ended) end(running, entry, now, batch)
  batch.removed.push(...ended.map((entry) => entry.stored.id), ...orphans.map(({ id }) => id))
  await running.commits.commit(batch)
}

/** A problem whose target is gone is over: those who heard of it hear that. */
function end(running: Running, entry: Entry, now: number, batch: Collected): void {
  if (entry.stored.state.state === 'ok') return
  const output = `the ${entry.target.kind} is gone; no longer checked`
  judgeAll(running, [{ entry, result: { state: 'ok', output, perfdata: [] } }], now, batch)
}
