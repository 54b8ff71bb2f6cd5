import type { Stage } from '../alert.ts'

/** While a check flaps, its single changes are not told. */
export const flapping: Stage = ({ check }) =>
  check.flapping.flapping
    ? { stage: 'flapping', reason: `changes too often (${check.flapping.percent.toFixed(0)} % of its results)` }
    : null
