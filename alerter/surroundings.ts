/** What holds around a check of the running engine at one moment. */
import type { State } from '../model/check.ts'
import type { Attention } from './attention.ts'
import type { Causes } from './causes.ts'
import { hostEntry } from './check-macros.ts'
import type { Surroundings } from './decide.ts'
import { deviceDown } from './device-states.ts'
import type { Downtimes } from './downtimes.ts'
import { explainedBy } from './entry-masters.ts'
import type { People } from './people.ts'
import type { Entry, Registry } from './registry.ts'
import type { AlerterConfig } from './section.ts'

export interface Around {
  config: AlerterConfig
  registry: Registry
  causes: Causes
  downtimes: Downtimes
  people: People
  attention: Attention
}

export function surroundingsOf(
  { config, registry, causes, downtimes }: Around,
  entry: Entry,
  now: number,
  state: State = entry.stored.state.state,
): Surroundings & { cause: string | null } {
  const { quirks } = config
  const below = deviceDown(registry, entry)
  const host = hostEntry(registry, entry)
  const explained = causes.explain(entry, state)
  const dependency =
    below && !below.certain ? null : below ? { ...below, settling: false, cause: host?.stored.id ?? null } : explained
  const view = { now, periodEndsSearch: quirks.dependencyPeriodEndsSearch, pendingPasses: quirks.pendingMastersPass }
  return {
    ...{ now, dependency, dependencyDown: below !== null || (dependency !== null && !dependency.settling) },
    groupingUntil: dependency ? null : causes.waits(entry, now),
    host: entry.rule.device?.host === true,
    master: explainedBy(registry, entry.stored.id, 'notTold', view),
    cause: dependency?.cause ?? null,
    downtime: downtimes.own(entry, now),
    downtimeBelow: downtimes.below(entry) ?? (host && host !== entry ? downtimes.own(host, now) : null),
    flexible: downtimes.flexible(entry, now),
    nagiosPeriods: quirks.periodGaps,
    clockMovesInDowntime: quirks.clockMovesInDowntime,
    oweRecoveries: !quirks.forgetHeldRecoveries,
  }
}
