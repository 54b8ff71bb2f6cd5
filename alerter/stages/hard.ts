import type { Stage } from '../alert.ts'

/** A problem has to be confirmed as often as the rule asks; of one that ends before nobody hears. */
export const hard: Stage = ({ check: { state }, rule }) =>
  state.hard ? null : { stage: 'soft', reason: `not confirmed yet: attempt ${state.attempt} of ${rule.attempts}` }
