/** What exists or existed, as events, the API and the hypervisors told it. */
import type { InstanceQuery, Inventory } from '../../model/contract.ts'
import type { Hypervisor, Instance, Named, SeenInstance } from '../../model/resource.ts'
import type { Database } from './database.ts'
import { nameWriter } from './names.ts'
import { allOf, contains, equals, inScope } from './scope.ts'

interface InstanceRow {
  id: string
  name: string | null
  project: string | null
  user: string | null
  host: string | null
  domain: string | null
  image: string | null
  state: string | null
  flavor: string | null
  addresses: string
  created_at: number | null
  launched_at: number | null
  terminated_at: number | null
  source: Instance['source']
  updated_at: number
}

const columns =
  'id, name, project, user, host, domain, image, state, flavor, addresses, created_at, launched_at, terminated_at, source, updated_at'

const orders: Record<NonNullable<InstanceQuery['sort']>, string> = {
  name: 'name COLLATE NOCASE',
  project: "coalesce((SELECT n.name FROM named n WHERE n.kind = 'project' AND n.id = instance.project), project) COLLATE NOCASE",
  host: 'host',
  state: 'state',
  created: 'created_at',
}

export function inventory(db: Database): Inventory {
  const names = nameWriter(db)

  const counted = (kind: 'project' | 'user') => `
    SELECT k.id, n.name, k.instances FROM (
      SELECT id, max(instances) AS instances FROM (
        SELECT ${kind} AS id, sum(terminated_at IS NULL) AS instances FROM instance WHERE ${kind} IS NOT NULL AND SCOPE GROUP BY 1
        UNION ALL SELECT id, 0 FROM named WHERE kind = '${kind}' AND NAMED
      ) GROUP BY id
    ) k LEFT JOIN named n ON n.kind = '${kind}' AND n.id = k.id ORDER BY n.name IS NULL, n.name COLLATE NOCASE, k.id`

  return {
    async instances(scope, query) {
      const where = allOf([
        inScope(scope, 'project'),
        query.deleted ? null : { sql: 'terminated_at IS NULL', values: [] },
        equals('project', query.project),
        equals('user', query.user),
        equals('host', query.host),
        equals('state', query.state),
        query.q ? contains(['name', 'id', 'addresses', 'domain'], query.q) : null,
      ])
      const total = db.get<{ n: number }>(`SELECT count(*) AS n FROM instance WHERE ${where.sql}`, ...where.values)?.n ?? 0
      const order = orders[query.sort ?? 'name']
      const rows = db.all<InstanceRow>(
        `SELECT ${columns} FROM instance WHERE ${where.sql} ORDER BY ${order} ${query.descending ? 'DESC' : 'ASC'}, id LIMIT ? OFFSET ?`,
        ...where.values,
        query.limit,
        query.offset ?? 0,
      )
      return { rows: rows.map(toInstance), total }
    },

    async instance(scope, id) {
      const where = allOf([inScope(scope, 'project'), equals('id', id)])
      const row = db.get<InstanceRow>(`SELECT ${columns} FROM instance WHERE ${where.sql}`, ...where.values)
      return row ? toInstance(row) : null
    },

    async projects(scope) {
      const its = inScope(scope, 'project')
      const named = inScope(scope, 'id')
      const sql = counted('project').replace('SCOPE', its.sql).replace('NAMED', named.sql)
      return db.all<Named & { instances: number }>(sql, ...its.values, ...named.values)
    },

    async users(scope) {
      const its = inScope(scope, 'project')
      const sql = counted('user')
        .replace('SCOPE', its.sql)
        .replace('NAMED', scope.projects === 'all' ? '1' : '0')
      return db.all<Named & { instances: number }>(sql, ...its.values)
    },

    async hypervisors(scope) {
      if (scope.projects !== 'all') return []
      return db
        .all<{
          host: string
          uri: string | null
          cpus: number | null
          memory_bytes: number | null
          version: string | null
          seen_at: number
        }>('SELECT * FROM hypervisor ORDER BY host')
        .map(
          (row): Hypervisor => ({
            host: row.host,
            uri: row.uri,
            cpus: row.cpus,
            memoryBytes: row.memory_bytes,
            version: row.version,
            seenAt: row.seen_at,
          }),
        )
    },

    async names(kind, ids) {
      const list = JSON.stringify(ids)
      const table = kind === 'instance' ? 'instance' : kind === 'project' || kind === 'user' ? 'named' : 'resource'
      const sql = `SELECT id, name FROM ${table} WHERE name IS NOT NULL AND id IN (SELECT value FROM json_each(?))`
      const rows =
        table === 'instance'
          ? db.all<{ id: string; name: string }>(sql, list)
          : db.all<{ id: string; name: string }>(`${sql} AND kind = ?`, list, kind)
      return new Map(rows.map(({ id, name }) => [id, name]))
    },

    async seenInstances(batch) {
      if (batch.length === 0) return
      db.transaction(() => {
        for (const seen of batch) see(seen)
      })
    },

    async seenHypervisor(hypervisor) {
      db.run(
        `INSERT INTO hypervisor (host, uri, cpus, memory_bytes, version, seen_at) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (host) DO UPDATE SET uri = excluded.uri, cpus = excluded.cpus, memory_bytes = excluded.memory_bytes,
           version = excluded.version, seen_at = excluded.seen_at`,
        hypervisor.host,
        hypervisor.uri,
        hypervisor.cpus,
        hypervisor.memoryBytes,
        hypervisor.version,
        hypervisor.seenAt,
      )
    },

    async name(kind, named, time) {
      db.transaction(() => {
        for (const { id, name } of named) if (name !== null) names.put(kind, id, name, time)
      })
    },
  }

  /** Fills what nobody told yet; what Nova said stands. */
  function see(seen: SeenInstance): void {
    db.run(
      `INSERT INTO instance (id, name, project, user, host, domain, image, state, flavor, addresses, created_at, source, updated_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, NULL, ?, ?, ?, 'libvirt', ?)
       ON CONFLICT (id) DO UPDATE SET domain = excluded.domain, name = coalesce(name, excluded.name), project = coalesce(project, excluded.project),
         user = coalesce(user, excluded.user), flavor = coalesce(flavor, excluded.flavor), image = coalesce(image, excluded.image),
         host = iif(source = 'libvirt', excluded.host, coalesce(host, excluded.host)),
         addresses = iif(addresses = '[]', excluded.addresses, addresses), created_at = coalesce(created_at, excluded.created_at)`,
      seen.id,
      seen.name ?? seen.domain,
      seen.project?.id ?? null,
      seen.user?.id ?? null,
      seen.host,
      seen.domain,
      seen.image,
      seen.flavor === null ? null : JSON.stringify({ id: null, ...seen.flavor }),
      JSON.stringify(seen.addresses),
      seen.createdAt,
      seen.seenAt,
    )
    if (seen.project?.name) names.put('project', seen.project.id, seen.project.name, seen.seenAt)
    if (seen.user?.name) names.put('user', seen.user.id, seen.user.name, seen.seenAt)
  }
}

function toInstance(row: InstanceRow): Instance {
  return {
    id: row.id,
    name: row.name,
    project: row.project,
    user: row.user,
    flavor: row.flavor === null ? null : (JSON.parse(row.flavor) as Instance['flavor']),
    host: row.host,
    domain: row.domain,
    image: row.image,
    state: row.state,
    addresses: JSON.parse(row.addresses) as Instance['addresses'],
    createdAt: row.created_at,
    launchedAt: row.launched_at,
    terminatedAt: row.terminated_at,
    source: row.source,
    updatedAt: row.updated_at,
  }
}
