/** What pages show of the running engine's rules. */
import type { State } from './check.ts'
import type { Labels } from './target.ts'

export interface RuleFacts {
  name: string
  plugin: string
  about: string | null
  /** It is the state of a business service. */
  service: boolean
  intervalMs: number
  attempts: number
  /** What a target must be, in words. */
  selection: readonly string[]
  targets: number
  states: Readonly<Record<State | 'pending', number>>
  /** Targets that changed something for themselves; with something that does not count; that switched it off. */
  overridden: number
  ignored: number
  switchedOff: number
  /** The last run of its checks: when (epoch ms), how many, and after how long the last of them had its result. */
  cost: { at: number; checks: number; ms: number } | null
}

/** Why a check is as it is: which rule, which labels, which changes of its target's own. */
export interface CheckOrigin {
  rule: string
  about: string | null
  intervalMs: number
  service: boolean
  matched: readonly string[]
  labels: Labels
  overrides: readonly { key: string; value: string; source: 'metadata' | 'tag' }[]
  notices: readonly string[]
}

export interface ServiceFacts {
  name: string
  title: string
  project: string | null
  objective: number | null
  about: string | null
  /** Id of the check that is its state; null before the engine runs. */
  check: string | null
}

/** Of everything: whoever asks for one check has looked it up in the scope before. */
export interface RuleBoard {
  rules(): readonly RuleFacts[]
  /** null = the engine does not make this check. */
  check(id: string): CheckOrigin | null
  services(): readonly ServiceFacts[]
}

/** Where no engine runs. */
export const noRules: RuleBoard = { rules: () => [], check: () => null, services: () => [] }
