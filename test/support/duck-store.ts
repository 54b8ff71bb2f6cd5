import { type DuckDeps, type DuckSettings, DuckStore } from '../../store/duckdb/duckdb-store.ts'

const day = 86_400_000

/** The defaults of the configuration, with little memory. */
export const duckSettings: DuckSettings = {
  memoryBytes: 256 * 1024 ** 2,
  threads: 2,
  retention: { raw: 14 * day, '5m': 90 * day, '1h': 1095 * day },
  freeSpace: 0,
}

export function openStore(
  directory: string,
  deps: Omit<DuckDeps, 'directory'>,
  settings: Partial<DuckSettings> = {},
): Promise<DuckStore> {
  return DuckStore.open({ ...duckSettings, ...settings }, { directory, ...deps })
}
