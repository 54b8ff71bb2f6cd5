/**
 * The ledger of one volume, snapshot, backup, image or floating IP: its events → segments that tile its life. Pure and
 * independent of arrival order: `fold` sorts first. `advance` gives the same answer one event at a time where the event sorts
 * after all before it and moves nothing that is stored; otherwise it asks for a new fold. All times are epoch ms, cut to
 * seconds. The rules, of which `resource-words.ts` says which event speaks which word:
 *
 * - A life begins at the created_at that any payload states, else with the first word. A creation that was never told is
 *   `inferred`, one that the API told is `api`.
 * - Facts hold from the time they were told. What is asked for (`.start`) changes nothing: volume.resize counts from its `.end`.
 * - A reading of the API that differs from what is known counts from the reading on, unless the service itself spoke within
 *   the minute before: an answer may be older than it looks.
 * - The end is what the service said; else what an audit says of it; else, for what an `exists` calls deleted or a complete list
 *   does not have any more, where it was last heard of (`inferred`). After an end nothing goes on, but that an absence is
 *   undone by any later word.
 * - A volume is in use while an instance has it (or its status says so, for one that a host has mounted); a floating IP while
 *   it has a port, whose deletion frees it silently. Snapshots, backups and images are held, and nobody can say whether for
 *   anything: they count as in use.
 */
import type { CloudEvent, ResourceFacts } from './event.ts'
import { listingSkew } from './ledger.ts'
import { compareKeys, type SortKey, sortKey } from './ledger-state.ts'
import { provenEnd, saysGone, type Word, wordOf } from './resource-words.ts'
import { floorToSecond } from './timestamp.ts'
import type { ResourceKind, ResourceSegment } from './usage.ts'

export interface ResourceState {
  kind: ResourceKind
  id: string
  name: string | null
  project: string | null
  user: string | null
  sizeGib: number | null
  type: string | null
  inUse: boolean
  /** For floating IPs: the port served. */
  port: string | null
  createdAt: number | null
  endedAt: number | null
  /** The end is where it was last heard of: any later word undoes it. */
  inferredEnd: boolean
  open: ResourceSegment | null
  /** Newest word of the resource itself, and newest word of its service. */
  toldAt: number
  serviceAt: number
  last: SortKey
}

/** A reading does not overrule what the service said this shortly before, ms. */
const readingSkew = 60_000

export const absentOf = (kind: string) => `${kind}.absent`

export interface FoldedResource {
  state: ResourceState
  segments: ResourceSegment[]
}

interface Spoken {
  event: CloudEvent
  word: Word
}

/** The ledger of one resource from all its events (for a floating IP: with the deletions of its ports), in whatever order. */
export function foldResource(kind: ResourceKind, id: string, events: Iterable<CloudEvent>): FoldedResource {
  const distinct = [...new Map([...events].map((event) => [event.id, event])).values()]
  const spoken = distinct
    .flatMap((event): Spoken[] => {
      const word = wordOf(event, kind)
      return word === null ? [] : [{ event, word }]
    })
    .sort((a, b) => compareKeys(sortKey(a.event), sortKey(b.event)))
  const end = endOf(spoken)
  let state = { ...unknownResource(kind, id), createdAt: bornAt(spoken) }
  const closed: ResourceSegment[] = []
  for (const one of lived(spoken, end)) state = apply(state, one, closed)
  state.last = spoken.length > 0 ? sortKey((spoken.at(-1) as Spoken).event) : state.last
  state.toldAt = newest(spoken, isOwn)
  if (end) {
    state = { ...state, endedAt: end.at, inferredEnd: end.inferred }
    if (state.open) closed.push(state.open)
    state.open = null
    const segments = clipped(joined(closed), end.at)
    // the last stretch may have been longer: nobody told how it ended
    const last = segments.pop()
    if (last) segments.push(end.inferred ? { ...last, provenance: 'inferred' } : last)
    return { state, segments }
  }
  const segments = joined(state.open ? [...closed, state.open] : closed)
  return { state: { ...state, open: state.open ? (segments.at(-1) ?? null) : null }, segments }
}

export type AdvancedResource = { ok: true; state: ResourceState; closed: ResourceSegment[] } | { ok: false }

/** One more event. `closed` are the segments that ended; `state.open` goes on. */
export function advanceResource(state: ResourceState, event: CloudEvent): AdvancedResource {
  const word = wordOf(event, state.kind)
  if (word === null) return { ok: true, state, closed: [] }
  const order = compareKeys(sortKey(event), state.last)
  if (order === 0) return { ok: true, state, closed: [] }
  const born = event.about?.createdAt ?? null
  const simple = word === 'create' || word === 'facts' || word === 'asked' || word === 'reading' || word === 'freed'
  if (order < 0 || !simple || state.endedAt !== null || provenEnd(event, word) !== null || saysGone(event, word))
    return { ok: false }
  if (born !== null && state.open && floorToSecond(born) !== state.createdAt) return { ok: false }
  const closed: ResourceSegment[] = []
  const known = born === null || state.createdAt !== null ? state : { ...state, createdAt: floorToSecond(born) }
  const next = apply(known, { event, word }, closed)
  // a second change within one second rewrites what is stored
  if (state.open && next.open !== state.open && next.open?.from === state.open.from) return { ok: false }
  return { ok: true, state: next, closed }
}

export const unknownResource = (kind: ResourceKind, id: string): ResourceState => ({
  kind,
  id,
  name: null,
  project: null,
  user: null,
  sizeGib: null,
  type: null,
  inUse: false,
  port: null,
  createdAt: null,
  endedAt: null,
  inferredEnd: false,
  open: null,
  toldAt: Number.MIN_SAFE_INTEGER,
  serviceAt: Number.MIN_SAFE_INTEGER,
  last: [Number.NEGATIVE_INFINITY, 0, ''],
})

// --------------------------------------------------------------------------------------------------------- birth and death

function bornAt(spoken: readonly Spoken[]): number | null {
  const stated = spoken.flatMap(({ event, word }) => (word === 'freed' ? [] : (event.about?.createdAt ?? [])))
  return stated.length === 0 ? null : floorToSecond(Math.min(...stated))
}

function endOf(spoken: readonly Spoken[]): { at: number; inferred: boolean } | null {
  const proofs = (words: (word: Word) => boolean) =>
    spoken.flatMap(({ event, word }) => (words(word) ? (provenEnd(event, word) ?? []) : []))
  const told = proofs((word) => word !== 'replay')
  if (told.length > 0) return { at: Math.min(...told), inferred: false }
  const audited = proofs((word) => word === 'replay')
  if (audited.length > 0) return { at: Math.min(...audited), inferred: false }
  const gone = spoken.find(({ event, word }) => saysGone(event, word))
  if (gone) {
    const before = spoken.filter(({ event, word }) => isOwn(word) && event.time < gone.event.time && !saysGone(event, word))
    return { at: floorToSecond(before.at(-1)?.event.time ?? gone.event.time), inferred: true }
  }
  const toldAt = newest(spoken, isOwn)
  const absent = spoken.findLast(({ word }) => word === 'absent')
  if (!absent || toldAt === Number.MIN_SAFE_INTEGER || toldAt > absent.event.time - listingSkew) return null
  return { at: floorToSecond(toldAt), inferred: true }
}

/** What was said of it while it lived. Where nothing was, the first that was said at all: its end, or an audit after it. */
function lived(spoken: readonly Spoken[], end: { at: number } | null): Spoken[] {
  const telling = spoken.filter(({ event, word }) => word === 'freed' || (isOwn(word) && event.about !== undefined))
  const now = telling.filter(({ word }) => word !== 'replay')
  const within = end === null ? now : now.filter(({ event }) => floorToSecond(event.time) <= end.at)
  if (within.some(({ word }) => word !== 'freed')) return within
  return telling.filter(({ word }) => word !== 'freed').slice(0, 1)
}

const isOwn = (word: Word) => word !== 'absent' && word !== 'freed'
const isService = (word: Word) => isOwn(word) && word !== 'reading'

const newest = (spoken: readonly Spoken[], counts: (word: Word) => boolean): number =>
  spoken.findLast(({ word }) => counts(word))?.event.time ?? Number.MIN_SAFE_INTEGER

// ---------------------------------------------------------------------------------------------------------------- one word

function apply(before: ResourceState, { event, word }: Spoken, closed: ResourceSegment[]): ResourceState {
  const state: ResourceState = { ...before, last: sortKey(event) }
  if (word === 'freed') {
    if (before.port === null || before.port !== event.resource?.id) return state
    return cut({ ...state, port: null, inUse: false }, event, word, closed)
  }
  state.toldAt = event.time
  if (isService(word)) state.serviceAt = event.time
  const stale = word === 'reading' && before.serviceAt > event.time - readingSkew
  if (before.open && (word === 'asked' || stale)) return state
  return event.about ? cut(informed(state, event, event.about), event, word, closed) : state
}

function informed(state: ResourceState, event: CloudEvent, about: ResourceFacts): ResourceState {
  const port = state.kind !== 'floatingip' || about.parent === undefined ? state.port : (about.parent?.id ?? null)
  return {
    ...state,
    name: about.name ?? state.name,
    project: event.project ?? state.project,
    user: event.user ?? state.user,
    sizeGib: about.sizeGib === undefined ? state.sizeGib : about.sizeGib,
    type: typeOf(about.volumeType ?? null, state.type),
    port,
    inUse: state.kind === 'volume' ? attached(about, state.inUse) : state.kind === 'floatingip' ? port !== null : true,
  }
}

/** Old microversions tell a type by its name only: no reason to forget its id. */
const typeOf = (told: string | null, known: string | null) =>
  told === null || (known !== null && isId(known) && !isId(told)) ? known : told
const isId = (text: string) => /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(text)

function attached({ instances, status }: ResourceFacts, known: boolean): boolean {
  if (status === 'in-use' || (instances && instances.length > 0)) return true
  return instances === undefined && status !== 'available' ? known : false
}

/** Opens a new segment when anything that can be billed changed; keeps the open one otherwise. */
function cut(state: ResourceState, event: CloudEvent, word: Word, closed: ResourceSegment[]): ResourceState {
  const { kind, id, name, project, user, sizeGib, type, createdAt, open } = state
  const told = floorToSecond(event.time)
  const from = open ? told : createdAt !== null && createdAt <= told ? createdAt : told
  const provenance = word === 'reading' ? 'api' : !open && word !== 'create' && from < told ? 'inferred' : 'event'
  const next: ResourceSegment = {
    ...{ kind, id, name, from, to: null, project, user },
    sizeGib: kind === 'floatingip' ? null : sizeGib,
    ...{ type, state: state.inUse ? 'in_use' : 'idle', provenance },
  }
  if (open === null) return { ...state, open: next }
  if (same(open, next)) return { ...state, open: open.name === name ? open : { ...open, name } }
  if (next.from > open.from) closed.push({ ...open, to: next.from })
  return { ...state, open: next.from > open.from ? next : { ...next, from: open.from, provenance: open.provenance } }
}

const same = (a: ResourceSegment, b: ResourceSegment) =>
  a.project === b.project && a.user === b.user && a.sizeGib === b.sizeGib && a.type === b.type && a.state === b.state

/** Neighbours that differ in nothing become one: what changed and changed back within one second. */
function joined(segments: readonly ResourceSegment[]): ResourceSegment[] {
  const result: ResourceSegment[] = []
  for (const segment of segments) {
    const previous = result.at(-1)
    if (previous && previous.to === segment.from && same(previous, segment) && previous.provenance !== 'inferred')
      result[result.length - 1] = { ...previous, name: segment.name, to: segment.to }
    else result.push(segment)
  }
  return result
}

function clipped(segments: readonly ResourceSegment[], end: number): ResourceSegment[] {
  return segments.flatMap((segment) =>
    segment.from >= end ? [] : [{ ...segment, to: segment.to === null || segment.to > end ? end : segment.to }],
  )
}
