import type { Stage } from '../alert.ts'

/** Told already: once is enough, or it is not time to repeat. */
export const repeat: Stage = ({ kind, check: { told }, rule }, { now }) => {
  if (kind !== 'problem' || rule.volatile) return null
  if (told.done) return { stage: 'told', reason: 'told already' }
  return told.next !== null && now < told.next ? { stage: 'told', reason: 'told already, not yet time to repeat' } : null
}
