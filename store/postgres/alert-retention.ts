/** Old history of alerts goes, by one engine: the one that owns the first share. */
import { type AlertRetentionDeps, retireAlerts } from '../alert-retention.ts'
import { numbered } from './conditions.ts'
import type { Postgres, Query } from './connect.ts'
import type { Membership } from './membership.ts'

/** Engines that were not seen for so long are forgotten, with what they had written last. */
const forgotten = `interval '30 days'`

const deps = ({ query, transaction }: Pick<Postgres, 'query' | 'transaction'>, own: Membership): AlertRetentionDeps => ({
  all: ({ sql, values }) => query(numbered(sql), values),
  among: (column) => `${column} = ANY(?)`,
  step: (statements, at) =>
    transaction(async (inside) => {
      if (!(await owned(inside, own))) return null
      let removed = 0
      for (const { sql, values } of statements) removed += (await counted(inside, numbered(sql), values)) ?? 0
      if (removed > 0)
        await inside(
          `INSERT INTO retired (what, count, at) VALUES ('alerts', $1, $2)
           ON CONFLICT (what) DO UPDATE SET count = retired.count + excluded.count, at = excluded.at`,
          [removed, at],
        )
      return removed
    }),
})

/** It stays so until the end of the transaction. */
const owned = async (query: Query, { id }: Membership): Promise<boolean> =>
  (await query('SELECT 1 FROM lease WHERE slot = 0 AND owner = $1 FOR SHARE', [id])).length > 0

async function counted(query: Query, sql: string, values: readonly unknown[]): Promise<number> {
  const [row] = await query<{ n: number }>(`WITH gone AS (${sql} RETURNING 1) SELECT count(*) AS n FROM gone`, values)
  return row?.n ?? 0
}

/** As in SQLite; nothing where another engine does it. */
export async function* retireSharedAlerts(
  postgres: Pick<Postgres, 'query' | 'transaction'>,
  own: Membership,
  before: number,
  now: () => number,
): AsyncGenerator<number> {
  if (!own.owned.has(0)) return
  yield* retireAlerts(deps(postgres, own), before, now)
  await postgres.query(`DELETE FROM engine WHERE seen < clock_timestamp() - ${forgotten}`)
  await postgres.query(
    `DELETE FROM written WHERE at < clock_timestamp() - ${forgotten} AND NOT EXISTS (SELECT 1 FROM engine WHERE id = written.engine)`,
  )
}
