/** Segments of one instance: opened, cut and closed so that they tile its life. [from, to), whole seconds. */
import type { CloudEvent } from './event.ts'
import { launchTold } from './launches.ts'
import { clockSkew, type LedgerState, sameFlavor } from './ledger-state.ts'
import { floored } from './ledger-witness.ts'
import { floorToSecond } from './timestamp.ts'
import type { Segment, StateClass } from './usage.ts'

/** A build that failed goes on when it is tried again within this time, ms. */
const retryWithin = 600_000

/**
 * Opens a new segment when anything that can be billed changed; keeps the open one otherwise. `state` is what is known after
 * the event and is changed; `closed` are the segments before, cut where the new one begins earlier.
 */
export function begin(state: LedgerState, before: LedgerState, event: CloudEvent, closed: Segment[]): LedgerState {
  const stateClass = classOf(state)
  if (stateClass === null) return state
  const open = state.open
  const { instance, flavor, project, user } = state
  const now = { state: stateClass, flavor, host: stateClass === 'offloaded' ? null : state.host, project, user }
  // most events change nothing: no more is worked out for them
  if (open && same(open, now)) return state
  const provenance = event.type === 'instance.observed' ? 'api' : 'event'
  const next: Segment = { instance, from: boundary(state, before, event), to: null, ...now, provenance }
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

/** Closes the open segment at an instant, and cuts what was closed later than that. */
export function close(state: LedgerState, at: number, closed: Segment[]): LedgerState {
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

/** The life of an instance of which nothing was heard but its end. */
export function untoldLife(state: LedgerState): Segment | null {
  const from = state.launches[0]?.at ?? state.createdAt
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

/** States in which no host is right. */
const hostless: ReadonlySet<StateClass> = new Set(['building', 'offloaded', 'error', 'deleted'])

/** Owner, size and host of earlier segments, learnt later: owners never change, sizes only with a launch; a host is inferred. */
export function fillUnknown(segment: Segment, state: LedgerState): Segment {
  const homeless = segment.host === null && !hostless.has(segment.state)
  if (segment.project !== null && segment.user !== null && segment.flavor !== null && !homeless) return segment
  const resized = state.launches.some(({ at }, index) => index > 0 && at > segment.from)
  const guessed = (homeless && state.host !== null) || (segment.flavor === null && state.flavor !== null && resized)
  return {
    ...segment,
    project: segment.project ?? state.project,
    user: segment.user ?? state.user,
    flavor: segment.flavor ?? state.flavor,
    host: homeless ? state.host : segment.host,
    provenance: guessed ? 'inferred' : segment.provenance,
  }
}

/** Something was learnt that holds for stretches before as well. */
export const gained = (before: LedgerState, after: LedgerState): boolean =>
  before.state !== null &&
  ((before.project === null && after.project !== null) ||
    (before.user === null && after.user !== null) ||
    (before.flavor === null && after.flavor !== null) ||
    (before.host === null && after.host !== null && before.open !== null && !hostless.has(before.open.state)))

/** When the change took effect: payloads state it for launches; everything else happened when it was told. */
function boundary(state: LedgerState, before: LedgerState, event: CloudEvent): number {
  const told = floorToSecond(event.time)
  const { open } = before
  if (open?.state === 'error' && before.buildFailedAt !== null && state.buildFailedAt === null && state.state === 'building') {
    // tried elsewhere: it never stopped being built
    if (event.time - before.buildFailedAt <= retryWithin) return open.from
  }
  const relaunched = state.launchedAt !== null && state.launchedAt > (before.launchedAt ?? Number.NEGATIVE_INFINITY)
  // the launch was told before its task was over, and what it changed only now
  const settled =
    before.unsettled || (launchTold(event, false) !== null && floored(event.instance?.launchedAt) === state.launchedAt)
  if ((relaunched || settled) && state.launchedAt !== null && state.launchedAt <= told + clockSkew) {
    // A relaunch told by an event that says only when the machine last came up is no older than what we knew before.
    return open && open.state !== 'building' ? Math.max(state.launchedAt, open.from) : state.launchedAt
  }
  if (open === null) {
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

type Billed = Pick<Segment, 'state' | 'flavor' | 'host' | 'project' | 'user'>

function same(a: Billed, b: Billed): boolean {
  return (
    a.state === b.state && a.host === b.host && a.project === b.project && a.user === b.user && sameFlavor(a.flavor, b.flavor)
  )
}
