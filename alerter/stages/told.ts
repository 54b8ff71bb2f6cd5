import type { Stage } from '../alert.ts'

/** A recovery is news only for those who heard of the problem. */
export const told: Stage = ({ check }) =>
  check.told.states.length === 0 ? { stage: 'untold', reason: 'nobody had been told of the problem' } : null
