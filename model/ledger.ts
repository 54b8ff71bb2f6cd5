/**
 * The usage ledger: events of one instance → segments that tile its life, and the facts that Nova's own formula needs.
 * Pure and independent of arrival order: `fold` sorts first. `advance` gives the same answer one event at a time as long as
 * the event sorts after all before it and nothing that was settled changes; otherwise it asks for a new fold.
 * All times are epoch ms, cut to whole seconds as Nova's database cuts them.
 */
import { type Discrepancy, discrepanciesOf } from './discrepancy.ts'
import type { CloudEvent } from './event.ts'
import { launchTold, withLaunch } from './launches.ts'
import { begin, close, fillUnknown, gained, untoldLife } from './ledger-segments.ts'
import { clockSkew, compareKeys, type LedgerState, sameFlavor, sortKey, unknownInstance } from './ledger-state.ts'
import {
  endOf,
  failedToBuild,
  floored,
  hostTold,
  isRelaunching,
  isWitness,
  keptTerminated,
  ledgerFlavor,
  provesBetter,
  tellsFlavor,
  tellsHost,
  tellsState,
} from './ledger-witness.ts'
import { waitingAfter } from './overdue.ts'
import { floorToSecond } from './timestamp.ts'
import type { Segment } from './usage.ts'

/** Raised when the rules change: a journal folded by older rules is folded anew from its log. */
export const ledgerRules = 4

/** The type of our own event that says: a complete list of the API, read at this time, did not have the instance. */
export const absent = 'instance.absent'

/** A list is read while instances come and go: one that was told of this shortly before may be missing from it, ms. */
export const listingSkew = 60_000

export interface Folded {
  state: LedgerState
  segments: Segment[]
  discrepancies: Discrepancy[]
}

/** The ledger of one instance from all its events, whatever order they come in; the same event twice counts once. */
export function fold(instance: string, events: readonly CloudEvent[]): Folded {
  let told = Number.NEGATIVE_INFINITY
  for (const event of events) if (event.type !== absent && event.time > told) told = event.time
  // an absence that was followed by any word of the instance was no end
  const counted = events.filter((event) => event.type !== absent || event.time > told)
  const sorted = counted.sort((a, b) => compareKeys(sortKey(a), sortKey(b)))
  let state = unknownInstance(instance)
  const segments: Segment[] = []
  const discrepancies: Discrepancy[] = []
  for (const event of sorted)
    if (compareKeys(sortKey(event), state.last) > 0) state = follow(state, event, segments, discrepancies)
  return { state, segments: state.open ? [...segments, state.open] : segments, discrepancies }
}

/** One event after all that were before it: the state that follows. What was closed and what disagrees is added to the lists. */
export function follow(state: LedgerState, event: CloudEvent, segments: Segment[], discrepancies: Discrepancy[]): LedgerState {
  discrepancies.push(...discrepanciesOf(event, state))
  const next = apply(state, event, segments)
  if (gained(state, next)) {
    for (const [i, segment] of segments.entries()) segments[i] = fillUnknown(segment, next)
    if (next.open) next.open = fillUnknown(next.open, next)
  }
  return next
}

export type Advanced =
  | { ok: true; state: LedgerState; closed: Segment[]; discrepancies: Discrepancy[] }
  /** The event belongs before what was folded already, or changes it. */
  | { ok: false }

/** One more event. `closed` are the segments that ended; `state.open` is the one going on. */
export function advance(state: LedgerState, event: CloudEvent): Advanced {
  const order = compareKeys(sortKey(event), state.last)
  if (order === 0) return { ok: true, state, closed: [], discrepancies: [] }
  if (order < 0 || (state.inferredEnd && event.type !== absent)) return { ok: false }
  const closed: Segment[] = []
  const next = apply(state, event, closed)
  // a boundary before the open segment would have cut segments that are stored already
  if (state.open && next.open !== state.open && !closed.some((segment) => segment.from === state.open?.from)) return { ok: false }
  if (gained(state, next) || (state.terminatedAt !== null && next.terminatedAt !== state.terminatedAt)) return { ok: false }
  return { ok: true, state: next, closed, discrepancies: discrepanciesOf(event, state) }
}

// -------------------------------------------------------------------------------------------------------------- one event

function apply(before: LedgerState, event: CloudEvent, closed: Segment[]): LedgerState {
  const facts = event.instance
  const state: LedgerState = { ...before, last: sortKey(event) }
  if (event.type === absent) return missing(state, event.time, closed)
  // scheduler and task messages speak of what was asked for, not of what is
  if (!facts || !event.type.startsWith('instance.')) return state
  state.toldAt = event.time
  state.waiting = waitingAfter(before.waiting, event)
  state.name = facts.name ?? state.name
  state.project = event.project ?? state.project
  state.user = event.user ?? state.user
  state.image = facts.image ?? state.image
  state.createdAt = earlier(state.createdAt, floored(facts.createdAt))
  if (facts.addresses) state.addresses = facts.addresses
  const end = endOf(event, before)
  const launched = floored(facts.launchedAt)
  if (launched !== null) learnLaunch(state, before, event, launched)
  if (end === null && isStale(event, launched, before)) return state
  if ((facts.taskState ?? null) === null) state.unsettled = false

  if (facts.flavor && tellsFlavor(event)) state.flavor = ledgerFlavor(facts.flavor)
  if (tellsHost(event, before)) state.host = hostTold(event)
  learnEnd(state, before, event, end)
  if (state.terminatedAt !== null) return terminal(state, before, event, closed)

  const vmState = facts.state ?? null
  if (vmState !== null && tellsState(event, before)) state.state = vmState
  if (failedToBuild(event, state)) {
    state.state = 'error'
    state.host = null
    state.buildFailedAt = before.buildFailedAt ?? event.time
  } else if (state.state !== 'error' || state.launchedAt !== null) state.buildFailedAt = null
  if (changed(before, state)) state.changedAt = event.time
  return begin(state, before, event, closed)
}

/**
 * Nova's record may say an older launch than a message did whose host's clock was ahead; then the record holds. A list is read
 * some time before it is answered: it is not believed about what has just happened.
 */
function learnLaunch(state: LedgerState, before: LedgerState, event: CloudEvent, launched: number): void {
  const recorded =
    isWitness(event) && event.time - before.changedAt > (event.type === 'instance.observed' ? listingSkew : clockSkew)
  const cause = launchTold(event, before.host !== null && hostTold(event) !== before.host)
  const known = recorded ? before.launches.filter(({ at }) => at <= launched) : before.launches
  state.launches = withLaunch(known.length === before.launches.length ? before.launches : known, launched, cause, before.waiting)
  state.launchedAt = state.launches.at(-1)?.at ?? null
  if (state.launchedAt !== before.launchedAt) state.unsettled = isRelaunching(event)
}

/**
 * A copy of the instance older than what is known: told by a clock that is ahead of the one that told of a newer launch, or,
 * at any time, by a request that began before the instance was launched (nothing that was launched is built again).
 */
function isStale(event: CloudEvent, launched: number | null, before: LedgerState): boolean {
  if (before.launchedAt === null) return false
  if (launched === null) return event.instance?.state === 'building'
  return launched < before.launchedAt && event.time - before.changedAt <= clockSkew
}

function learnEnd(state: LedgerState, before: LedgerState, event: CloudEvent, end: ReturnType<typeof endOf>): void {
  const facts = event.instance
  if (end && (provesBetter(end.proof, before.endProof) || (end.proof === before.endProof && end.proof !== 'told'))) {
    const same = end.proof === before.endProof
    state.terminatedAt = same ? Math.max(end.at, before.terminatedAt ?? end.at) : end.at
    state.endProof = end.proof
  }
  if (end) return
  const kept = keptTerminated(event)
  if (kept !== null) state.keptTerminatedAt = kept
  else if (isWitness(event) && facts?.terminatedAt === null) state.keptTerminatedAt = null
  if (facts?.state === 'soft-delete' || facts?.taskState === 'soft-deleting')
    state.softDeletedAt = floored(facts.deletedAt) ?? state.softDeletedAt
}

/** Terminal wins: nothing but a better proof of when it ended changes anything. */
function terminal(state: LedgerState, before: LedgerState, event: CloudEvent, closed: Segment[]): LedgerState {
  const at = state.terminatedAt as number
  state.state = 'deleted'
  state.waiting = {}
  state.buildFailedAt = null
  if (before.state === 'deleted' && at === before.terminatedAt) return state
  state.changedAt = event.time
  if (before.state === 'deleted') {
    const last = closed.pop()
    return close({ ...state, open: last ? { ...last, to: null } : null }, at, closed)
  }
  return close(before.open ? state : { ...state, open: untoldLife(state) }, at, closed)
}

/** Its end was lost: it is put where it was last heard of. Soft-deleted instances are not listed and yet exist. */
function missing(state: LedgerState, readAt: number, closed: Segment[]): LedgerState {
  if (state.state === null || state.state === 'soft-delete' || state.terminatedAt !== null || state.toldAt > readAt - listingSkew)
    return state
  const at = floorToSecond(state.toldAt)
  const ended = close(state.open ? { ...state, open: { ...state.open, provenance: 'inferred' } } : state, at, closed)
  return { ...ended, state: 'deleted', terminatedAt: at, endProof: 'told', waiting: {}, inferredEnd: true }
}

const changed = (a: LedgerState, b: LedgerState) =>
  a.state !== b.state || a.launchedAt !== b.launchedAt || a.host !== b.host || !sameFlavor(a.flavor, b.flavor)

const earlier = (a: number | null, b: number | null) => (a === null ? b : b === null ? a : Math.min(a, b))
