/** Several alerters on one journal: each check belongs to one of them, and what others decide is followed. */
import type { AcknowledgeOptions, PassiveResult } from './contract.ts'
import type { StoredDowntime } from './downtime.ts'
import type { ResourceRef } from './event.ts'
import type { StoredCheck } from './tracked-check.ts'

/** What the owner of a check is asked to do. Whoever asked was allowed to. */
export type CheckOrder =
  | { do: 'acknowledge'; check: string; by: string; comment: string; sticky: boolean; options: AcknowledgeOptions }
  | { do: 'unacknowledge'; check: string; by: string }
  | { do: 'result'; check: string; result: PassiveResult }
  | { do: 'check-now'; check: string }
  | { do: 'cancel-downtime'; check: string; id: string }

/** What an engine does with what it hears from the journal. */
export interface ClusterMember {
  /** How many checks it knows of: one that knows few of them takes none. */
  known(): number
  /** All targets that it knows of now; the same list until that changes. */
  targets(): readonly ResourceRef[]
  /** The checks of these targets as they are written: what was thought of them so far is forgotten. */
  reload(concerns: (target: ResourceRef) => boolean, checks: readonly StoredCheck[]): void
  /** Checks that others own have changed. */
  follow(checks: readonly StoredCheck[]): void
  /** All downtimes that are not over. */
  downtimes(open: readonly StoredDowntime[]): void
  /** Somebody may have changed who is on call. */
  people(): Promise<void>
  /** Does it; what follows is written together with the order's end. */
  obey(id: number, order: CheckOrder): Promise<void>
}

export interface AlertCluster {
  /** Whether this engine decides on the target's checks now. The journal has the last word when it writes. */
  owns(target: ResourceRef): boolean
  /** Another engine knows of the target, which this one would decide on and does not know: its checks do not end here. */
  knownElsewhere(target: ResourceRef): boolean
  /** Takes its share, follows the others, and passes on what it hears, until the signal is aborted. */
  run(member: ClusterMember, signal: AbortSignal): Promise<void>
  /** Gives its share back at once; call when all decisions are written. */
  leave(): Promise<void>
  /** Durable when it resolves; waits a moment for it to be done. */
  order(target: ResourceRef, order: CheckOrder): Promise<void>
}

/** An engine as the others see it. */
export interface EngineSeen {
  /** Its own name for one run of its process. */
  id: string
  name: string
  /** Shares of the checks, of 64. */
  slots: number
  known: number
  /** Targets that it decides on because the owner of their share does not know them. */
  alone: number
  /** Since it was last heard of, ms by the database's clock. */
  silentMs: number
  alive: boolean
}
