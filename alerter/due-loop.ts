/** Each second: what is due is run, decided and written, in cycles that may overlap. */
import { ApartChecks } from './apart.ts'
import { notYet } from './check-time.ts'
import { explainedBy } from './entry-masters.ts'
import { keepTime } from './keep-time.ts'
import { otherChecks } from './other-checks.ts'
import { refreshTargets } from './refresh-targets.ts'
import type { Entry } from './registry.ts'
import { runChecks } from './run-checks.ts'
import { owns, type Running } from './running.ts'
import { nextRetry } from './schedule.ts'
import { takeRuns } from './take-results.ts'

const tickMs = 1000
const refreshMs = 30_000
const mostCycles = 4

/** Runs until the signal is aborted and the last cycle is over. */
export async function runDueLoop(running: Running, signal: AbortSignal): Promise<void> {
  const { clock, logger } = running.deps
  const cycles = new Set<Promise<void>>()
  const apart = new ApartChecks(running, signal)
  let refreshed = clock.now()
  while (!signal.aborted) {
    const now = clock.now()
    if (Math.abs(now - refreshed) >= refreshMs) {
      refreshed = now
      await refreshTargets(running)
    }
    await keepTime(running, now)
    const entries = [...running.around.registry.entries.values()]
    const ready = entries.filter(
      (entry) => isDue(entry, now + aheadMs(entry)) && owns(running, entry.target) && !putOff(running, entry, now),
    )
    const due = ready.filter(({ rule }) => !rule.check.apart)
    if (!running.commits.stalled) apart.start(ready.filter(({ rule }) => rule.check.apart))
    if (due.length > 0 && cycles.size < mostCycles && !running.commits.stalled) {
      const cycle = runCycle(running, due, signal)
        .catch((error: Error) => {
          if (!signal.aborted) logger.error(`a cycle of checks failed: ${error.message}`, { error })
        })
        .finally(() => cycles.delete(cycle))
      cycles.add(cycle)
    }
    await clock.sleep(tickMs, signal).catch(() => undefined) // aborted: the loop's condition ends it
  }
  await Promise.all([...cycles, apart.settled()])
}

/** What runs apart waits for its own instant of the coming second. */
const aheadMs = ({ rule }: Entry) => (rule.check.apart ? tickMs : 0)

async function runCycle(running: Running, due: readonly Entry[], signal: AbortSignal): Promise<void> {
  const { clock } = running.deps
  const [began, now] = [clock.monotonic(), clock.now()]
  // a first look has no time that it could be late for
  const lates = due.map(({ stored }) => (stored.state.checked ? Math.max(0, now - (stored.nextCheck ?? now)) : 0))
  for (const entry of due) entry.running = true
  try {
    const { deps, config, around, costs } = running
    const others = otherChecks(around.registry)
    const runs = await runChecks(due, { ...deps, timeoutMs: config.timeoutMs, others, costs, causes: around.causes }, signal)
    if (signal.aborted) return
    await takeRuns(running, runs)
    running.meter.cycle(runs, lates, clock.monotonic() - began)
  } finally {
    for (const entry of due) entry.running = false
  }
}

/** A next check further away than two intervals is the work of a clock that was set back. */
function isDue({ stored, running, rule }: Entry, now: number): boolean {
  const next = stored.nextCheck ?? 0
  return !running && (next <= now || next > now + 2 * rule.intervalMs + rule.retryMs)
}

/** A check that another one's state makes pointless is not run. */
function putOff({ config, around }: Running, entry: Entry, now: number): boolean {
  const { dependencyPeriodEndsSearch: periodEndsSearch, pendingMastersPass: pendingPasses } = config.quirks
  const waits = notYet(entry, around, now)
  if (waits !== null) {
    entry.stored = { ...entry.stored, nextCheck: waits }
    return true
  }
  if (!explainedBy(around.registry, entry.stored.id, 'notChecked', { now, periodEndsSearch, pendingPasses })) return false
  entry.stored = { ...entry.stored, nextCheck: nextRetry(entry.rule.retryMs, now) }
  return true
}
