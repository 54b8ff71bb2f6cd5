/** Checks that depend on other checks: is one of those in a state that explains it? Pure; rules of Nagios. */
import { type CheckState, covers, type State } from '../model/check.ts'
import { type TimePeriod, within } from '../model/time-period.ts'

export interface MasterRule {
  master: string
  /** The master's own masters count too. */
  inherits: boolean
  /** In these states of the master the dependent is not checked; `pending` = never checked. */
  notChecked: readonly (State | 'pending')[]
  /** … or nobody is told of it. */
  notTold: readonly (State | 'pending')[]
  /** Counts only inside; null = always. */
  period: TimePeriod | null
}

export interface MasterView {
  rulesOf: (dependent: string) => readonly MasterRule[]
  state: (id: string) => CheckState | undefined
  now: number
  /** A soft state of the master counts; else its last hard state. */
  softStates: boolean
  /** A rule whose period is not now makes all further rules pass, as in Nagios. */
  periodEndsSearch: boolean
  /** `pending` counts for nothing, as in Nagios. */
  pendingPasses: boolean
}

/** The master that explains the dependent, and its state; null = none does. */
export function failingMaster(
  view: MasterView,
  dependent: string,
  what: 'notChecked' | 'notTold',
  seen: ReadonlySet<string> = new Set(),
): { master: string; state: State | 'pending' } | null {
  for (const rule of view.rulesOf(dependent)) {
    if (rule[what].length === 0) continue
    if (rule.period && !within(rule.period, view.now)) {
      if (view.periodEndsSearch) return null
      continue
    }
    const state = view.state(rule.master)
    if (!state) continue
    const counted = !state.hard && !view.softStates ? state.lastHardState : state.state
    if (!view.pendingPasses && !state.checked && rule[what].includes('pending')) return { master: rule.master, state: 'pending' }
    if (covers(rule[what], counted)) return { master: rule.master, state: counted }
    if (!rule.inherits || seen.has(rule.master)) continue
    const above = failingMaster(view, rule.master, what, new Set([...seen, dependent]))
    if (above) return above
  }
  return null
}
