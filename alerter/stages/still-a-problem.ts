import type { Stage } from '../alert.ts'

/** There is nothing to acknowledge. */
export const stillAProblem: Stage = ({ check: { state } }) =>
  state.state === 'ok' ? { stage: 'ok', reason: 'there is no problem any more' } : null
