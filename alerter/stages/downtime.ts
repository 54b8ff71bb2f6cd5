import type { Stage } from '../alert.ts'

/** Planned work on the check or on what it runs on. */
export const downtime: Stage = (_, { downtime, downtimeBelow }) => held(downtime ?? downtimeBelow)

/** News of a downtime are held only by the check's own: of nested ones the first beginning and the last end are told. */
export const ownDowntime: Stage = (_, { downtime }) => held(downtime)

/** The problem itself starts a flexible downtime. */
export const downtimeStarting: Stage = (_, { downtimeStarting }) => held(downtimeStarting)

const held = (reason: string | null | undefined) => (reason ? { stage: 'downtime', reason } : null)
