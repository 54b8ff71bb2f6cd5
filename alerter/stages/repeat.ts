import type { Stage } from '../alert.ts'

/** Told once, and the rule wants no more. */
export const spent: Stage = ({ check: { told } }) => (told.done ? { stage: 'told', reason: 'told already' } : null)

/** It is not time to repeat. */
export const repeat: Stage = ({ check: { told }, rule }, { now }) =>
  rule.volatile !== true && told.next !== null && now < told.next
    ? { stage: 'told', reason: 'told already, not yet time to repeat' }
    : null
