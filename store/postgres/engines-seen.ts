/** The engines that share a journal, as it knows them. */
import type { EngineSeen } from '../../model/alert-cluster.ts'
import type { Postgres } from './connect.ts'

/** An engine as its fellows see it. */
export interface LivingEngine extends EngineSeen {
  /** A fingerprint of what it knows, for each slot; null: it is of an older Specola and does not say. */
  digests: readonly string[] | null
}

/** Engines of the last day, by name. */
export const enginesSeen = async (postgres: Pick<Postgres, 'query'>, leaseMs: number): Promise<EngineSeen[]> =>
  (await engineRows(postgres, leaseMs)).map(({ digests: _, ...engine }) => engine)

export async function engineRows({ query }: Pick<Postgres, 'query'>, leaseMs: number): Promise<LivingEngine[]> {
  const rows = await query<{
    id: string
    name: string
    known: number
    alone: number
    slots: number
    silent: number
    digests: string
  }>(
    `SELECT id::text, name, known, digests, (SELECT count(*) FROM lease WHERE owner = engine.id) AS slots,
       (SELECT count(*) FROM stray WHERE stray.engine = engine.id) AS alone,
       (extract(epoch FROM clock_timestamp() - seen) * 1000)::bigint AS silent
     FROM engine WHERE seen > clock_timestamp() - interval '1 day' ORDER BY name, started`,
  )
  return rows.map(({ silent, digests, ...engine }) => ({
    ...{ ...engine, silentMs: silent, alive: silent < leaseMs, digests: digests === '' ? null : JSON.parse(digests) },
  }))
}
