/** Which checks of other rules explain a check's problem, by `dependsOn` of the rules. */
import { failingMaster, type MasterRule, type MasterView } from './masters.ts'
import type { Registry } from './registry.ts'
import type { Master, Rule } from './rules.ts'

/** Why nobody is told of the check now, or why it is not run; null = nothing speaks against it. */
export function explainedBy(
  registry: Registry,
  id: string,
  what: 'notTold' | 'notChecked',
  view: Pick<MasterView, 'now' | 'periodEndsSearch' | 'pendingPasses'>,
): string | null {
  const entry = registry.entries.get(id)
  if (!entry || (entry.rule.dependsOn.length === 0 && !entry.rule.device?.dependsOn.length)) return null
  const failing = failingMaster(
    {
      ...{ ...view, softStates: false },
      rulesOf: (dependent) => mastersOf(registry, dependent),
      state: (master) => registry.entries.get(master)?.stored.state,
    },
    id,
    what,
  )
  const master = failing && registry.entries.get(failing.master)
  return master ? `${master.rule.name} on ${master.target.name ?? master.target.id} is ${failing.state}` : null
}

function mastersOf(registry: Registry, id: string): MasterRule[] {
  const entry = registry.entries.get(id)
  if (!entry) return []
  const own = (entry.rule.device?.dependsOn ?? []).flatMap((master) =>
    registry
      .of('device', master.device)
      .filter(({ rule }) => (master.service === null ? rule.device?.host === true : rule.name === master.service))
      .map((other) => ({ ...masterRule(other, master), period: master.period })),
  )
  const byRule = entry.rule.dependsOn.flatMap((master) => {
    const { target } = entry
    const there = master.on === 'target' ? registry.of(target.kind, target.id) : target.host ? registry.onHost(target.host) : []
    return there.filter((other) => other !== entry && other.rule.name === master.rule).map((other) => masterRule(other, master))
  })
  return [...own, ...byRule]
}

const masterRule = (
  { stored }: { stored: { id: string }; rule: Rule },
  { states, holds, inherits }: Pick<Master, 'states' | 'holds' | 'inherits'>,
): MasterRule => ({
  ...{ master: stored.id, inherits, period: null },
  notChecked: holds === 'notifications' ? [] : states,
  notTold: holds === 'checks' ? [] : states,
})
