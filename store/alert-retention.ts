/**
 * Removes old history of alerts, in words that SQLite and PostgreSQL both understand: who was told, what changed, who took it, planned
 * downtimes, comments, stand-ins. What is still needed stays, however old: all of a problem that is open, what waits to be
 * delivered, an acknowledgement that holds, a downtime that runs; and of each check the states that held at the cut, so that
 * everything that is asked of the time since is answered as before.
 */

export interface Statement {
  sql: string
  /** `?` in order. A list stands for `?` in `among`. */
  values: readonly (string | number | readonly number[])[]
}

export interface AlertRetentionDeps {
  all<T extends object>(statement: Statement): Promise<T[]>
  /** One short transaction; returns how many rows its statements removed. Null: another engine does it. */
  step(statements: readonly Statement[], at: number): Promise<number | null>
  /** `column is one of the list ?`. */
  among(column: string): string
}

/** Rows of a step: each costs some lookups and its indexes. */
const atOnce = 100

/** A hard recovery of the same check; `$` stands for the row that is older. */
const recoveredSince = (since: string) => `EXISTS (SELECT 1 FROM transition l WHERE l.check_id = $.check_id AND l.hard = 1
  AND l.to_state = 'ok' AND ${since})`
/** It is about a problem that is there now. */
const ofOpenProblem = (since: string) => `EXISTS (SELECT 1 FROM check_state c WHERE c.id = $.check_id AND c.state <> 'ok')
  AND NOT ${recoveredSince(since)}`

/** Not the newest row of a table: SQLite would give its number again. */
const notNewest = (table: string, id: string) => `${id} < (SELECT max(${id}) FROM ${table})`

/** Three values: the cut, each time. The newest before the cut, of hard states and of recoveries too, say what held then. */
const later = (more: string) =>
  `EXISTS (SELECT 1 FROM transition l WHERE l.check_id = transition.check_id AND l.seq > transition.seq AND l.time < ?${more})`
const spentTransition = `(
    (${later('')} AND (hard = 0 OR ${later(' AND l.hard = 1')})
      AND (hard = 0 OR to_state <> 'ok' OR ${later(` AND l.hard = 1 AND l.to_state = 'ok'`)}))
    OR (NOT EXISTS (SELECT 1 FROM check_state c WHERE c.id = transition.check_id)
      AND NOT EXISTS (SELECT 1 FROM transition l WHERE l.check_id = transition.check_id AND l.time >= ?))
  ) AND NOT (${ofOpenProblem('l.seq > transition.seq').replaceAll('$', 'transition')})`

const spentNotification = `outcome <> 'waiting'
  AND NOT EXISTS (SELECT 1 FROM notification w WHERE w.check_id = notification.check_id AND w.outcome = 'waiting')
  AND NOT (${ofOpenProblem('l.time >= coalesce(notification.decided_at, notification.time)').replaceAll('$', 'notification')})`

const spentComment = `NOT EXISTS (SELECT 1 FROM check_state c WHERE c.id = comment.check_id AND (c.state <> 'ok' OR c.ack_author IS NOT NULL))`

const spentAcknowledgement = `NOT EXISTS (SELECT 1 FROM check_state c WHERE c.id = acknowledged.check_id AND c.ack_time = acknowledged.time)
  AND NOT (${ofOpenProblem('l.time >= acknowledged.time').replaceAll('$', 'acknowledged')})`

/**
 * Everything older than `before` (epoch ms) that nothing needs. Yields how much each step removed; other work may go on between two
 * steps, and a kill leaves nothing half done.
 */
export async function* retireAlerts(deps: AlertRetentionDeps, before: number, now: () => number): AsyncGenerator<number> {
  const { among } = deps
  const byTime: Walk[] = [
    {
      table: 'notification',
      id: 'id',
      remove: (ids) => {
        const going = `${among('id')} AND ${spentNotification} AND ${notNewest('notification', 'id')}`
        return [
          { sql: `DELETE FROM delivery_turn WHERE notification IN (SELECT id FROM notification WHERE ${going})`, values: [ids] },
          { sql: `DELETE FROM notification WHERE ${going}`, values: [ids] },
        ]
      },
    },
    {
      table: 'transition',
      id: 'seq',
      remove: (ids) => [
        {
          sql: `DELETE FROM transition WHERE ${among('seq')} AND ${notNewest('transition', 'seq')} AND ${spentTransition}`,
          values: [ids, before, before, before, before],
        },
      ],
    },
    {
      table: 'comment',
      id: 'id',
      remove: (ids) => [
        { sql: `DELETE FROM comment WHERE ${among('id')} AND ${notNewest('comment', 'id')} AND ${spentComment}`, values: [ids] },
      ],
    },
    {
      table: 'rota_override',
      id: 'seq',
      remove: (ids) => [
        {
          sql: `DELETE FROM rota_override WHERE ${among('seq')} AND ${notNewest('rota_override', 'seq')}`,
          values: [ids],
        },
      ],
    },
  ]
  for (const walk of byTime) yield* walked(deps, walk, before, now)
  const day = new Date(before).toISOString().slice(0, 10)
  const few: Statement[] = [
    { sql: `DELETE FROM acknowledged WHERE time < ? AND ${spentAcknowledgement}`, values: [before] },
    { sql: 'DELETE FROM downtime WHERE ended_at < ?', values: [before] },
    { sql: 'DELETE FROM rota_feed WHERE revoked_at < ?', values: [before] },
    { sql: 'DELETE FROM used_link WHERE expires < ?', values: [before] },
    { sql: `DELETE FROM mailed_fatigue WHERE week < ? AND state <> 'waiting'`, values: [day] },
  ]
  for (const statement of few) yield (await deps.step([statement], now())) ?? 0
}

interface Walk {
  table: 'notification' | 'transition' | 'comment' | 'rota_override'
  id: 'id' | 'seq'
  remove(ids: readonly number[]): Statement[]
}

const timeOf = { notification: 'time', transition: 'time', comment: 'time', rota_override: 'ends' } as const

/** From the oldest on: what stays is met once. */
async function* walked(
  { all, step }: AlertRetentionDeps,
  { table, id, remove }: Walk,
  before: number,
  now: () => number,
): AsyncGenerator<number> {
  let [time, last] = [Number.MIN_SAFE_INTEGER, 0]
  const at = timeOf[table]
  for (;;) {
    const rows = await all<{ id: number; time: number }>({
      sql: `SELECT ${id} AS id, ${at} AS time FROM ${table} WHERE ${at} < ? AND (${at}, ${id}) > (?, ?) ORDER BY ${at}, ${id} LIMIT ${atOnce}`,
      values: [before, time, last],
    })
    const end = rows.at(-1)
    if (!end) return
    const removed = await step(remove(rows.map((row) => row.id)), now())
    if (removed === null) return
    yield removed
    time = end.time
    last = end.id
  }
}
