/** Keeps the inventory of resources, and the ledger of those that are held by time, equal to what the event log says. */
import { type CloudEvent, type FlavorFacts, nativeEvent } from '../../model/event.ts'
import { compareKeys, sortKey } from '../../model/ledger-state.ts'
import { deletionAt, informedBy, type KnownResource, tellsResource } from '../../model/resource-facts.ts'
import { advanceResource, foldResource, type ResourceState, unknownResource } from '../../model/resource-ledger.ts'
import { isPortDeletion } from '../../model/resource-words.ts'
import { type ResourceKind, type ResourceSegment, resourceKinds } from '../../model/usage.ts'
import type { Database } from './database.ts'
import { eventColumns, type StoredEvent, toEvent } from './event-body.ts'

/** Entries kept in memory: the resources that events come for now. */
const remembered = 20_000

export interface ResourceWriter {
  /** Inside the transaction that stored the events. */
  apply(events: readonly CloudEvent[]): void
  /** A flavor as an instance has it: only for flavors of which nothing else is known. */
  flavor(flavor: FlavorFacts, time: number): void
  /** Drops what is remembered: after a transaction that failed. */
  forget(): void
}

interface Entry {
  known: KnownResource | null
  /** Of kinds that have a ledger. */
  ledger: ResourceState | null
}

const ledgerKinds: ReadonlySet<string> = new Set(resourceKinds)
const isLedgerKind = (kind: string): kind is ResourceKind => ledgerKinds.has(kind)

/** Does the journal of resources take this event? */
export const concernsResources = (event: CloudEvent): boolean =>
  tellsResource(event) || (event.resource !== null && isLedgerKind(event.resource.kind) && event.type.endsWith('.absent'))

export function resourceWriter(db: Database): ResourceWriter {
  const entries = new Map<string, Entry>()
  const flavors = new Set<string>()

  function entryOf(kind: string, id: string): Entry {
    const cached = entries.get(`${kind} ${id}`)
    if (cached) return cached
    const row = db.get<ResourceRow>(
      'SELECT project, user, about, told, created_at, deleted_at, updated_at, fold FROM resource WHERE kind = ? AND id = ?',
      kind,
      id,
    )
    const ledger = row?.fold ? (JSON.parse(row.fold) as ResourceState) : isLedgerKind(kind) ? unknownResource(kind, id) : null
    return { known: row ? toKnown(kind, id, row) : null, ledger }
  }

  return {
    apply(events) {
      const own = events.filter(({ resource }) => resource !== null)
      serve(own.filter(({ resource, about }) => resource?.kind === 'floatingip' && about?.parent))
      const freed = own
        .filter(isPortDeletion)
        .flatMap((event) => freedBy(event).map((id) => [`floatingip ${id}`, event] as const))
      const byResource = Map.groupBy(own, ({ resource }) => `${resource?.kind} ${resource?.id}`)
      for (const [key, event] of freed) byResource.set(key, [...(byResource.get(key) ?? []), event])
      for (const [key, its] of byResource) {
        const at = key.indexOf(' ')
        take(key.slice(0, at), key.slice(at + 1), its)
      }
      sweep(own)
    },

    flavor(flavor, time) {
      if (flavor.id === null || flavors.has(flavor.id)) return
      if (flavors.size > remembered) flavors.clear()
      flavors.add(flavor.id)
      db.run(
        `INSERT INTO resource (kind, id, name, shared, about, told, updated_at) VALUES ('flavor', ?, ?, 0, ?, '{}', ?) ON CONFLICT DO NOTHING`,
        flavor.id,
        flavor.name,
        JSON.stringify({ name: flavor.name, flavor }),
        time,
      )
    },

    forget() {
      entries.clear()
      flavors.clear()
    },
  }

  function take(kind: string, id: string, its: readonly CloudEvent[]): void {
    const entry = entryOf(kind, id)
    let { known } = entry
    for (const event of its) if (event.resource?.kind === kind && tellsResource(event)) known = informedBy(known, event)
    const ledger = entry.ledger ? (forward(entry.ledger, its) ?? refold(entry.ledger.kind, id)) : null
    const next = { known, ledger }
    entries.delete(`${kind} ${id}`)
    entries.set(`${kind} ${id}`, next)
    if (entries.size > remembered) entries.delete(entries.keys().next().value as string)
    if (known) put(known, ledger)
  }

  /** Neutron says nothing of the subnets that go with their network. Whichever is heard of first. */
  function sweep(events: readonly CloudEvent[]): void {
    const ids = (concerns: (event: CloudEvent) => boolean) =>
      JSON.stringify([...new Set(events.filter(concerns).map(({ resource }) => resource?.id))])
    const networks = ids((event) => event.resource?.kind === 'network' && deletionAt(event) !== null)
    const subnets = ids(({ resource, about }) => resource?.kind === 'subnet' && about !== undefined)
    if (networks === '[]' && subnets === '[]') return
    const gone = db.all<{ id: string; at: number }>(
      `SELECT s.id, n.deleted_at AS at FROM resource s JOIN resource n ON n.kind = 'network' AND n.id = s.about ->> '$.parent.id'
       WHERE s.kind = 'subnet' AND s.deleted_at IS NULL AND n.deleted_at IS NOT NULL
         AND (n.id IN (SELECT value FROM json_each(?)) OR s.id IN (SELECT value FROM json_each(?)))`,
      networks,
      subnets,
    )
    for (const { id, at } of gone) {
      const resource = { kind: 'subnet', id }
      take('subnet', id, [
        nativeEvent({
          ...{ id: `swept:${id}`, type: 'subnet.delete', time: at, service: 'neutron', publisher: 'specola' },
          resource,
        }),
      ])
    }
  }

  /** Null when some event belongs before what was folded already, or changes what is stored. */
  function forward(from: ResourceState, events: readonly CloudEvent[]): ResourceState | null {
    let state = from
    const closed: ResourceSegment[] = []
    for (const event of [...events].sort((a, b) => compareKeys(sortKey(a), sortKey(b)))) {
      const advanced = advanceResource(state, event)
      if (!advanced.ok) return null
      state = advanced.state
      closed.push(...advanced.closed)
    }
    for (const segment of closed) putSegment(segment)
    if (state.open && state.open !== from.open) putSegment(state.open)
    return state
  }

  function refold(kind: ResourceKind, id: string): ResourceState {
    const rows = db.all<StoredEvent>(
      `SELECT ${eventColumns()} FROM event INDEXED BY event_resource WHERE resource_id = ? AND resource_kind = ?`,
      id,
      kind,
    )
    if (kind === 'floatingip')
      rows.push(
        ...db.all<StoredEvent>(
          `SELECT ${eventColumns('e')} FROM floatingip_port f CROSS JOIN event e INDEXED BY event_resource ON e.resource_id = f.port
           WHERE f.floatingip = ? AND e.resource_kind = 'port' AND e.type = 'port.delete' AND e.phase = 'end'`,
          id,
        ),
      )
    const folded = foldResource(kind, id, rows.map(toEvent))
    db.run('DELETE FROM resource_segment WHERE kind = ? AND id = ?', kind, id)
    for (const segment of folded.segments) putSegment(segment)
    return folded.state
  }

  /** Remembers which ports these floating IPs serve. A port that is gone already must free it: the ledger is folded anew. */
  function serve(events: readonly CloudEvent[]): void {
    for (const { about, resource } of events) {
      const port = about?.parent?.id as string
      const id = resource?.id as string
      const { changes } = db.run('INSERT INTO floatingip_port (port, floatingip) VALUES (?, ?) ON CONFLICT DO NOTHING', port, id)
      if (changes === 0) continue
      const gone = db.get(
        `SELECT 1 FROM event INDEXED BY event_resource WHERE resource_id = ? AND resource_kind = 'port' AND type = 'port.delete' AND phase = 'end'`,
        port,
      )
      // as if never folded: any next event then finds its place in the whole
      if (gone) entries.set(`floatingip ${id}`, { ...entryOf('floatingip', id), ledger: behind(id) })
    }
  }

  /** The floating IPs that ever served the port which this event ends. */
  function freedBy(event: CloudEvent): string[] {
    return db
      .all<{ floatingip: string }>('SELECT floatingip FROM floatingip_port WHERE port = ?', event.resource?.id as string)
      .map(({ floatingip }) => floatingip)
  }

  /** JSON has no −∞: a ledger that nothing was told of is not stored. */
  function put(known: KnownResource, ledger: ResourceState | null): void {
    const fold = ledger && Number.isFinite(ledger.last[0]) ? ledger : null
    // nobody tells a floating IP that its port is gone: the ledger knows
    const freed = fold?.kind === 'floatingip' && fold.port === null
    const about = freed ? { ...known.about, parent: null, instances: [] } : known.about
    db.run(
      `INSERT INTO resource (kind, id, name, project, user, shared, about, told, created_at, deleted_at, updated_at, fold)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (kind, id) DO UPDATE SET name = coalesce(excluded.name, name), project = excluded.project, user = excluded.user,
         shared = excluded.shared, about = excluded.about, told = excluded.told, created_at = excluded.created_at,
         deleted_at = excluded.deleted_at, updated_at = excluded.updated_at, fold = excluded.fold`,
      known.kind,
      known.id,
      known.about.name ?? null,
      known.project,
      known.user,
      known.about.shared === true ? 1 : 0,
      JSON.stringify(about),
      JSON.stringify(known.told),
      known.createdAt,
      fold ? fold.endedAt : known.deletedAt,
      known.updatedAt,
      fold && JSON.stringify(fold),
    )
  }

  function putSegment(segment: ResourceSegment): void {
    db.run(
      `INSERT INTO resource_segment (kind, id, start, stop, project, user, size_gib, type, state, provenance)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (kind, id, start) DO UPDATE SET stop = excluded.stop, project = excluded.project, user = excluded.user,
         size_gib = excluded.size_gib, type = excluded.type, state = excluded.state, provenance = excluded.provenance`,
      segment.kind,
      segment.id,
      segment.from,
      segment.to,
      segment.project,
      segment.user,
      segment.sizeGib,
      segment.type,
      segment.state,
      segment.provenance,
    )
  }
}

/** A ledger that says of every event that it belongs before what it has. */
const behind = (id: string): ResourceState => ({ ...unknownResource('floatingip', id), last: [Number.POSITIVE_INFINITY, 0, ''] })

interface ResourceRow {
  project: string | null
  user: string | null
  about: string
  told: string
  created_at: number | null
  deleted_at: number | null
  updated_at: number
  fold: string | null
}

const toKnown = (kind: string, id: string, row: ResourceRow): KnownResource => ({
  ...{ kind, id, project: row.project, user: row.user },
  about: JSON.parse(row.about) as KnownResource['about'],
  told: JSON.parse(row.told) as KnownResource['told'],
  createdAt: row.created_at,
  deletedAt: row.deleted_at,
  updatedAt: row.updated_at,
})
