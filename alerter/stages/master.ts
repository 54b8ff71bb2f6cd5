import type { Stage } from '../alert.ts'

/** A check that this one depends on is in a state that explains it. */
export const master: Stage = (_, { master }) => (master ? { stage: 'master', reason: master } : null)
