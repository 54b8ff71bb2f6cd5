/** What an engine decided, written to PostgreSQL: only what it still owns, and each batch once, however often it is tried. */
import type { StoredDowntime } from '../../model/downtime.ts'
import type { AlertBatch, AlertWriter } from '../../model/tracked-check.ts'
import { type CheckRow, checkColumns, toStoredCheck } from '../journal/alert-rows.ts'
import { type DowntimeRow, toDowntime } from '../journal/downtimes.ts'
import { acknowledgedRow, allowed, checkRow, heldRow, newestOf, queuedRow, transitionRow } from './batch-rows.ts'
import { numbered, rowsParameter, storable } from './conditions.ts'
import type { Postgres, Query } from './connect.ts'
import { type Fences, fenced } from './fences.ts'
import type { Membership } from './membership.ts'
import { notify } from './notices.ts'
import { insertNotifications } from './notification-rows.ts'

interface Stamp extends Fences {
  /** Of this engine's batches. */
  number: number
  /** Of the first try that got so far. */
  refused: readonly string[]
}

type Writing = Pick<AlertWriter, 'stored' | 'openDowntimes' | 'commit' | 'decided'>

/** Rows of one statement: far from the time that a statement may take, on a busy server too. */
const atOnce = 2000

const columns = [...checkColumns, 'slot']
const upsertChecks = `INSERT INTO check_state (${columns.join(', ')})
  SELECT ${columns.join(', ')} FROM jsonb_populate_recordset(NULL::check_state, $1)
  ON CONFLICT (id) DO UPDATE SET ${columns
    .filter((column) => column !== 'id' && column !== 'created_at')
    .map((column) => `${column} = excluded.${column}`)
    .join(', ')}, changed = pg_current_xact_id()`
const insertTransitions = `INSERT INTO transition
    (check_id, rule, target_kind, target_id, target_name, project, time, from_state, to_state, hard, attempt, output)
  SELECT check_id, rule, target_kind, target_id, target_name, project, time, from_state, to_state, hard, attempt, output
  FROM jsonb_to_recordset($1) AS t (n int, check_id text, rule text, target_kind text, target_id text, target_name text,
    project text, time bigint, from_state text, to_state text, hard smallint, attempt int, output text) ORDER BY n`
const insertAcknowledged = `INSERT INTO acknowledged (check_id, time, author, project)
  SELECT check_id, time, author, project FROM jsonb_to_recordset($1)
    AS t (check_id text, time bigint, author text, project text) ON CONFLICT DO NOTHING`
/** Begun or ended by whoever writes it first. */
const upsertDowntime = numbered(`INSERT INTO downtime
    (id, subject, fixed, starts, ends, duration, triggered_by, author, comment, active, since, ended_at, outcome)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET active = excluded.active, since = excluded.since, ended_at = excluded.ended_at,
    outcome = excluded.outcome
  WHERE downtime.ended_at IS NULL
    AND (downtime.active, downtime.ended_at) IS DISTINCT FROM (excluded.active, excluded.ended_at)
  RETURNING id`)

export function alertWriter(postgres: Postgres, member: Membership): Writing {
  const stamps = new WeakMap<AlertBatch, Stamp>()
  let last = 0
  const stamp = (batch: AlertBatch): Stamp => {
    const made = { number: ++last, slots: new Map(member.owned), strays: member.strays, refused: [] }
    stamps.set(batch, made)
    return made
  }
  return {
    async stored() {
      return (await postgres.query<CheckRow>('SELECT * FROM check_state')).map(toStoredCheck)
    },

    async openDowntimes() {
      return openDowntimes(postgres.query)
    },

    decided: (batch) => void stamp(batch),

    async commit(batch) {
      const stamped = stamps.get(batch) ?? stamp(batch)
      return postgres.transaction(async (query) => {
        if (!(await isNew(query, member.id, stamped.number))) return stamped.refused
        const { may, refused, lost } = await fenced(query, member.id, batch, stamped)
        stamped.refused = refused
        const held = (slot: number) => stamped.slots.has(slot) && member.owned.get(slot) === stamped.slots.get(slot)
        member.lose(lost.slots.filter(held))
        for (const key of lost.strays) member.lostStrays.add(key)
        await write(query, allowed(batch, may))
        await notify(query)
        return refused
      })
    },
  }
}

export const openDowntimes = async (query: Query): Promise<StoredDowntime[]> =>
  (await query<DowntimeRow>('SELECT * FROM downtime WHERE ended_at IS NULL ORDER BY starts, id')).map(toDowntime)

/** False when this batch was written already: the answer of the first try was lost. */
async function isNew(query: Query, engine: string, number: number): Promise<boolean> {
  const rows = await query(
    `INSERT INTO written (engine, batch, at) VALUES ($1, $2, clock_timestamp())
     ON CONFLICT (engine) DO UPDATE SET batch = excluded.batch, at = excluded.at WHERE written.batch < excluded.batch
     RETURNING 1`,
    [engine, number],
  )
  return rows.length > 0
}

async function write(query: Query, batch: AlertBatch): Promise<void> {
  const rows = async (sql: string, values: readonly object[]) => {
    for (let from = 0; from < values.length; from += atOnce) await query(sql, [rowsParameter(values.slice(from, from + atOnce))])
  }
  const checks = newestOf(batch.checks)
  await rows(upsertChecks, checks.map(checkRow))
  await rows(insertTransitions, batch.transitions.map(transitionRow))
  await rows(insertAcknowledged, checks.flatMap(acknowledgedRow))
  const turned = new Set<string>()
  for (const one of batch.downtimes) if (await keepDowntime(query, one)) turned.add(one.id)
  const told = batch.notifications.filter(({ downtime }) => downtime === undefined || turned.has(downtime))
  await rows(insertNotifications, told.map(queuedRow))
  await rows(insertNotifications, batch.held.map(heldRow))
  for (const { check, time, author, text } of batch.comments)
    await query('INSERT INTO comment (check_id, time, author, text) VALUES ($1, $2, $3, $4)', [
      ...[check, time, storable(author), storable(text)],
    ])
  if (batch.removed.length > 0) await query('DELETE FROM check_state WHERE id = ANY($1)', [batch.removed])
  if (batch.orders?.length) await query('DELETE FROM check_order WHERE id = ANY($1)', [batch.orders])
}

async function keepDowntime(query: Query, one: StoredDowntime): Promise<boolean> {
  const active = Number(one.active && one.endedAt === null)
  const rows = await query(upsertDowntime, [
    ...[one.id, one.subject, Number(one.fixed), one.start, one.end, one.durationMs, one.triggeredBy, storable(one.author)],
    ...[storable(one.comment), active, one.since, one.endedAt, one.outcome],
  ])
  return rows.length > 0
}
