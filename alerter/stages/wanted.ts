import { covers } from '../../model/check.ts'
import type { Alert, Stage } from '../alert.ts'

/** What a rule or contact has to want so that it hears of the alert. */
export function wishFor({ kind, check: { state } }: Pick<Alert, 'kind' | 'check'>) {
  if (kind === 'problem' || kind === 'acknowledgement') return state.state
  if (kind === 'recovery') return 'recovery'
  return kind.startsWith('flapping') ? 'flapping' : 'downtime'
}

/** The rule tells only some states. */
export const wanted: Stage = (alert) => {
  const wish = wishFor(alert)
  return covers(alert.rule.tells, wish) ? null : { stage: 'unwanted', reason: `the rule does not tell ${wish}` }
}
