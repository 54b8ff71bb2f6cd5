import type { Stage } from '../alert.ts'

/** What the target runs on is down: that is one alert, and this one is counted under it. */
export const dependency: Stage = ({ kind }, { dependency }) =>
  dependency === null || kind === 'recovery' ? null : { stage: 'dependency', reason: dependency.reason }
