/** Runs the checks of one cycle, all at once, with their reads coalesced. */

import type { CheckResult } from '../model/check.ts'
import type { Clock } from '../model/clock.ts'
import { AppError, type CheckContext, type Logger, type SampleStore, type Target } from '../model/contract.ts'
import type { HealthBoard } from '../model/health.ts'
import { type Causes, viewOf } from './causes.ts'
import { impactOn } from './impact.ts'
import { bounded } from './problem.ts'
import { coalescingReader } from './read-coalescing.ts'
import type { Entry } from './registry.ts'

export interface CheckRun {
  entry: Entry
  /** null: nothing can be said this time; the check keeps its state. */
  result: CheckResult | null
  /** That is because the store does not answer. */
  storeSilent: boolean
  /** From its start to its result, ms; reads that are shared count for each. */
  tookMs: number
}

export interface RunDeps {
  store: Pick<SampleStore, 'range' | 'latest'>
  health: Pick<HealthBoard, 'all'>
  clock: Clock
  logger: Logger
  timeoutMs: number
  /** Told how long the checks of each rule took. */
  costs?: { ran(rule: string, at: number, checks: number, ms: number): void }
  /** What checks that are made of checks see; default: nothing. */
  others?: (target: Target) => NonNullable<CheckContext<unknown>['others']>
  /** What checks of causes see; default: nothing. */
  causes?: Causes
}

/** The tag of samples that tells the targets of a kind apart. */
const tags = {
  ...{ instance: 'instance', hypervisor: 'host', connection: 'component', project: 'project' },
  'business-service': 'service',
  // no sample is about these
  ...{ region: 'region', zone: 'zone', router: 'router', network: 'network', source: 'rule', impact: 'project' },
  device: 'device',
} as const

const seen = (causes: Causes | undefined, entry: Entry) =>
  causes && { cause: () => viewOf(causes, entry), impact: () => impactOn(causes, entry.target.id) }

/** Never rejects for a check's fault: a check that fails or hangs is unknown. */
export async function runChecks(entries: readonly Entry[], deps: RunDeps, signal: AbortSignal): Promise<CheckRun[]> {
  const { store, health, clock, logger, timeoutMs, others, costs, causes } = deps
  const reader = coalescingReader(store)
  const over = new AbortController()
  const timedOut = new AbortController()
  const stop = AbortSignal.any([signal, timedOut.signal])
  const now = clock.now()
  const timeout = clock.sleep(timeoutMs, AbortSignal.any([signal, over.signal])).then(
    () => timedOut.abort(new Error(`no answer within ${timeoutMs / 1000} s`)),
    () => undefined, // the cycle is over, or everything is
  )
  // One listener for the whole cycle: an event target looks through all of them at each that is added.
  const aborted = new Promise<never>((_, reject) => {
    if (stop.aborted) reject(stop.reason)
    else stop.addEventListener('abort', () => reject(stop.reason), { once: true })
  })
  aborted.catch(() => undefined) // each run sees it in its own race
  const runs = entries.map(async (entry): Promise<CheckRun> => {
    const { rule, target } = entry
    const began = clock.monotonic()
    const took = () => clock.monotonic() - began
    try {
      const { checked, state } = entry.stored.state
      const ctx = {
        ...{ config: rule.config, target, store: reader.forTag(tags[target.kind]), health, now, signal: stop },
        ...{ previous: checked ? state : null, ...(others && { others: others(target) }), ...seen(causes, entry) },
      }
      const result = await Promise.race([rule.check.run(ctx), aborted])
      return { entry, result: result && bounded(result), storeSilent: false, tookMs: took() }
    } catch (error) {
      if (signal.aborted || (error instanceof AppError && error.code === 'storage'))
        return { entry, result: null, storeSilent: true, tookMs: took() }
      const output = `could not check: ${(error as Error).message}`
      return { entry, result: bounded({ state: 'unknown', output, perfdata: [] }), storeSilent: false, tookMs: took() }
    }
  })
  const done = await Promise.all(runs)
  over.abort()
  await timeout
  for (const [rule, its] of Map.groupBy(done, ({ entry }) => entry.rule.name)) {
    const longest = its.reduce((most, { tookMs }) => Math.max(most, tookMs), 0)
    costs?.ran(rule, now, its.length, longest)
  }
  logger.debug('checks run', { checks: entries.length, queries: reader.queries() })
  return done
}
