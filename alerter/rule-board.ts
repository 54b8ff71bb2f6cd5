/** What pages ask about the rules of the running engine. */
import type { RuleBoard, RuleFacts } from '../model/rule-board.ts'
import { requirementText } from '../model/selector.ts'
import type { Entry, Registry } from './registry.ts'
import type { Rule } from './rules.ts'

/** `registry` is null until the engine runs. */
export function ruleBoard(rules: readonly Rule[], registry: () => Registry | null, costs: RuleCosts): RuleBoard {
  return {
    rules() {
      const known = registry()
      const byRule = Map.groupBy(known?.entries.values() ?? [], ({ rule }) => rule.name)
      const off = Map.groupBy(known?.switchedOff ?? [], ({ rule }) => rule)
      return rules.map((rule) => factsOf(rule, byRule.get(rule.name) ?? [], off.get(rule.name)?.length ?? 0, costs))
    },
    check(id) {
      const entry = registry()?.entries.get(id)
      if (!entry) return null
      const original = rules.find(({ name }) => name === entry.rule.name) ?? entry.rule
      return {
        ...{
          rule: entry.rule.name,
          about: entry.rule.about,
          intervalMs: entry.rule.intervalMs,
          service: entry.rule.service !== null,
        },
        matched: selectionTexts(original),
        labels: entry.target.labels ?? {},
        ...{ overrides: entry.own.applied, notices: entry.own.notices },
      }
    },
    services: () =>
      rules.flatMap((rule) => {
        if (!rule.service) return []
        const { name, title, project, objective } = rule.service
        const entry = registry()?.of('business-service', name)[0]
        return [{ ...{ name, title, project, objective, about: rule.about }, check: entry?.stored.id ?? null }]
      }),
  }
}

function factsOf(rule: Rule, entries: readonly Entry[], switchedOff: number, costs: RuleCosts): RuleFacts {
  const states = { ok: 0, warning: 0, critical: 0, unknown: 0, nodata: 0, pending: 0 }
  for (const { stored } of entries) states[stored.state.checked ? stored.state.state : 'pending']++
  return {
    ...{ name: rule.name, plugin: rule.check.name, about: rule.about, service: rule.service !== null },
    ...{ intervalMs: rule.intervalMs, attempts: rule.alert.attempts, targets: entries.length, states, switchedOff },
    selection: selectionTexts(rule),
    overridden: entries.filter(({ own }) => own.applied.length > 0).length,
    ignored: entries.filter(({ own }) => own.notices.length > 0).length,
    cost: costs.of(rule.name),
  }
}

/** What a target must be for the rule to look at it. */
function selectionTexts({ targets, check }: Rule): string[] {
  const { kinds, projects, hosts, names, notNames, match } = targets
  const list = (word: string, values: readonly string[] | undefined) => (values ? [`${word} (${values.join(', ')})`] : [])
  return [
    ...list('kind in', kinds ?? check.targets),
    ...list('project in', projects),
    ...list('host in', hosts),
    ...list('name like', names),
    ...list('name not like', notNames),
    ...(match ?? []).map(requirementText),
  ]
}

/** How long the last run of each rule's checks took, and of how many. */
export class RuleCosts {
  readonly #last = new Map<string, { at: number; checks: number; ms: number }>()

  /** `ms`: until the last of them had its result. */
  ran(rule: string, at: number, checks: number, ms: number): void {
    this.#last.set(rule, { at, checks, ms })
  }

  of(rule: string): { at: number; checks: number; ms: number } | null {
    return this.#last.get(rule) ?? null
  }
}
