/**
 * The reading side of the timeline. Every filter that can name few rows drives the search by an index of its own (an arm), each
 * arm gives its newest, and they are merged: no question scans more than it shows, whatever the size of the journal.
 */
import type { SQLInputValue } from 'node:sqlite'
import type { Scope } from '../../model/access.ts'
import type { Clock } from '../../model/clock.ts'
import type { Action, ActionQuery, EventRow, TimelineJournal } from '../../model/contract.ts'
import { resultAt } from '../../model/timeline.ts'
import type { Database } from './database.ts'
import { eventColumns, type StoredEvent, toEvent } from './event-body.ts'
import { allOf, type Condition, contains, equals, inScope } from './scope.ts'

const mostRows = 1000
/** A text that names more resources than this is common: newest first finds it soon. */
const mostArms = 500
const mostEvents = 500

interface ActionRow {
  seq: number
  root: string
  part: number
  start: number
  stop: number
  service: string
  verb: string
  result: 'ok' | 'failed' | 'open'
  due: number
  reason: string | null
  resource_kind: string
  resource_id: string
  resource_name: string | null
  project: string | null
  actor: string | null
  actor_name: string | null
  actor_project: string | null
  host: string | null
  address: string | null
}

/** Where a search begins. */
interface Arm {
  index: string
  condition: Condition
}

const columns = `seq, root, part, start, stop, service, verb, result, due, reason, resource_kind, resource_id, project, actor,
  actor_project, host, address,
  coalesce((SELECT s.name FROM subject s WHERE s.id = resource_id),
    (SELECT n.name FROM named n WHERE n.kind = resource_kind AND n.id = resource_id)) AS resource_name,
  (SELECT n.name FROM named n WHERE n.kind = 'user' AND n.id = actor) AS actor_name`

export function timelineJournal(db: Database, clock: Clock): TimelineJournal {
  const ids = (sql: string, ...values: SQLInputValue[]) => db.all<{ id: string }>(sql, ...values).map(({ id }) => id)

  const actorIds = (text: string) => [
    ...new Set([text, ...ids(`SELECT id FROM named WHERE kind = 'user' AND name = ? COLLATE NOCASE LIMIT 50`, text)]),
  ]
  const resourceIds = (text: string) => [
    ...new Set([text, ...ids('SELECT id FROM subject WHERE name = ? COLLATE NOCASE LIMIT ?', text, mostArms)]),
  ]

  function search(arm: Arm, filter: Condition, limit: number): ActionRow[] {
    const where = allOf([arm.condition, filter])
    return db.all<ActionRow>(
      `SELECT ${columns} FROM action INDEXED BY ${arm.index} WHERE ${where.sql} ORDER BY start DESC, seq DESC LIMIT ?`,
      ...where.values,
      limit,
    )
  }

  /** The arms for a free text; null: it is so common that time order finds it. */
  function textArms(q: string, addresses: boolean): { arms: Arm[]; filter: Condition } | { arms: null; filter: Condition } {
    const name = contains(['name', 'id'], q)
    const resources = ids(`SELECT id FROM subject WHERE ${name.sql} LIMIT ?`, ...name.values, mostArms + 1)
    const users = contains(['name'], q)
    const actors = [...ids(`SELECT id FROM named WHERE kind = 'user' AND (${users.sql}) LIMIT 50`, ...users.values), q]
    const exact = [
      armOf('action_root', 'root', q),
      ...(addresses ? [armOf('action_address', 'address', q)] : []),
      armOf('action_resource', 'resource_id', q),
      ...actors.map((id) => armOf('action_actor', 'actor', id)),
    ]
    const none: Condition = { sql: '1', values: [] }
    if (resources.length <= mostArms)
      return { arms: [...exact, ...resources.map((id) => armOf('action_resource', 'resource_id', id))], filter: none }
    const filter: Condition = {
      sql: `resource_id IN (SELECT id FROM subject WHERE ${name.sql}) OR actor IN (SELECT value FROM json_each(?)) OR root = ?${addresses ? ' OR address = ?' : ''}`,
      values: [...name.values, JSON.stringify(actors), q, ...(addresses ? [q] : [])],
    }
    return { arms: null, filter }
  }

  function actionsNow(scope: Scope, query: ActionQuery): ActionRow[] {
    const limit = Math.min(mostRows, Math.max(1, query.limit))
    const { arms, filter } = plan(scope, query)
    const found = new Map<number, ActionRow>()
    for (const arm of arms) for (const row of search(arm, filter, limit)) found.set(row.seq, row)
    return [...found.values()].sort((a, b) => b.start - a.start || b.seq - a.seq).slice(0, limit)
  }

  function plan(scope: Scope, query: ActionQuery): { arms: Arm[]; filter: Condition } {
    const actors = query.actor === undefined ? null : actorIds(query.actor)
    const resources = query.resource === undefined ? null : resourceIds(query.resource)
    const text = query.q === undefined ? null : textArms(query.q, query.addresses === true)
    const filter = allOf([
      inScope(scope, 'project'),
      equals('project', query.project),
      oneOf('actor', actors),
      oneOf('resource_id', resources),
      equals('service', query.service),
      verbCondition(query.verb),
      resultCondition(query.result, clock.now()),
      equals('address', query.address),
      text?.filter ?? null,
      query.from === undefined ? null : { sql: 'start >= ?', values: [query.from] },
      query.to === undefined ? null : { sql: 'start < ?', values: [query.to] },
      query.before ? { sql: '(start, seq) < (?, ?)', values: [query.before.time, query.before.seq] } : null,
      // a service tells of the beginning of a create before there is anything with an id
      {
        sql: `resource_id <> '' OR result <> 'open' OR NOT EXISTS (
          SELECT 1 FROM action p WHERE p.root = action.root AND p.verb = action.verb AND p.resource_id <> '')`,
        values: [],
      },
      query.parts
        ? null
        : { sql: 'part = 0 OR NOT EXISTS (SELECT 1 FROM action p WHERE p.root = action.root AND p.part = 0)', values: [] },
    ])
    const by = (index: string, column: string, values: readonly string[]) => values.map((value) => armOf(index, column, value))
    if (resources) return { arms: by('action_resource', 'resource_id', resources), filter }
    if (text?.arms) return { arms: text.arms, filter }
    if (actors) return { arms: by('action_actor', 'actor', actors), filter }
    if (query.address !== undefined) return { arms: by('action_address', 'address', [query.address]), filter }
    if (query.project !== undefined) return { arms: by('action_project', 'project', [query.project]), filter }
    if (scope.projects !== 'all') return { arms: by('action_project', 'project', scope.projects), filter }
    if (query.verb !== undefined && !query.verb.endsWith('.')) return { arms: by('action_verb', 'verb', [query.verb]), filter }
    if (query.result !== undefined && query.result !== 'ok')
      return {
        arms: [
          { index: 'action_trouble', condition: { sql: `result <> 'ok' AND result = ?`, values: [storedResult(query.result)] } },
        ],
        filter,
      }
    return { arms: [{ index: 'action_start', condition: { sql: '1', values: [] } }], filter }
  }

  function toAction(row: ActionRow): Action {
    return {
      seq: row.seq,
      request: /^(event|specola):/.test(row.root) ? null : row.root,
      part: row.part === 1,
      time: row.start,
      until: row.stop,
      service: row.service,
      verb: row.verb,
      result: resultAt(row, clock.now()),
      reason: row.reason,
      resource: { kind: row.resource_kind, id: row.resource_id, name: row.resource_name },
      project: row.project,
      actor: row.actor === null ? null : { id: row.actor, name: row.service === 'specola' ? row.actor : row.actor_name },
      actorProject: row.actor_project,
      host: row.host,
      address: row.address,
    }
  }

  /** Those of the resource in the time of the action, told by the same request. */
  function eventsOf(scope: Scope, row: ActionRow): EventRow[] {
    if (row.root.startsWith('specola:')) return []
    const where = allOf([
      inScope(scope, 'project'),
      { sql: 'hidden = 0', values: [] },
      { sql: 'time BETWEEN ? AND ?', values: [row.start, row.stop] },
      row.resource_id === '' ? null : equals('resource_id', row.resource_id),
      row.root.startsWith('event:')
        ? equals('message_id', row.root.slice('event:'.length))
        : { sql: `request = ? OR body ->> 'globalRequest' = ?`, values: [row.root, row.root] },
    ])
    return db
      .all<StoredEvent & { seq: number }>(
        `SELECT seq, ${eventColumns()} FROM event WHERE ${where.sql} ORDER BY time, seq LIMIT ${mostEvents}`,
        ...where.values,
      )
      .map((row) => ({ ...toEvent(row), seq: row.seq }))
  }

  return {
    async actions(scope, query) {
      return actionsNow(scope, query).map(toAction)
    },

    async action(scope, seq) {
      const where = allOf([inScope(scope, 'project'), equals('seq', seq)])
      const row = db.get<ActionRow>(`SELECT ${columns} FROM action WHERE ${where.sql}`, ...where.values)
      if (!row) return null
      const its = allOf([
        inScope(scope, 'project'),
        equals('root', row.root),
        { sql: `seq <> ? AND resource_id <> ''`, values: [seq] },
      ])
      const related = db.all<ActionRow>(
        `SELECT ${columns} FROM action WHERE ${its.sql} ORDER BY start, seq LIMIT 100`,
        ...its.values,
      )
      return { action: toAction(row), related: related.map(toAction), events: eventsOf(scope, row) }
    },

    async verbs(scope) {
      if (scope.projects === 'all')
        return ids(
          `WITH RECURSIVE v(id) AS (SELECT min(verb) FROM action UNION ALL SELECT (SELECT min(verb) FROM action WHERE verb > v.id) FROM v WHERE v.id IS NOT NULL)
           SELECT id FROM v WHERE id IS NOT NULL`,
        )
      const newest = scope.projects.flatMap((project) =>
        ids(
          'SELECT DISTINCT verb AS id FROM (SELECT verb FROM action WHERE project = ? ORDER BY start DESC LIMIT 10000)',
          project,
        ),
      )
      return [...new Set(newest)].sort()
    },
  }
}

const armOf = (index: string, column: string, value: string): Arm => ({
  index,
  condition: { sql: `${column} = ?`, values: [value] },
})

const oneOf = (column: string, values: readonly string[] | null): Condition | null =>
  values === null ? null : { sql: `${column} IN (SELECT value FROM json_each(?))`, values: [JSON.stringify(values)] }

const storedResult = (result: NonNullable<ActionQuery['result']>) =>
  result === 'running' || result === 'unknown' ? 'open' : result

function resultCondition(result: ActionQuery['result'], now: number): Condition | null {
  if (result === undefined) return null
  const stored = equals('result', storedResult(result))
  if (storedResult(result) !== 'open') return stored
  return allOf([stored, { sql: `due ${result === 'running' ? '>' : '<='} ?`, values: [now] }])
}

function verbCondition(verb: string | undefined): Condition | null {
  if (verb === undefined) return null
  return verb.endsWith('.')
    ? { sql: 'verb >= ? AND verb < ?', values: [verb, `${verb.slice(0, -1)}/`] }
    : { sql: 'verb = ?', values: [verb] }
}
