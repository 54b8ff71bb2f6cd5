/** How other checks stand, for checks that are made of checks. */
import type { CheckContext, Standing, Target } from '../model/contract.ts'
import { isMeant } from '../model/target-filter.ts'
import type { Entry, Registry } from './registry.ts'

/** The view from each target, as all checks stand at this moment. */
export function otherChecks(registry: Pick<Registry, 'entries' | 'of' | 'onHost'>) {
  let byRule: Map<string, Entry[]> | null = null
  return (target: Target): NonNullable<CheckContext<unknown>['others']> =>
    (rules, on) => {
      if (on === 'target')
        return registry
          .of(target.kind, target.id)
          .filter(({ rule }) => rules.includes(rule.name))
          .map(standing)
      if (on === 'host')
        return target.host === null
          ? []
          : registry
              .onHost(target.host)
              .filter(({ rule }) => rules.includes(rule.name))
              .map(standing)
      byRule ??= Map.groupBy(registry.entries.values(), ({ rule }) => rule.name)
      return rules.flatMap((name) => (byRule?.get(name) ?? []).filter((entry) => isMeant(on, entry.target)).map(standing))
    }
}

const standing = ({ rule, target, stored }: Entry): Standing => ({
  ...{ check: stored.id, rule: rule.name, target: { kind: target.kind, id: target.id, name: target.name } },
  ...{ state: stored.state.checked ? stored.state.state : null, hard: stored.state.hard, output: stored.state.output },
})
