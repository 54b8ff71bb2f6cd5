/** The two views of usage. Both read tables that the ledger keeps; the arithmetic is in model/. */

import type { Scope } from '../../model/access.ts'
import type { Clock } from '../../model/clock.ts'
import type { Period, UsageJournal } from '../../model/contract.ts'
import { inWindow, type ParityInstance, parityHours, tenantUsages } from '../../model/parity.ts'
import { isCounted, type Segment, type UsageBy, type UsageQuery, type UsageRow } from '../../model/usage.ts'
import { addUsage, type Portion } from '../../model/usage-rows.ts'
import type { Database } from './database.ts'
import { flavorReader } from './flavors.ts'
import { allOf, equals, inScope } from './scope.ts'
import { differencesWithin, discrepanciesWithin, overdueAt, wholeSeconds } from './usage-proof.ts'

interface SegmentRow extends Omit<Segment, 'from' | 'to' | 'flavor'> {
  start: number
  stop: number | null
  flavor: string | null
}

type SegmentQuery = Period & { project?: string; user?: string; instance?: string }

const segmentColumns = 'instance, start, stop, state, flavor, host, project, user, provenance'

export function usageJournal(db: Database, clock: Clock): UsageJournal {
  const flavorOf = flavorReader()

  function parityInstances(
    scope: Scope,
    filter: { from: number; to: number; project?: string; user?: string },
  ): (ParityInstance & { user: string | null; host: string | null })[] {
    const where = allOf([
      inScope(scope, 'project'),
      {
        sql: `launched_at IS NOT NULL AND launched_at < ? AND project IS NOT NULL
          AND (terminated_at > ? OR (terminated_at IS NULL AND (kept_terminated_at IS NULL OR kept_terminated_at > ?)))`,
        values: [filter.to, filter.from - 1000, filter.from - 1000],
      },
      equals('project', filter.project),
      equals('user', filter.user),
    ])
    return db
      .all<{
        id: string
        name: string | null
        project: string
        user: string | null
        host: string | null
        flavor: string | null
        state: string | null
        launched_at: number
        terminated_at: number | null
      }>(
        `SELECT id, name, project, user, host, flavor, state, launched_at, coalesce(terminated_at, kept_terminated_at) AS terminated_at
         FROM instance WHERE ${where.sql}`,
        ...where.values,
      )
      .map((row) => ({ ...row, flavor: flavorOf(row.flavor), launchedAt: row.launched_at, terminatedAt: row.terminated_at }))
  }

  function* segmentsWithin(scope: Scope, query: SegmentQuery): Generator<Segment & { to: number }> {
    const end = Math.min(query.to, clock.now())
    const where = allOf([
      inScope(scope, 'project'),
      { sql: 'start < ? AND (stop IS NULL OR stop > ?)', values: [end, query.from] },
      equals('project', query.project),
      equals('user', query.user),
      equals('instance', query.instance),
    ])
    const rows = db.iterate<SegmentRow>(
      `SELECT ${segmentColumns} FROM segment WHERE ${where.sql} ORDER BY project, instance, start`,
      ...where.values,
    )
    for (const row of rows) {
      const from = Math.max(row.start, query.from)
      const to = Math.min(row.stop ?? end, end)
      if (to > from && isCounted(row)) yield { ...toSegment(row), from, to }
    }
  }

  function* ledgerPortions(scope: Scope, query: UsageQuery): Generator<Portion> {
    for (const segment of segmentsWithin(scope, query))
      yield { ...segment, seconds: (segment.to - segment.from) / 1000, running: segment.state === 'running' }
  }

  const toSegment = ({ start, stop, flavor, ...rest }: SegmentRow): Segment => ({
    ...rest,
    from: start,
    to: stop,
    flavor: flavorOf(flavor),
  })

  function* parityPortions(scope: Scope, query: UsageQuery): Generator<Portion> {
    const now = clock.now()
    for (const instance of parityInstances(scope, query)) {
      if (!inWindow(instance, query.from, query.to)) continue
      const seconds = parityHours(instance, query.from, query.to, now) * 3600
      yield {
        instance: instance.id,
        project: instance.project,
        user: instance.user,
        host: instance.host,
        flavor: instance.flavor,
        seconds,
        running: instance.state === 'active',
      }
    }
  }

  function namesOf(by: UsageBy, keys: readonly string[]): Map<string, string> {
    if (by === 'flavor' || by === 'host') return new Map(keys.map((key) => [key, key]))
    const sql =
      by === 'instance'
        ? 'SELECT id, name FROM instance WHERE name IS NOT NULL AND id IN (SELECT value FROM json_each(?))'
        : `SELECT id, name FROM named WHERE kind = '${by}' AND id IN (SELECT value FROM json_each(?))`
    return new Map(db.all<{ id: string; name: string }>(sql, JSON.stringify(keys)).map(({ id, name }) => [id, name]))
  }

  return {
    async usage(scope, query) {
      const rows = addUsage(query.view === 'ledger' ? ledgerPortions(scope, query) : parityPortions(scope, query), query.by)
      const names = namesOf(
        query.by,
        rows.map(({ key }) => key),
      )
      return rows.map((row): UsageRow => ({ ...row, name: names.get(row.key) ?? null }))
    },

    async parity(scope, query) {
      return tenantUsages(parityInstances(scope, query), query.from, query.to, clock.now())
    },

    async segments(scope, instance) {
      const where = allOf([inScope(scope, 'project'), equals('instance', instance)])
      return db
        .all<SegmentRow>(`SELECT ${segmentColumns} FROM segment WHERE ${where.sql} ORDER BY start`, ...where.values)
        .map(toSegment)
    },

    segmentsWithin,

    async differences(scope, query) {
      return differencesWithin(db, flavorOf, scope, query, clock.now(), segmentsWithin(scope, wholeSeconds(query)))
    },
    async discrepancies(scope, query) {
      return discrepanciesWithin(db, scope, query)
    },
    async overdue(now) {
      return overdueAt(db, now)
    },
  }
}
