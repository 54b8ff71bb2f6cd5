/** What usage is defended with: differences to Nova's figure, disagreements of witnesses, actions without an end. */
import type { Scope } from '../../model/access.ts'
import type { Period } from '../../model/contract.ts'
import type { Discrepancy } from '../../model/discrepancy.ts'
import type { Launch } from '../../model/launches.ts'
import { type Overdue, overdueOf, type Waiting } from '../../model/overdue.ts'
import type { Segment, UsageDifference } from '../../model/usage.ts'
import { differenceOf } from '../../model/usage-difference.ts'
import type { Database } from './database.ts'
import type { flavorReader } from './flavors.ts'
import { allOf, equals, inScope } from './scope.ts'

/** A period cut to whole seconds, as everything of the ledger is. */
export const wholeSeconds = <P extends Period>(period: P): P => ({
  ...period,
  from: Math.floor(period.from / 1000) * 1000,
  to: Math.floor(period.to / 1000) * 1000,
})

/** `segments`: those that count within the same period, each instance's in a row. */
export function differencesWithin(
  db: Database,
  flavorOf: ReturnType<typeof flavorReader>,
  scope: Scope,
  query: Period & { project?: string; instance?: string },
  now: number,
  segments: Iterable<Segment & { to: number }>,
): UsageDifference[] {
  const { from, to } = wholeSeconds({ ...query, to: Math.min(query.to, now) })
  if (to <= from) return []
  const held = Map.groupBy(clippedTo(segments, to), ({ instance }) => instance)
  const where = allOf([
    inScope(scope, 'project'),
    { sql: 'fold IS NOT NULL AND (created_at IS NULL OR created_at < ?)', values: [to] },
    { sql: 'terminated_at IS NULL OR terminated_at > ?', values: [from] },
    equals('project', query.project),
    equals('id', query.instance),
  ])
  const rows = db.iterate<{
    id: string
    name: string | null
    project: string | null
    flavor: string | null
    state: string | null
    launched_at: number | null
    terminated_at: number | null
    kept_terminated_at: number | null
    launches: string
  }>(
    `SELECT id, name, project, flavor, state, launched_at, terminated_at, kept_terminated_at, fold ->> '$.launches' AS launches
     FROM instance WHERE ${where.sql}`,
    ...where.values,
  )
  const differences: UsageDifference[] = []
  for (const row of rows) {
    const difference = differenceOf(
      {
        id: row.id,
        name: row.name,
        project: row.project,
        flavor: flavorOf(row.flavor),
        state: row.state,
        launchedAt: row.launched_at,
        terminatedAt: row.terminated_at ?? row.kept_terminated_at,
        keptTerminated: row.terminated_at === null && row.kept_terminated_at !== null,
        launches: JSON.parse(row.launches) as Launch[],
      },
      held.get(row.id) ?? [],
      { from, to },
    )
    if (difference.causes.length > 0 || difference.alike.length > 0) differences.push(difference)
  }
  const size = ({ ledgerHours, parityHours }: UsageDifference) => Math.abs(ledgerHours - parityHours)
  return differences.sort((a, b) => size(b) - size(a) || (a.instance < b.instance ? -1 : 1))
}

/** The open segment of a month that is not over ends now: at a whole second as well. */
function* clippedTo(segments: Iterable<Segment & { to: number }>, to: number): Generator<Segment & { to: number }> {
  for (const segment of segments) if (segment.from < to) yield segment.to > to ? { ...segment, to } : segment
}

export function discrepanciesWithin(
  db: Database,
  scope: Scope,
  query: Partial<Period> & { project?: string; instance?: string; limit: number },
): Discrepancy[] {
  const where = allOf([
    inScope(scope, 'instance.project'),
    query.from === undefined ? null : { sql: 'at >= ?', values: [query.from] },
    query.to === undefined ? null : { sql: 'at < ?', values: [query.to] },
    equals('instance.project', query.project),
    equals('instance', query.instance),
  ])
  return db.all<Discrepancy>(
    `SELECT instance, at, about, ours, theirs, witness FROM discrepancy JOIN instance ON instance.id = discrepancy.instance
     WHERE ${where.sql} ORDER BY at DESC, instance, about LIMIT ?`,
    ...where.values,
    Math.min(1000, Math.max(1, query.limit)),
  )
}

export function overdueAt(db: Database, now: number): Overdue[] {
  return db
    .all<{ id: string; project: string | null; waiting: string }>(
      `SELECT id, project, fold ->> '$.waiting' AS waiting FROM instance WHERE due_at <= ?`,
      now,
    )
    .flatMap(({ id, project, waiting }) => overdueOf({ id, project, waiting: JSON.parse(waiting) as Waiting }, now))
    .sort((a, b) => a.due - b.due)
}
