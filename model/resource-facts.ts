/**
 * The inventory's entry of one resource: for each fact, what the newest event said that said anything of it. So it does not
 * matter in which order events come, and nothing that was ever told is forgotten: a name outlives its resource.
 */
import type { CloudEvent, ResourceFacts } from './event.ts'

export interface KnownResource {
  kind: string
  id: string
  project: string | null
  user: string | null
  about: ResourceFacts
  /** For `project`, `user` and each field of `about`: when it was told, as an order key. */
  told: Readonly<Record<string, number>>
  createdAt: number | null
  deletedAt: number | null
  /** Newest word of it, epoch ms. */
  updatedAt: number
}

const ranks: Readonly<Record<string, number>> = { start: 0, end: 2, error: 2 }
/** Time, then start < update < end: one number. */
const orderOf = (event: CloudEvent): number => event.time * 4 + (ranks[event.phase ?? ''] ?? 1)

/** Does the event tell of the resource itself, its existence or its end? Requests and counters do not. */
export function tellsResource(event: CloudEvent): boolean {
  if (event.resource === null || event.instance !== undefined) return false
  return event.about !== undefined || deletionAt(event) !== null
}

/** When the event says that the resource was deleted: `<kind>.delete` once it is done. */
export function deletionAt(event: CloudEvent): number | null {
  if (!/^[^.]+\.delete$/.test(event.type) || event.phase === 'start' || event.phase === 'error') return null
  return event.about?.deletedAt ?? event.time
}

/** The entry with one more event. `before` is null for one never heard of. */
export function informedBy(before: KnownResource | null, event: CloudEvent): KnownResource {
  const { kind, id } = event.resource as { kind: string; id: string }
  const known = before ?? { ...emptyEntry, kind, id }
  const order = orderOf(event)
  const about: Record<string, unknown> = { ...known.about }
  const told: Record<string, number> = { ...known.told }
  let { project, user } = known
  const newer = (field: string, value: unknown, current: unknown) => {
    const at = told[field]
    // two words of one instant: the larger text, so that the order of arrival does not matter
    if (at !== undefined && (at > order || (at === order && JSON.stringify(value) <= JSON.stringify(current)))) return false
    told[field] = order
    return true
  }
  for (const [field, value] of Object.entries(event.about ?? {}))
    if (value !== undefined && !dates.has(field) && newer(field, value, about[field])) about[field] = value
  const owner = ownerOf(event)
  if (owner !== null && newer('project', owner, project)) project = owner
  if (event.about && event.user !== null && newer('user', event.user, user)) user = event.user
  return {
    ...{ kind, id, project, user, about, told },
    createdAt: earliest(known.createdAt, event.about?.createdAt ?? bornNow(event)),
    deletedAt: earliest(known.deletedAt, deletionAt(event)),
    updatedAt: Math.max(known.updatedAt, event.time),
  }
}

/** Whose it is: only what was said of the thing itself. Who asked for an aggregate, a flavor or a user does not own it. */
const ownerOf = ({ about, format, project }: CloudEvent): string | null =>
  about === undefined ? null : (about.owner ?? (format === 'native' ? project : null))

/** Kept as columns of their own, by rules of their own. */
const dates = new Set(['createdAt', 'updatedAt', 'deletedAt', 'owner'])

const emptyEntry: Omit<KnownResource, 'kind' | 'id'> = {
  project: null,
  user: null,
  about: {},
  told: {},
  createdAt: null,
  deletedAt: null,
  updatedAt: Number.MIN_SAFE_INTEGER,
}

/** A service that states no time of creation says by the event that it is created now. */
const bornNow = (event: CloudEvent): number | null =>
  /^[^.]+\.create$/.test(event.type) && event.phase !== 'start' && event.about?.createdAt === undefined ? event.time : null

const earliest = (a: number | null, b: number | null) => (a === null ? b : b === null ? a : Math.min(a, b))
