import type { Stage } from '../alert.ts'

/** The rule tells only some states. */
export const wanted: Stage = ({ kind, check: { state }, rule }) => {
  const what = kind === 'problem' ? state.state : kind === 'recovery' ? 'recovery' : 'flapping'
  return rule.tells.includes(what) ? null : { stage: 'unwanted', reason: `the rule does not tell ${what}` }
}
