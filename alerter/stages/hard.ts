import type { Stage } from '../alert.ts'

/** A problem has to be confirmed as often as the rule asks. */
export const hard: Stage = ({ kind, check: { state }, rule }) =>
  kind === 'problem' && !state.hard
    ? { stage: 'soft', reason: `not confirmed yet: attempt ${state.attempt} of ${rule.attempts}` }
    : null
