/** What holds around a check of the running engine at one moment. */
import type { Causes } from './causes.ts'
import type { Surroundings } from './decide.ts'
import type { Downtimes } from './downtimes.ts'
import { explainedBy } from './entry-masters.ts'
import type { Entry, Registry } from './registry.ts'
import type { AlerterConfig } from './section.ts'

export interface Around {
  config: AlerterConfig
  registry: Registry
  causes: Causes
  downtimes: Downtimes
}

export function surroundingsOf(
  { config, registry, causes, downtimes }: Around,
  entry: Entry,
  now: number,
): Surroundings & { cause: string | null } {
  const { quirks } = config
  const dependency = causes.explain(entry)
  const view = { now, periodEndsSearch: quirks.dependencyPeriodEndsSearch, pendingPasses: quirks.pendingMastersPass }
  return {
    ...{
      now,
      dependency,
      groupingUntil: dependency ? null : causes.waits(entry, now),
      dependencyDown: dependency !== null && !dependency.settling,
    },
    master: explainedBy(registry, entry.stored.id, 'notTold', view),
    cause: dependency?.cause ?? null,
    downtime: downtimes.own(entry, now),
    downtimeBelow: downtimes.below(entry),
    flexible: downtimes.flexible(entry, now),
    nagiosPeriods: quirks.periodGaps,
    clockMovesInDowntime: quirks.clockMovesInDowntime,
    oweRecoveries: !quirks.forgetHeldRecoveries,
  }
}
