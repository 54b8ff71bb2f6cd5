/** Results of the two usage views. Hours are exact fractions; money comes with the price list. */

export type StateClass =
  | 'building'
  | 'running'
  | 'stopped'
  | 'paused'
  | 'suspended'
  | 'rescued'
  | 'shelved'
  | 'offloaded'
  | 'soft_deleted'
  | 'error'
  | 'deleted'

/** A stretch of an instance's life in which nothing that can be billed changed. [from, to), epoch ms; `to` null = still going on. */
export interface Segment {
  instance: string
  from: number
  to: number | null
  state: StateClass
  flavor: { id: string | null; name: string | null; vcpus: number; memoryMb: number; diskGb: number } | null
  host: string | null
  project: string | null
  user: string | null
  provenance: 'event' | 'api' | 'inferred'
}

/** Is anything held in this stretch? Not by what is still being built, nor by what failed before any host took it. */
export const isCounted = ({ state, host }: Pick<Segment, 'state' | 'host'>): boolean =>
  state !== 'building' && state !== 'deleted' && !(state === 'error' && host === null)

export type UsageView = 'ledger' | 'parity'
export type UsageBy = 'project' | 'user' | 'instance' | 'flavor' | 'host'

export interface UsageQuery {
  view: UsageView
  by: UsageBy
  /** Epoch ms, [from, to). */
  from: number
  to: number
  project?: string
  user?: string
}

/** One line of a usage report. */
export interface UsageRow {
  /** Id of the project, user, instance, flavor (name) or host; '' = unknown. */
  key: string
  name: string | null
  instances: number
  hours: number
  runningHours: number
  vcpuHours: number
  memoryGibHours: number
  diskGibHours: number
}
