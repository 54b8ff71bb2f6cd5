/** The only place that knows which kinds of store there are. */
import { join } from 'node:path'
import { z } from 'zod'
import { bytes, duration, secret } from '../config/fields.ts'
import type { Clock } from '../model/clock.ts'
import type { Logger } from '../model/contract.ts'
import type { SampleStore } from '../model/sample.ts'

const retentionSection = z
  .strictObject({
    /** Every sample as it came. */
    raw: duration.prefault('14d'),
    /** Roll-ups of five minutes. */
    '5m': duration.prefault('90d'),
    /** Roll-ups of an hour. */
    '1h': duration.prefault('1095d'),
  })
  .prefault({})

const duckdbSection = z.strictObject({
  kind: z.literal('duckdb'),
  /** What DuckDB may use; the process as a whole takes about 150 MiB more. */
  memory: bytes.prefault('512MiB'),
  threads: z.int().min(1).max(64).prefault(2),
  retention: retentionSection,
  /** Below this much room on the disk nothing is written. */
  freeSpace: bytes.prefault('256MiB'),
})

const httpUrl = z
  .url({ protocol: /^https?$/, error: 'not an http(s) URL' })
  .refine((url) => !URL.canParse(url) || (new URL(url).username === '' && new URL(url).password === ''), {
    error: 'credentials do not belong in the URL: use username and password',
  })

const influx1Section = z.strictObject({
  kind: z.literal('influx1'),
  url: httpUrl,
  database: z.string().min(1).prefault('specola'),
  retentionPolicy: z.string().min(1).prefault('raw'),
  username: z.string().optional(),
  password: secret.optional(),
  retention: duration.prefault('90d'),
  timeout: duration.prefault('10s'),
})

/** `store:` of the configuration; absent = embedded DuckDB. */
export const storeSection = z.discriminatedUnion('kind', [duckdbSection, influx1Section]).prefault({ kind: 'duckdb' })

export type StoreConfig = z.output<typeof storeSection>

/**
 * Opens the configured store. `directory` is the data directory; an embedded store keeps to `samples/` in it. Fails only for
 * what will not pass by itself; a server that is away is waited for by the writes.
 */
export async function openSampleStore(
  config: StoreConfig,
  deps: { directory: string; clock: Clock; logger: Logger },
): Promise<SampleStore> {
  switch (config.kind) {
    case 'duckdb': {
      const { memory, threads, retention, freeSpace } = config
      const directory = join(deps.directory, 'samples')
      // loaded when it is the one: a collector that writes to a server has no room for DuckDB
      const { DuckStore } = await import('./duckdb/duckdb-store.ts')
      return DuckStore.open({ memoryBytes: memory, threads, retention, freeSpace }, { ...deps, directory })
    }
    case 'influx1': {
      const { Influx1Store } = await import('./influx1.ts')
      return Influx1Store.open(config, deps)
    }
  }
}
