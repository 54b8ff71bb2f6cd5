/** What holds around a check of the running engine at one moment. */
import { hostEntry } from './check-macros.ts'
import type { Surroundings } from './decide.ts'
import type { Dependencies } from './dependencies.ts'
import { deviceDown } from './device-states.ts'
import type { Downtimes } from './downtimes.ts'
import { explainedBy } from './entry-masters.ts'
import type { Entry, Registry } from './registry.ts'
import type { AlerterConfig } from './section.ts'

export interface Around {
  config: AlerterConfig
  registry: Registry
  dependencies: Dependencies
  downtimes: Downtimes
}

export function surroundingsOf({ config, registry, dependencies, downtimes }: Around, entry: Entry, now: number): Surroundings {
  const { quirks } = config
  const below = deviceDown(registry, entry)
  const dependency = below && !below.certain ? null : below ? { ...below, settling: false } : dependencies.of(entry)
  const host = hostEntry(registry, entry)
  const view = { now, periodEndsSearch: quirks.dependencyPeriodEndsSearch, pendingPasses: quirks.pendingMastersPass }
  return {
    ...{ now, dependency, dependencyDown: below !== null || (dependency !== null && !dependency.settling) },
    host: entry.rule.device?.host === true,
    master: explainedBy(registry, entry.stored.id, 'notTold', view),
    downtime: downtimes.own(entry, now),
    downtimeBelow: downtimes.below(entry) ?? (host && host !== entry ? downtimes.own(host, now) : null),
    flexible: downtimes.flexible(entry, now),
    nagiosPeriods: quirks.periodGaps,
    clockMovesInDowntime: quirks.clockMovesInDowntime,
    oweRecoveries: !quirks.forgetHeldRecoveries,
  }
}
