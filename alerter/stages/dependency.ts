import type { Stage } from '../alert.ts'

/**
 * What the target runs on is down: that is one alert, and this one is counted under it. A recovery is held only once that is
 * certain: until then those who heard of the problem should hear of its end.
 */
export const dependency: Stage = ({ kind }, { dependency }) =>
  dependency === null || (kind === 'recovery' && !dependency.certain) ? null : { stage: 'dependency', reason: dependency.reason }
