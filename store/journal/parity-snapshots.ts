/** Nova's figures of each month as they were night by night. Rows are added and never changed. */
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { Scope } from '../../model/access.ts'
import type { Clock } from '../../model/clock.ts'
import type { Night, ParitySnapshots } from '../../model/contract.ts'
import type { Json } from '../../model/event.ts'
import type { Launch } from '../../model/launches.ts'
import { tenantUsages } from '../../model/parity.ts'
import { asOf } from '../../model/parity-history.ts'
import type { StateClass } from '../../model/usage.ts'
import type { Database } from './database.ts'
import { flavorReader } from './flavors.ts'
import { allOf, equals, inScope } from './scope.ts'

export function paritySnapshots(db: Database, clock: Pick<Clock, 'now'>): ParitySnapshots {
  const flavorOf = flavorReader()

  /** What Nova would have answered when the night's period ended. */
  function figures({ from, to }: Night): Json[] {
    const rows = db.iterate<{
      id: string
      name: string | null
      project: string
      state: string | null
      updated_at: number
      ended: number | null
      launches: string
      flavor_then: string | null
      state_then: StateClass | null
    }>(
      `SELECT i.id, i.name, i.project, i.state, i.updated_at, coalesce(i.terminated_at, i.kept_terminated_at) AS ended,
         i.fold ->> '$.launches' AS launches, s.flavor AS flavor_then, s.state AS state_then
       FROM instance i
       LEFT JOIN segment s ON s.instance = i.id
         AND s.start = (SELECT max(start) FROM segment WHERE instance = i.id AND start < ?1)
       WHERE i.fold IS NOT NULL AND i.project IS NOT NULL AND (i.created_at IS NULL OR i.created_at < ?1)
         AND (i.terminated_at IS NULL OR i.terminated_at > ?2)`,
      to,
      from - 1000,
    )
    return tenantUsages([...rows].flatMap(remembered), from, to, to)

    function remembered(row: typeof rows extends IterableIterator<infer R> ? R : never) {
      const then = row.state_then === null ? null : { flavor: flavorOf(row.flavor_then), state: row.state_then }
      const launches = JSON.parse(row.launches) as Launch[]
      return asOf({ ...row, launches, terminatedAt: row.ended, toldAt: row.updated_at, then }, to) ?? []
    }
  }

  return {
    async take(night, zone) {
      return db.transaction(() => {
        const { day, from, to } = night
        // nothing was heard of that time: no figure is better than none used
        if (!db.get('SELECT 1 FROM event WHERE hidden = 0 AND time < ? LIMIT 1', to)) return false
        const { changes } = db.run(
          'INSERT INTO parity_night (day, period_from, period_to, taken_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
          ...[day, from, to, clock.now()],
        )
        if (changes === 0) return false
        for (const usage of figures(night))
          db.run(
            'INSERT INTO parity_snapshot (day, project, period_from, period_to, zone, taken_at, body) VALUES (?, ?, ?, ?, ?, ?, ?)',
            ...[day, (usage as { tenant_id: string }).tenant_id, from, to, zone, clock.now()],
            zstdCompressSync(JSON.stringify(usage)),
          )
        return true
      })
    },

    async last() {
      return db.get<{ day: string | null }>('SELECT max(day) AS day FROM parity_night')?.day ?? null
    },

    async read(scope: Scope, { day, project }) {
      const night = db.get<{ day: string; period_from: number; period_to: number; taken_at: number }>(
        'SELECT day, period_from, period_to, taken_at FROM parity_night WHERE day <= ? ORDER BY day DESC LIMIT 1',
        day,
      )
      if (!night) return null
      const where = allOf([equals('day', night.day), inScope(scope, 'project'), equals('project', project)])
      const usages = db
        .all<{ body: Uint8Array }>(`SELECT body FROM parity_snapshot WHERE ${where.sql} ORDER BY project`, ...where.values)
        .map(({ body }) => JSON.parse(zstdDecompressSync(body).toString('utf8')) as Json)
      return { night: { day: night.day, from: night.period_from, to: night.period_to }, takenAt: night.taken_at, usages }
    },
  }
}
