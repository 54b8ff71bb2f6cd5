/** What is held by time beside instances, and the inventory of everything that is no instance. */
import type { Scope } from '../../model/access.ts'
import type { Clock } from '../../model/clock.ts'
import type { Period, Resource, ResourceJournal } from '../../model/contract.ts'
import { listedKinds } from '../../model/resource.ts'
import { addResourceUsage, type ResourceUsageBy } from '../../model/resource-usage-rows.ts'
import type { ResourceKind, ResourceSegment, ResourceUsageRow } from '../../model/usage.ts'
import type { Database } from './database.ts'
import { unlisted } from './listed.ts'
import { allOf, type Condition, contains, equals, inScope } from './scope.ts'

interface SegmentRow {
  kind: ResourceKind
  id: string
  name: string | null
  start: number
  stop: number | null
  project: string | null
  user: string | null
  size_gib: number | null
  type: string | null
  state: ResourceSegment['state']
  provenance: ResourceSegment['provenance']
}

const segmentColumns = `s.kind, s.id, s.start, s.stop, s.project, s.user, s.size_gib, coalesce(t.name, s.type) AS type, s.state, s.provenance`
/** With the name of its type, where that is known. */
const typed = `resource_segment s LEFT JOIN resource t ON t.kind = 'volume_type' AND t.id = s.type`
const unnamed = `SELECT NULL AS name, ${segmentColumns} FROM ${typed}`
/** With the newest name of the resource, too. */
const segments = `SELECT r.name, ${segmentColumns} FROM ${typed} LEFT JOIN resource r ON r.kind = s.kind AND r.id = s.id`

const columns = 'kind, id, name, project, user, shared, about, created_at, updated_at'

/** Where the entries of a kind are. What has no ledger and is in no list any more ended where it was last heard of. */
function entriesOf(kind: string): string {
  if (!listedKinds.some((one) => one === kind)) return told(kind)
  return `(SELECT ${columns}, coalesce(deleted_at, iif(${unlisted('known')}, updated_at, NULL)) AS deleted_at FROM ${told(kind)} known)`
}

/**
 * Entries as they were told. Projects and users are known by name also where no service told of them as resources. What
 * lies in a network or security group goes with it, and nobody says so.
 */
function told(kind: string): string {
  if (kind === 'project' || kind === 'user')
    return `(SELECT r.kind, r.id, coalesce(r.name, (SELECT n.name FROM named n WHERE n.kind = r.kind AND n.id = r.id)) AS name,
        r.project, r.user, r.shared, r.about, r.created_at, r.deleted_at, r.updated_at FROM resource r
      UNION ALL
      SELECT n.kind, n.id, n.name, iif(n.kind = 'project', n.id, NULL), NULL, 0, '{}', NULL, NULL, n.time FROM named n
      WHERE NOT EXISTS (SELECT 1 FROM resource r WHERE r.kind = n.kind AND r.id = n.id))`
  const holder = kind === 'security_group_rule' ? 'security_group' : kind === 'subnet' || kind === 'port' ? 'network' : null
  if (holder === null) return `(SELECT ${columns}, deleted_at FROM resource)`
  return `(SELECT r.kind, r.id, r.name, r.project, r.user, r.shared, r.about, r.created_at, coalesce(r.deleted_at, gone.deleted_at) AS deleted_at,
      r.updated_at
    FROM resource r LEFT JOIN resource gone
      ON gone.kind = '${holder}' AND gone.deleted_at IS NOT NULL AND gone.id = json_extract(r.about, '$.parent.id'))`
}
const entryColumns = 'e.kind, e.id, e.name, e.project, e.user, e.about, e.created_at, e.deleted_at, e.updated_at'

export function resourceJournal(db: Database, clock: Clock): ResourceJournal {
  /** Clipped to the period and to now. */
  function* clipped(
    sql: string,
    order: string,
    scope: Scope,
    period: Period & { project?: string; user?: string; kind?: ResourceKind },
  ): Generator<ResourceSegment & { to: number }> {
    const end = Math.min(period.to, clock.now())
    const where = allOf([
      inScope(scope, 's.project'),
      { sql: 's.start < ? AND (s.stop IS NULL OR s.stop > ?)', values: [end, period.from] },
      equals('s.project', period.project),
      equals('s.user', period.user),
      equals('s.kind', period.kind),
    ])
    for (const row of db.iterate<SegmentRow>(`${sql} WHERE ${where.sql} ${order}`, ...where.values)) {
      const from = Math.max(row.start, period.from)
      const to = Math.min(row.stop ?? end, end)
      if (to > from) yield { ...toSegment(row), from, to }
    }
  }

  function namesOf(
    by: ResourceUsageBy,
    rows: readonly { kind: string; key: string }[],
  ): (kind: string, key: string) => string | null {
    const keys = JSON.stringify(rows.map(({ key }) => key))
    if (by === 'type') return (_, key) => key || null
    const found =
      by === 'resource'
        ? db.all<{ kind: string; id: string; name: string }>(
            'SELECT kind, id, name FROM resource WHERE name IS NOT NULL AND kind IN (SELECT value FROM json_each(?)) AND id IN (SELECT value FROM json_each(?))',
            JSON.stringify([...new Set(rows.map(({ kind }) => kind))]),
            keys,
          )
        : db.all<{ kind: string; id: string; name: string }>(
            'SELECT kind, id, name FROM named WHERE kind = ? AND id IN (SELECT value FROM json_each(?))',
            by,
            keys,
          )
    const names = new Map(found.map(({ kind, id, name }) => [`${kind} ${id}`, name]))
    return (kind, key) => names.get(`${by === 'resource' ? kind : by} ${key}`) ?? null
  }

  return {
    async usage(scope, query) {
      const rows = addResourceUsage(clipped(unnamed, '', scope, query), query.by)
      const name = namesOf(query.by, rows)
      return rows.map((row): ResourceUsageRow => ({ ...row, name: name(row.kind, row.key) }))
    },

    segmentsWithin: (scope, period) => clipped(segments, 'ORDER BY s.project, s.kind, s.id, s.start', scope, period),

    async segments(scope, kind, id) {
      const where = allOf([inScope(scope, 's.project'), equals('s.kind', kind), equals('s.id', id)])
      return db.all<SegmentRow>(`${segments} WHERE ${where.sql} ORDER BY s.start`, ...where.values).map(toSegment)
    },

    async resource(scope, kind, id) {
      const where = allOf([visibleIn(scope), equals('e.kind', kind), equals('e.id', id)])
      const row = db.get<EntryRow>(`SELECT ${entryColumns} FROM ${entriesOf(kind)} e WHERE ${where.sql}`, ...where.values)
      return row ? toResource(row, scope) : null
    },

    async resources(scope, query) {
      const where = allOf([
        // by project: what is its own; whose a shared thing is, is nobody's business
        query.project === undefined ? visibleIn(scope) : inScope(scope, 'e.project'),
        equals('e.kind', query.kind),
        query.deleted ? null : { sql: 'e.deleted_at IS NULL', values: [] },
        equals('e.project', query.project),
        // whose a shared thing is, is nobody's business
        query.user === undefined ? null : allOf([equals('e.user', query.user), inScope(scope, 'e.project')]),
        query.q ? contains(['e.name', 'e.id', `json_extract(e.about, '$.address')`], query.q) : null,
      ])
      const total =
        db.get<{ n: number }>(`SELECT count(*) AS n FROM ${entriesOf(query.kind)} e WHERE ${where.sql}`, ...where.values)?.n ?? 0
      const rows = db.all<EntryRow>(
        `SELECT ${entryColumns}
         FROM ${entriesOf(query.kind)} e WHERE ${where.sql} ORDER BY e.name IS NULL, e.name COLLATE NOCASE, e.id LIMIT ? OFFSET ?`,
        ...where.values,
        query.limit,
        query.offset ?? 0,
      )
      return { rows: rows.map((row) => toResource(row, scope)), total }
    },
  }
}

/** Of the scope's projects, and what every project may see: public images and flavors, shared and external networks. */
function visibleIn(scope: Scope): Condition {
  const own = inScope(scope, 'e.project')
  return scope.projects === 'all' ? own : { sql: `${own.sql} OR e.shared = 1`, values: own.values }
}

const toSegment = (row: SegmentRow): ResourceSegment => ({
  ...{ kind: row.kind, id: row.id, name: row.name, from: row.start, to: row.stop, project: row.project, user: row.user },
  ...{ sizeGib: row.size_gib, type: row.type, state: row.state, provenance: row.provenance },
})

interface EntryRow {
  kind: string
  id: string
  name: string | null
  project: string | null
  user: string | null
  about: string
  created_at: number | null
  deleted_at: number | null
  updated_at: number
}

function toResource(row: EntryRow, scope: Scope): Resource {
  const about = JSON.parse(row.about) as Resource['about']
  const known = {
    ...{ kind: row.kind, id: row.id, name: row.name },
    ...{ createdAt: row.created_at, deletedAt: row.deleted_at, updatedAt: row.updated_at },
  }
  if (scope.projects === 'all' || (row.project !== null && scope.projects.includes(row.project)))
    return { ...known, project: row.project, user: row.user, about }
  // somebody else's that everybody may see: what it is, and not whose
  const { name, status, sizeGib, address, shared, flavor } = about
  return {
    ...known,
    project: null,
    user: null,
    about: {
      ...(name !== undefined && { name }),
      ...(status !== undefined && { status }),
      ...(sizeGib !== undefined && { sizeGib }),
      ...(address !== undefined && { address }),
      ...(shared !== undefined && { shared }),
      ...(flavor !== undefined && { flavor }),
    },
  }
}
