/** What the ledger knows of one instance, and the order in which its events count. */
import type { CloudEvent } from './event.ts'
import type { Launch } from './launches.ts'
import type { Waiting } from './overdue.ts'
import type { Segment } from './usage.ts'

export interface LedgerFlavor {
  id: string | null
  name: string | null
  vcpus: number
  memoryMb: number
  /** root + ephemeral, GiB, as Nova's usage counts. */
  diskGb: number
}

/** How well an end is known: stated by `terminated_at` > by `deleted_at` > by the time of the message that told of it. */
export type EndProof = 'terminated' | 'deleted' | 'told'

/** What is known of an instance after a number of events. */
export interface LedgerState {
  instance: string
  name: string | null
  project: string | null
  user: string | null
  flavor: LedgerFlavor | null
  host: string | null
  image: string | null
  /** Nova's vm_state. */
  state: string | null
  createdAt: number | null
  /** Newest launched_at: Nova overwrites it at each resize, rebuild, rescue, unshelve … */
  launchedAt: number | null
  /** Every launch heard of, oldest first; the last is `launchedAt`. */
  launches: readonly Launch[]
  /** The newest launch was told by a message from the middle of its task: what it changed is not settled yet. */
  unsettled: boolean
  /** When it really ended. */
  terminatedAt: number | null
  endProof: EndProof | null
  /** Nova's terminated_at of a local soft delete: it stays set when the instance is restored, and Nova counts no further. */
  keptTerminatedAt: number | null
  /** deleted_at that a soft delete wrote: no proof of an end. */
  softDeletedAt: number | null
  /** The last attempt at building it failed then, and no other has begun. */
  buildFailedAt: number | null
  open: Segment | null
  /** Ended because a complete list of the API did not have it any more; undone by any later word of it. */
  inferredEnd: boolean
  /** Time of the newest event that spoke of the instance itself. */
  toldAt: number
  /** Time of the newest event that changed its state, launch, flavor, host or end: witnesses this close to it may be older than it. */
  changedAt: number
  /** Actions that have started and not ended: action → epoch ms. */
  waiting: Waiting
  /** Sort key of the newest event applied. */
  last: SortKey
  addresses: readonly { address: string; mac?: string; label?: string }[]
}

/** time, then start < update < end, then id: the order in which events of one instance count. */
export type SortKey = readonly [number, number, string]

const ranks: Record<string, number> = { start: 0, end: 2, error: 2 }

export const sortKey = (event: CloudEvent): SortKey => [
  event.time,
  event.phase === null ? 1 : (ranks[event.phase] ?? 1),
  event.id,
]

export function compareKeys(a: SortKey, b: SortKey): number {
  return a[0] - b[0] || a[1] - b[1] || (a[2] < b[2] ? -1 : a[2] > b[2] ? 1 : 0)
}

/** Clocks of hosts differ by this much: what is told so close to a change may be older than it, ms. */
export const clockSkew = 5000

export function unknownInstance(instance: string): LedgerState {
  return {
    instance,
    name: null,
    project: null,
    user: null,
    flavor: null,
    host: null,
    image: null,
    state: null,
    createdAt: null,
    launchedAt: null,
    launches: [],
    unsettled: false,
    terminatedAt: null,
    endProof: null,
    keptTerminatedAt: null,
    softDeletedAt: null,
    buildFailedAt: null,
    open: null,
    inferredEnd: false,
    toldAt: Number.MIN_SAFE_INTEGER,
    changedAt: Number.MIN_SAFE_INTEGER,
    waiting: {},
    last: [Number.NEGATIVE_INFINITY, 0, ''],
    addresses: [],
  }
}

/** Names and sizes decide: ids are missing from API replies since microversion 2.47. */
export function sameFlavor(a: LedgerFlavor | null, b: LedgerFlavor | null): boolean {
  if (a === b) return true
  if (a === null || b === null) return false
  return a.name === b.name && a.vcpus === b.vcpus && a.memoryMb === b.memoryMb && a.diskGb === b.diskGb
}
