/** The schema in PostgreSQL, step by step. A step that was released is never edited: add another. */
import { AppError } from '../../model/contract.ts'
import { alertsSchema } from './alerts.schema.ts'
import { causesSchema } from './causes.schema.ts'
import type { Postgres } from './connect.ts'
import { onCallSchema } from './on-call.schema.ts'
import { peopleSchema } from './people.schema.ts'
import { retentionSchema } from './retention.schema.ts'
import { straysSchema } from './strays.schema.ts'

export const migrations: readonly { name: string; sql: string }[] = [
  { name: '0001-alerts', sql: alertsSchema },
  { name: '0002-people', sql: peopleSchema },
  { name: '0003-causes', sql: causesSchema },
  { name: '0004-on-call', sql: onCallSchema },
  { name: '0005-strays-and-retention', sql: `${straysSchema}${retentionSchema}` },
]

/** Any number that nobody else takes an advisory lock on in this database. */
const lock = 7_357_320

/** Brings the database to the newest schema; of engines that start together one does it and the others wait. */
export async function migrate(postgres: Postgres): Promise<void> {
  await postgres.transaction(async (query) => {
    await query('SELECT pg_advisory_xact_lock($1)', [lock])
    const [{ encoding } = { encoding: '' }] = await query<{ encoding: string }>(
      `SELECT current_setting('server_encoding') AS encoding`,
    )
    if (encoding !== 'UTF8')
      throw new AppError('config', `the database is encoded in ${encoding}: Specola needs one made with ENCODING 'UTF8'`)
    await query(
      'CREATE TABLE IF NOT EXISTS specola_migration (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())',
    )
    const applied = new Set((await query<{ name: string }>('SELECT name FROM specola_migration')).map(({ name }) => name))
    const known = new Set(migrations.map(({ name }) => name))
    const newer = [...applied].find((name) => !known.has(name))
    if (newer) throw new AppError('config', `the database is of a newer Specola (it has ${newer}): bring this one up to date too`)
    for (const { name, sql } of migrations) {
      if (applied.has(name)) continue
      await query(sql)
      await query('INSERT INTO specola_migration (name) VALUES ($1)', [name])
    }
  })
}
