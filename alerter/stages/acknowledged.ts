import type { Stage } from '../alert.ts'

/** Somebody has taken the problem: it is not told again. */
export const acknowledged: Stage = ({ check }) =>
  check.acknowledgement ? { stage: 'acknowledged', reason: `acknowledged by ${check.acknowledgement.author}` } : null
