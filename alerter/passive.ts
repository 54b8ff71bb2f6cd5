/** Results that others push in: for which check of the engine each is. */
import type { CheckResult } from '../model/check.ts'
import type { PassiveResult } from '../model/contract.ts'
import { bounded } from './problem.ts'
import type { Entry, Registry } from './registry.ts'

/** Only rules that wait for results take them: nobody overrules a check that the engine makes itself. */
export const takesResults = ({ check, takesResults }: Entry['rule']) => check.name === 'passive' || takesResults

/** The check that a result is for, or why there is none. An id is sure; a name must be one target's alone. */
export function entryFor(registry: Registry, { rule, target }: Pick<PassiveResult, 'rule' | 'target'>): Entry | string {
  const ofRule = [...registry.entries.values()].filter((entry) => entry.rule.name === rule)
  const sure = ofRule.filter((entry) => entry.target.id === target)
  const found = sure.length > 0 ? sure : ofRule.filter((entry) => entry.target.name === target)
  const [entry] = found
  if (ofRule.length === 0) return `no check is made by a rule "${rule}"`
  if (!entry) return `the rule "${rule}" looks at no target "${target}"`
  if (found.length > 1) return `${found.length} targets of the rule "${rule}" are called "${target}": give the id`
  return takesResults(entry.rule) ? entry : `the rule "${rule}" takes no results from outside (takesResults: true lets it)`
}

export const resultOf = ({ state, output, longOutput, perfdata }: PassiveResult): CheckResult => ({
  ...bounded({ state, output, ...(longOutput === undefined ? {} : { longOutput }), perfdata: perfdata ?? [] }),
  pushed: true,
})

/** What is said of a check without a result for too long; null = its last is fresh enough. */
export function staleResult({ rule, stored }: Entry, since: number, now: number): CheckResult | null {
  const last = stored.state.lastCheck ?? since
  if (rule.staleMs === null || now - last <= rule.staleMs) return null
  const seconds = Math.round((now - last) / 1000)
  return { state: 'nodata', output: `no result for ${seconds} s (stale after ${rule.staleMs / 1000} s)`, perfdata: [] }
}
