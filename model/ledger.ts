/**
 * The usage ledger: events of one instance → segments that tile its life, and the facts that Nova's own formula needs.
 * Pure and independent of arrival order: `fold` sorts first. `advance` gives the same answer one event at a time as long as
 * the event sorts after all before it and no boundary falls before the open segment; otherwise it asks for a new fold.
 * All times are epoch ms, cut to whole seconds as Nova's database cuts them.
 */
import type { CloudEvent, FlavorFacts } from './event.ts'
import { endOf, floored, tellsFlavor, tellsHost, tellsState } from './ledger-witness.ts'
import { floorToSecond } from './timestamp.ts'
import type { Segment, StateClass } from './usage.ts'

export interface LedgerFlavor {
  id: string | null
  name: string | null
  vcpus: number
  memoryMb: number
  /** root + ephemeral, GiB, as Nova's usage counts. */
  diskGb: number
}

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
  /** First launched_at known: where the ledger begins to count. */
  firstLaunchedAt: number | null
  terminatedAt: number | null
  /** Soft-deleted and not yet reclaimed: the one ending that can be undone. */
  softDeleted: boolean
  open: Segment | null
  /** Ended because a complete list of the API did not have it any more; undone by any later word of it. */
  inferredEnd: boolean
  /** Time of the newest event that spoke of the instance itself. */
  toldAt: number
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

/** The type of our own event that says: a complete list of the API, read at this time, did not have the instance. */
export const absent = 'instance.absent'

/** A list is read while instances come and go: one that was told of this shortly before may be missing from it, ms. */
export const listingSkew = 60_000

export interface Folded {
  state: LedgerState
  segments: Segment[]
}

/** The ledger of one instance from all its events, whatever order they come in; the same event twice counts once. */
export function fold(instance: string, events: readonly CloudEvent[]): Folded {
  const told = Math.max(...events.filter((event) => event.type !== absent).map(({ time }) => time))
  // an absence that was followed by any word of the instance was no end
  const counted = events.filter((event) => event.type !== absent || event.time > told)
  const sorted = counted.sort((a, b) => compareKeys(sortKey(a), sortKey(b)))
  let state = unknownInstance(instance)
  const segments: Segment[] = []
  for (const event of sorted) {
    if (compareKeys(sortKey(event), state.last) <= 0) continue
    state = apply(state, event, segments)
  }
  return { state, segments: state.open ? [...segments, state.open] : segments }
}

export type Advanced =
  | { ok: true; state: LedgerState; closed: Segment[] }
  /** The event belongs before what was folded already. */
  | { ok: false }

/** One more event. `closed` are the segments that ended; `state.open` is the one going on. */
export function advance(state: LedgerState, event: CloudEvent): Advanced {
  const order = compareKeys(sortKey(event), state.last)
  if (order === 0) return { ok: true, state, closed: [] }
  if (order < 0 || (state.inferredEnd && event.type !== absent)) return { ok: false }
  const closed: Segment[] = []
  const next = apply(state, event, closed)
  // a boundary before the open segment would have cut segments that are stored already
  if (state.open && next.open !== state.open && !closed.some((segment) => segment.from === state.open?.from)) return { ok: false }
  return { ok: true, state: next, closed }
}

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
    firstLaunchedAt: null,
    terminatedAt: null,
    softDeleted: false,
    open: null,
    inferredEnd: false,
    toldAt: Number.MIN_SAFE_INTEGER,
    last: [Number.NEGATIVE_INFINITY, 0, ''],
    addresses: [],
  }
}

// -------------------------------------------------------------------------------------------------------------- one event

function apply(before: LedgerState, event: CloudEvent, closed: Segment[]): LedgerState {
  const facts = event.instance
  const state: LedgerState = { ...before, last: sortKey(event) }
  if (event.type === absent) return missing(state, event.time, closed)
  // scheduler and task messages speak of what was asked for, not of what is
  if (!facts || !event.type.startsWith('instance.')) return state
  state.toldAt = event.time
  state.name = facts.name ?? state.name
  state.project = event.project ?? state.project
  state.user = event.user ?? state.user
  state.image = facts.image ?? state.image
  state.createdAt = earlier(state.createdAt, floored(facts.createdAt))
  if (facts.addresses) state.addresses = facts.addresses
  const launched = floored(facts.launchedAt)
  const relaunched = launched !== null && launched > (before.launchedAt ?? Number.NEGATIVE_INFINITY)
  state.launchedAt = later(state.launchedAt, launched)
  state.firstLaunchedAt = earlier(state.firstLaunchedAt, launched)
  if (facts.flavor && tellsFlavor(event)) state.flavor = ledgerFlavor(facts.flavor)
  if (tellsHost(event)) state.host = event.host
  const vmState = facts.state ?? null
  const ended = endOf(event, before)
  if (ended !== null) state.terminatedAt = later(state.terminatedAt, ended)

  // Terminal wins: after the end only a restore of a soft-deleted instance goes on.
  if (state.terminatedAt !== null) {
    state.state = 'deleted'
    state.softDeleted = false
    if (before.state === 'deleted') return state
    return close(before.open ? state : { ...state, open: untoldLife(state) }, state.terminatedAt, closed)
  }
  if (vmState !== null && tellsState(event, before)) state.state = vmState
  state.softDeleted = state.state === 'soft-delete'
  return begin(state, before, event, closed, relaunched)
}

/** Opens a new segment when anything that can be billed changed; keeps the open one otherwise. */
function begin(state: LedgerState, before: LedgerState, event: CloudEvent, closed: Segment[], relaunched: boolean): LedgerState {
  const stateClass = classOf(state)
  if (stateClass === null) return state
  const open = state.open
  const next: Segment = {
    instance: state.instance,
    from: boundary(state, before, event, relaunched),
    to: null,
    state: stateClass,
    flavor: state.flavor,
    host: state.host,
    project: state.project,
    user: state.user,
    provenance: event.type === 'instance.observed' ? 'api' : 'event',
  }
  if (open && same(open, next)) return state
  // What an unknown instance did between its launch and the first word of it is inferred, not told.
  if (
    !open &&
    next.provenance === 'event' &&
    stateClass !== 'building' &&
    next.from < floorToSecond(event.time) &&
    event.type !== 'instance.create'
  )
    next.provenance = 'inferred'
  state.open = next
  if (open) {
    if (next.from > open.from) closed.push({ ...open, to: next.from })
    else {
      while (closed.length > 0 && (closed.at(-1) as Segment).from >= next.from) closed.pop()
      const previous = closed.pop()
      if (previous && same(previous, next)) state.open = { ...previous, to: null }
      else if (previous) closed.push({ ...previous, to: Math.min(previous.to ?? next.from, next.from) })
    }
  }
  return state
}

/** Its end was lost: it is put where it was last heard of. Soft-deleted instances are not listed and yet exist. */
function missing(state: LedgerState, readAt: number, closed: Segment[]): LedgerState {
  if (state.state === null || state.state === 'soft-delete' || state.terminatedAt !== null || state.toldAt > readAt - listingSkew)
    return state
  const at = floorToSecond(state.toldAt)
  const ended = close(state.open ? { ...state, open: { ...state.open, provenance: 'inferred' } } : state, at, closed)
  return { ...ended, state: 'deleted', terminatedAt: at, inferredEnd: true }
}

/** The life of an instance of which nothing was heard but its end. */
function untoldLife(state: LedgerState): Segment | null {
  const from = state.launchedAt ?? state.createdAt
  if (from === null) return null
  const { instance, flavor, host, project, user } = state
  return {
    instance,
    from,
    to: null,
    state: state.launchedAt === null ? 'building' : 'running',
    flavor,
    host,
    project,
    user,
    provenance: 'inferred',
  }
}

function close(state: LedgerState, at: number, closed: Segment[]): LedgerState {
  if (!state.open) return state
  if (at > state.open.from) closed.push({ ...state.open, to: at })
  else
    for (let last = closed.at(-1); last; last = closed.at(-1)) {
      if (last.from < at) {
        if ((last.to ?? at) > at) closed[closed.length - 1] = { ...last, to: at }
        break
      }
      closed.pop()
    }
  return { ...state, open: null }
}

/** When the change took effect: payloads state it for launches; everything else happened when it was told. */
function boundary(state: LedgerState, before: LedgerState, event: CloudEvent, relaunched: boolean): number {
  const told = floorToSecond(event.time)
  if (relaunched && state.launchedAt !== null && state.launchedAt <= told) {
    // A relaunch told by an event that says only when the machine last came up is no older than what we knew before.
    return before.open && before.open.state !== 'building' ? Math.max(state.launchedAt, before.open.from) : state.launchedAt
  }
  if (before.open === null) {
    const birth = classOf(state) === 'building' ? state.createdAt : (state.launchedAt ?? state.createdAt)
    if (birth !== null && birth <= told) return birth
  }
  return told
}

function classOf(state: LedgerState): StateClass | null {
  switch (state.state) {
    case null:
      return null
    case 'active':
    case 'resized':
      return state.launchedAt === null ? 'building' : 'running'
    case 'soft-delete':
      return 'soft_deleted'
    case 'shelved_offloaded':
      return 'offloaded'
    case 'building':
    case 'stopped':
    case 'paused':
    case 'suspended':
    case 'rescued':
    case 'shelved':
    case 'error':
    case 'deleted':
      return state.state
    default:
      return null // a vm_state that no release documents: keep what was known
  }
}

// --------------------------------------------------------------------------------------------------------------- details

export function ledgerFlavor(flavor: FlavorFacts): LedgerFlavor {
  return {
    id: flavor.id,
    name: flavor.name,
    vcpus: flavor.vcpus,
    memoryMb: flavor.memoryMb,
    diskGb: flavor.rootGb + flavor.ephemeralGb,
  }
}

const later = (a: number | null, b: number | null) => (a === null ? b : b === null ? a : Math.max(a, b))
const earlier = (a: number | null, b: number | null) => (a === null ? b : b === null ? a : Math.min(a, b))

function same(a: Segment, b: Segment): boolean {
  return (
    a.state === b.state && a.host === b.host && a.project === b.project && a.user === b.user && sameFlavor(a.flavor, b.flavor)
  )
}

/** Names and sizes decide: ids are missing from API replies since microversion 2.47. */
function sameFlavor(a: LedgerFlavor | null, b: LedgerFlavor | null): boolean {
  if (a === null || b === null) return a === b
  return a.name === b.name && a.vcpus === b.vcpus && a.memoryMb === b.memoryMb && a.diskGb === b.diskGb
}
