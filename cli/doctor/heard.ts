/** What the journal heard on the bus of late. */
import type { Database } from '../../store/journal/database.ts'

export interface HeardType {
  service: string
  format: string
  type: string
  count: number
  /** Told in the other format too. */
  twins: number
  last: number
}

export interface Heard {
  /** First and newest bus notification of all, epoch ms. */
  first: number | null
  newest: number | null
  /** Since `from`. */
  from: number
  types: readonly HeardType[]
  /** Updates that tell of a change of state or task. */
  stateChanges: number
  /** Periods of Nova's audit, as its `exists` tell them, newest first: length in ms and how many. */
  audits: readonly { length: number; count: number; last: number }[]
  /** Instance events that list volumes. */
  withVolumes: number
  /** Keystone's events in the auditing standard, and others. */
  cadf: number
  basic: number
}

export function heardSince(db: Database, from: number): Heard {
  const one = (sql: string, ...values: number[]) => db.get<{ n: number | null }>(sql, ...values)?.n ?? 0
  const bus = `FROM event WHERE hidden = 0 AND format <> 'native'`
  const recent = `${bus} AND time >= ?`
  return {
    from,
    first: db.get<{ t: number | null }>(`SELECT time AS t ${bus} ORDER BY time LIMIT 1`)?.t ?? null,
    newest: db.get<{ t: number | null }>(`SELECT time AS t ${bus} ORDER BY time DESC LIMIT 1`)?.t ?? null,
    types: db.all<HeardType>(
      `SELECT service, format, type, count(*) AS count, sum(twin IS NOT NULL) AS twins, max(time) AS last ${recent} GROUP BY 1, 2, 3`,
      from,
    ),
    stateChanges: one(
      `SELECT count(*) AS n ${recent} AND type = 'instance.update'
         AND (json_extract(body, '$.instance.oldState') IS NOT NULL OR json_extract(body, '$.instance.newTaskState') IS NOT NULL)`,
      from,
    ),
    audits: db.all<{ length: number; count: number; last: number }>(
      // just before a rebuild and the like an exists of the period so far is sent: that one is no audit; periods are whole hours
      `SELECT json_extract(body, '$.instance.auditPeriod.to') - json_extract(body, '$.instance.auditPeriod.from') AS length,
         count(*) AS count, max(time) AS last ${recent} AND type = 'instance.exists'
         AND json_extract(body, '$.instance.auditPeriod.to') <= time
         AND (json_extract(body, '$.instance.auditPeriod.to') - json_extract(body, '$.instance.auditPeriod.from')) % 3600000 = 0 GROUP BY 1 ORDER BY last DESC`,
      from,
    ),
    withVolumes: one(
      `SELECT count(*) AS n ${recent} AND service = 'nova' AND json_array_length(body, '$.instance.volumes') > 0`,
      from,
    ),
    cadf: one(
      `SELECT count(*) AS n ${recent} AND service = 'keystone' AND json_extract(body, '$.facts.eventType') IS NOT NULL`,
      from,
    ),
    basic: one(
      `SELECT count(*) AS n ${recent} AND service = 'keystone' AND json_extract(body, '$.facts.eventType') IS NULL`,
      from,
    ),
  }
}
