import type { Stage } from '../alert.ts'

/** Waits before the first notification of a problem. */
export const delay: Stage = ({ check: { told, state }, rule }, { now }) => {
  if (rule.delayMs === 0 || told.number > 0) return null
  const from = (state.lastHardStateChange ?? now) + rule.delayMs
  return now < from ? { stage: 'delay', reason: 'waiting before the first notification' } : null
}
