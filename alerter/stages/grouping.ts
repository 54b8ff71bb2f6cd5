import type { Stage } from '../alert.ts'

/** A problem that may be one of many waits a moment for the others: then their cause is told instead. */
export const grouping: Stage = (_, { groupingUntil, now }) =>
  groupingUntil !== null && groupingUntil !== undefined && now < groupingUntil
    ? { stage: 'grouping', reason: 'waiting whether it is one of many with one cause', next: groupingUntil }
    : null
