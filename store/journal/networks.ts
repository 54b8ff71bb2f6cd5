/**
 * Neutron's networks, subnets and ports as they are now: what services told of them and did not end, but for what the newest
 * complete list of the APIs lacks. That list only hides: what it lacks by mistake is back with the next one.
 */
import type { Scope } from '../../model/access.ts'
import type { NetworkInventory } from '../../model/contract.ts'
import type { ResourceFacts } from '../../model/event.ts'
import type { NetworkKind } from '../../model/resource.ts'
import type { Database } from './database.ts'
import { unlisted } from './listed.ts'
import { allOf, type Condition, inScope } from './scope.ts'

interface Row {
  id: string
  name: string | null
  project: string | null
  network: string | null
  about: string
}

/** What lies in a network goes with it, and nobody says so. */
const rows = `SELECT r.id, r.name, r.project, n.id AS network, r.about FROM resource r
  LEFT JOIN resource n ON n.kind = 'network' AND n.id = json_extract(r.about, '$.parent.id')`

export function networkInventory(db: Database): NetworkInventory {
  function existing(kind: NetworkKind, visible: Condition): Row[] {
    const where = allOf([{ sql: 'r.kind = ?', values: [kind] }, there('r'), { sql: 'n.deleted_at IS NULL', values: [] }, visible])
    return db.all<Row>(`${rows} WHERE ${where.sql} ORDER BY r.name IS NULL, r.name COLLATE NOCASE, r.id`, ...where.values)
  }

  return {
    async ports(scope) {
      return existing('port', either(inScope(scope, 'r.project'), inScope(scope, 'n.project'))).flatMap((row) => {
        const { parent, mac = null, device = null, fixed = [] } = factsOf(row)
        if (!parent) return []
        const port = { id: row.id, network: parent.id, fixed }
        return isOwn(scope, row)
          ? { ...port, project: row.project, device, mac }
          : { ...port, project: null, device: null, mac: null }
      })
    },

    async subnets(scope) {
      const shared = { sql: 'n.shared = 1', values: [] }
      return existing('subnet', either(inScope(scope, 'r.project'), shared)).flatMap((row) => {
        const { parent, address, pools = [] } = factsOf(row)
        if (!parent || !address) return []
        const subnet = { id: row.id, name: row.name, network: parent.id, cidr: address }
        return isOwn(scope, row) ? { ...subnet, project: row.project, pools } : { ...subnet, project: null, pools: [] }
      })
    },

    async networks(scope) {
      const shared = { sql: 'r.shared = 1', values: [] }
      return existing('network', either(inScope(scope, 'r.project'), shared)).map(({ id, name }) => ({ id, name }))
    },
  }
}

/** Not ended, and in the newest complete list of its kind unless it was heard of since. */
const there = (table: string): Condition => ({ sql: `${table}.deleted_at IS NULL AND NOT ${unlisted(table)}`, values: [] })

const either = (a: Condition, b: Condition): Condition => ({ sql: `${a.sql} OR ${b.sql}`, values: [...a.values, ...b.values] })

const isOwn = ({ projects }: Scope, { project }: Row): boolean =>
  projects === 'all' || (project !== null && projects.includes(project))

const factsOf = ({ about }: Row): ResourceFacts => JSON.parse(about) as ResourceFacts
