/**
 * Complete lists of volumes, images, floating IPs …: what is believed to exist and is not in the newest list has lost its end.
 * Of networks, flavors, users …, which have no ledger, the list is kept beside what was told (`store/journal/listed.ts`): it hides.
 */
import { type CloudEvent, nativeEvent, type Service } from '../../model/event.ts'
import { listingSkew } from '../../model/ledger.ts'
import type { ListedKind } from '../../model/resource.ts'
import { absentOf } from '../../model/resource-ledger.ts'
import { type ResourceKind, resourceKinds } from '../../model/usage.ts'
import type { Database } from './database.ts'

export interface ResourceListings {
  /** Inside a transaction, as everything here. An older list than the one known says nothing new. */
  take(kind: ResourceKind | ListedKind, readAt: number, ids: readonly string[]): void
  /** Events that came late, of resources that the newest list, younger than they, does not have. */
  recheck(events: readonly CloudEvent[]): void
}

const services: Readonly<Record<ResourceKind, Service>> = {
  volume: 'cinder',
  snapshot: 'cinder',
  backup: 'cinder',
  image: 'glance',
  floatingip: 'neutron',
}

export function resourceListings(db: Database, record: (event: CloudEvent) => void): ResourceListings {
  const readAtOf = (kind: string) =>
    db.get<{ read_at: number }>('SELECT read_at FROM resource_listing WHERE kind = ?', kind)?.read_at

  return {
    take(kind, readAt, ids) {
      if ((readAtOf(kind) ?? Number.MIN_SAFE_INTEGER) >= readAt) return
      db.run(
        'INSERT INTO resource_listing (kind, read_at) VALUES (?, ?) ON CONFLICT (kind) DO UPDATE SET read_at = excluded.read_at',
        kind,
        readAt,
      )
      db.run('DELETE FROM resource_listed WHERE kind = ?', kind)
      db.run('INSERT INTO resource_listed (kind, id) SELECT DISTINCT ?, value FROM json_each(?)', kind, JSON.stringify(ids))
      if (!isLedgerKind(kind)) return
      const lost = db.all<{ id: string; project: string | null }>(
        `SELECT id, project FROM resource WHERE kind = ?1 AND fold IS NOT NULL AND deleted_at IS NULL AND updated_at <= ?2
           AND id NOT IN (SELECT id FROM resource_listed WHERE kind = ?1)`,
        kind,
        readAt - listingSkew,
      )
      for (const { id, project } of lost) record(absence(kind, id, project, readAt))
    },

    recheck(events) {
      for (const kind of resourceKinds) {
        const its = events.filter((event) => event.resource?.kind === kind)
        if (its.length === 0) continue
        const readAt = readAtOf(kind)
        if (readAt === undefined) continue
        const old = its.filter(({ time }) => time <= readAt - listingSkew).map(({ resource }) => resource?.id as string)
        for (const id of new Set(old)) {
          const lost = db.get<{ project: string | null }>(
            `SELECT project FROM resource WHERE kind = ?1 AND id = ?2 AND deleted_at IS NULL
               AND NOT EXISTS (SELECT 1 FROM resource_listed WHERE kind = ?1 AND id = ?2)`,
            kind,
            id,
          )
          if (lost) record(absence(kind, id, lost.project, readAt))
        }
      }
    },
  }
}

const isLedgerKind = (kind: string): kind is ResourceKind => resourceKinds.some((one) => one === kind)

/** Our own event; the same list without the same resource has the same id. */
const absence = (kind: ResourceKind, id: string, project: string | null, readAt: number): CloudEvent =>
  nativeEvent({
    id: `absent:${kind}:${id}:${readAt}`,
    type: absentOf(kind),
    time: readAt,
    service: services[kind],
    publisher: 'openstack api',
    resource: { kind, id },
    project,
  })
