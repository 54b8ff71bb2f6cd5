import { takesResults } from './passive.ts'
import type { Entry } from './registry.ts'

/** Its own problem says that the target does not work. */
export function fails({ rule, stored: { state } }: Pick<Entry, 'rule' | 'stored'>): boolean {
  if (!state.checked || state.state === 'ok' || state.state === 'warning' || rule.check.bystander === true) return false
  // that others have stopped to tell says nothing of the target
  return !(state.state === 'nodata' && takesResults(rule))
}
