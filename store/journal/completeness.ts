/** Evidence for and against completeness, read from the journal; what it means is decided in model/completeness.ts. */
import type { Scope } from '../../model/access.ts'
import { dayMs, hourMs } from '../../model/audit-period.ts'
import type { Clock } from '../../model/clock.ts'
import { type Evidence, gapsOf, type HostAudits, historyMs, type Speaker } from '../../model/completeness.ts'
import type { Absence, CompletenessJournal, Gap, HeardHour, Period } from '../../model/contract.ts'
import { longestDuration } from '../../model/longest-duration.ts'
import type { Stay } from '../../model/stays.ts'
import type { Database } from './database.ts'
import { inScope } from './scope.ts'

/** What was found is good for this long: pages of a month ask for the same again and again. */
const freshMs = 60_000
const remembered = 50

export function completenessJournal(db: Database, clock: Clock): CompletenessJournal {
  const found = new Map<string, { at: number; gaps: Gap[] }>()

  const hours = ({ from, to }: Period, step: number) =>
    db.all<HeardHour>(
      `SELECT service, host, CAST(hour / ?3 AS INTEGER) * ?3 AS hour, sum(messages) AS messages FROM heard
       WHERE hour > ?1 - ${hourMs} AND hour < ?2 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
      from,
      to,
      step,
    )

  /** One row a speaker: hundreds of hosts times a month of hours are too many rows to make objects of. */
  const speakers = ({ from, to }: Period): Speaker[] =>
    db
      .all<{ service: string; host: string; hours: string }>(
        'SELECT service, host, json_group_array(hour) AS hours FROM heard WHERE hour > ? AND hour < ? GROUP BY service, host',
        from - hourMs,
        to,
      )
      .map(({ service, host, hours: list }) => ({ service, host, hours: JSON.parse(list) as number[] }))

  /** Any number of lengths: one range of the primary key for each. */
  const audits = ({ from, to }: Period): HostAudits[] =>
    db
      .all<{ host: string; length: number; starts: string; counts: string }>(
        `SELECT a.host, a.length, json_group_array(a.start) AS starts, json_group_array(max(a.legacy, a.versioned)) AS counts
         FROM (SELECT DISTINCT length FROM audited) l JOIN audited a ON a.length = l.length AND a.start >= ?1 - 3 * l.length AND a.start < ?2
         GROUP BY a.host, a.length`,
        from,
        to,
      )
      .map(({ host, length, starts, counts }) => {
        const instances = JSON.parse(counts) as number[]
        return {
          host,
          length,
          readings: new Map((JSON.parse(starts) as number[]).map((start, n) => [start, instances[n] as number])),
        }
      })

  /** Only hosts of which something is expected, only states that Nova's audit tells of. */
  function stays({ from, to }: Period): Stay[] {
    return db.all<Stay>(
      `SELECT host, instance, start AS "from", stop AS "to" FROM segment
       WHERE start < ? AND (stop IS NULL OR stop > ?) AND host IS NOT NULL AND state NOT IN ('building', 'error', 'deleted')`,
      to,
      from,
    )
  }

  function lostEnds(scope: Scope, { from, to }: Period): Evidence['lostEnds'] {
    const its = inScope(scope, 'project')
    return db.all(
      `SELECT host, terminated_at AS "from",
         (SELECT min(time) FROM event WHERE resource_id = instance.id AND type = 'instance.absent' AND time >= terminated_at) AS "to"
       FROM instance WHERE terminated_at >= ? AND terminated_at < ? AND fold ->> 'inferredEnd' AND ${its.sql}`,
      from - 31 * dayMs,
      to,
      ...its.values,
    )
  }

  function overdue(scope: Scope, { from, to }: Period, now: number): Evidence['overdue'] {
    const its = inScope(scope, 's.project')
    return db.all(
      `SELECT s.service, s.type, s.host, s.time AS "from",
         (SELECT min(n.time) FROM event n WHERE n.resource_id = s.resource_id AND n.time > s.time AND n.phase IS NOT 'start'
            AND n.request IS NOT s.request AND n.type NOT IN ('instance.absent')) AS "to"
       FROM event s JOIN json_each(?1) longest ON longest.key = s.type
       WHERE s.phase = 'start' AND s.time >= ?2 - longest.value AND s.time < ?3 AND s.time + longest.value < ?4 AND s.hidden = 0
         AND s.resource_id IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM event e WHERE e.resource_id = s.resource_id AND e.time >= s.time - 5000
           AND ((e.type = s.type AND e.phase IS NOT 'start' AND (e.request IS s.request OR e.request IS NULL OR s.request IS NULL))
             OR (e.type IN ('compute.exception', 'instance.live_migration_rollback', 'instance.delete') AND e.phase IS NOT 'start')))
         AND ${its.sql}`,
      JSON.stringify(longestDuration),
      from,
      to,
      now,
      ...its.values,
    )
  }

  function gapsNow(scope: Scope, period: Period): Gap[] {
    const now = clock.now()
    const until = Math.min(period.to, now)
    const wide = { from: period.from - historyMs, to: until }
    const heard = speakers(wide)
    const readings = audits({ from: period.from, to: until })
    const evidence: Evidence = {
      now,
      listening: db.all('SELECT source, exchange, since, seen_at AS "seenAt" FROM listening'),
      absences: db
        .all<Omit<Absence, 'lost'> & { lost: number }>(
          'SELECT source, exchange, start AS "from", stop AS "to", cause, lost FROM absence WHERE stop > ? AND start < ?',
          wide.from,
          until,
        )
        .map((absence) => ({ ...absence, lost: absence.lost === 1 })),
      heard,
      firstHeard: db.get<{ hour: number | null }>('SELECT min(hour) AS hour FROM heard')?.hour ?? null,
      lastHeard: db.get<{ hour: number | null }>('SELECT max(hour) AS hour FROM heard')?.hour ?? null,
      audits: readings,
      notAudited: db.all(
        'SELECT host, start AS "from", stop AS "to" FROM audit_missed WHERE start < ? AND stop > ?',
        until,
        period.from,
      ),
      stays: stays({ from: wide.from, to: until }),
      unread: db.all(
        `SELECT service, CAST(time / ${hourMs} AS INTEGER) * ${hourMs} AS hour, sum(messages) AS messages FROM unread
         WHERE time >= ? AND time < ? GROUP BY 1, 2`,
        period.from,
        until,
      ),
      lostEnds: lostEnds(scope, period),
      overdue: overdue(scope, period, now),
      listedAt: db.get<{ read_at: number }>('SELECT read_at FROM listing')?.read_at ?? null,
    }
    return gapsOf(period, evidence)
  }

  return {
    async hours(period, step = hourMs) {
      return hours(period, step)
    },

    async gaps(scope, period) {
      const now = clock.now()
      // an end that moves with the clock asks for the same thing within the minute
      const to = period.to >= now ? 'now' : period.to
      const key = JSON.stringify([scope.projects, period.from, to])
      const known = found.get(key)
      if (known && now - known.at < freshMs && now >= known.at) return known.gaps
      const gaps = gapsNow(scope, period)
      if (found.size >= remembered) found.clear()
      found.set(key, { at: now, gaps })
      return gaps
    },
  }
}
