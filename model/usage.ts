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

/** What is held by time beside instances. */
export const resourceKinds = ['volume', 'snapshot', 'backup', 'image', 'floatingip'] as const
export type ResourceKind = (typeof resourceKinds)[number]

/**
 * A stretch of the life of a volume, snapshot, backup, image or floating IP in which nothing that can be billed changed.
 * [from, to), epoch ms cut to seconds; `to` null = still going on.
 */
export interface ResourceSegment {
  kind: ResourceKind
  id: string
  name: string | null
  from: number
  to: number | null
  project: string | null
  user: string | null
  /** GiB; null for floating IPs, which count by the hour, and for images that are not uploaded yet. */
  sizeGib: number | null
  /** Volume type, by id in the ledger and by name (where known) in what the journal answers; null where there is none. */
  type: string | null
  /**
   * `in_use`: attached to an instance or serving a port; `idle`: held all the same. Whether a snapshot, backup or image serves
   * anything nobody can tell: these are always `in_use`.
   */
  state: 'in_use' | 'idle'
  provenance: Segment['provenance']
}

/** Use of one kind of resource by one project, user or resource within a period. */
export interface ResourceUsageRow {
  kind: ResourceKind
  /** Id of the project, user or resource, or the volume type. */
  key: string
  name: string | null
  count: number
  hours: number
  /** Zero for floating IPs. */
  gibHours: number
  /** Part of `hours` in which nothing used it. */
  idleHours: number
}

/** Nova's own figure for one instance and what was really used, and what makes them differ. */
export interface UsageDifference {
  instance: string
  name: string | null
  project: string
  /** Newest flavor: the one that Nova applies to all time. */
  flavor: string | null
  /** All within the asked period. */
  parityHours: number
  ledgerHours: number
  parityVcpuHours: number
  ledgerVcpuHours: number
  /** Their hours add up to ledgerHours - parityHours, their vCPU hours to ledgerVcpuHours - parityVcpuHours. */
  causes: readonly DifferenceCause[]
  /** No difference, yet worth knowing: hours in which it did not run, which both count like any other. */
  alike: readonly { state: StateClass; hours: number }[]
}

export interface DifferenceCause {
  kind:
    | 'relaunched' // resize, rebuild, rescue, unshelve …: Nova counts from the newest launch only
    | 'unlaunched' // ran (or failed) without a launched_at that Nova would count from
    | 'kept-terminated' // restored after a local soft delete: Nova keeps terminated_at
    | 'flavor' // Nova applies the newest flavor to the whole time
    | 'not-held' // Nova counts, and nothing was held: it had failed and no host had it
    | 'end' // the two witnesses disagree about the end
    | 'unexplained'
  /** When it happened, epoch ms; null where it is no single moment. */
  at: number | null
  /** What happened: the canonical event type (`instance.resize_finish`; `instance.migrate` for a cold migration), or null. */
  event: string | null
  /** Flavor of the time that Nova gets wrong; null = none or unknown. */
  flavor: string | null
  /** Signed: what the ledger has more than Nova. */
  hours: number
  vcpuHours: number
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
