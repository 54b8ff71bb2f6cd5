/** Names on disk. Whatever a measurement or field is called outside, here it is lower-case ASCII and reversible. */

/** Six hours: hot data is at most a day or so, and a table's worth seals in a second. */
export const windowMs = 6 * 3_600_000
export const dayMs = 86_400_000

export const windowOf = (time: number): number => Math.floor(time / windowMs) * windowMs
export const dayOf = (time: number): number => Math.floor(time / dayMs) * dayMs

const plain = /^(?!x_)[a-z][a-z0-9_]{0,99}$/
const reserved = new Set(['sid', 'ts', 'last_ts'])

/** Identifiers of DuckDB ignore case and file names have their own rules: anything unusual is written in hex. Injective. */
export function columnName(name: string): string {
  return plain.test(name) && !reserved.has(name) ? name : `x_${Buffer.from(name).toString('hex')}`
}

export function nameOfColumn(column: string): string {
  return column.startsWith('x_') ? Buffer.from(column.slice(2), 'hex').toString() : column
}

/** A hot table holds one measurement's samples of one window; a new generation begins when fields appear or sealing starts. */
export interface HotName {
  measurement: string
  window: number
  generation: number
}

export function hotTableName({ measurement, window, generation }: HotName): string {
  return `hot_${window / windowMs}_${generation}_${columnName(measurement)}`
}

export function parseHotTable(table: string): HotName | null {
  const match = /^hot_(\d+)_(\d+)_(.+)$/.exec(table)
  if (!match) return null
  const [, window, generation, measurement] = match as unknown as [string, string, string, string]
  return { measurement: nameOfColumn(measurement), window: Number(window) * windowMs, generation: Number(generation) }
}

export type Tier = 'raw' | '5m' | '1h'

/** Length of a roll-up's cells; raw samples have none. */
export const cellMs: Readonly<Record<Tier, number>> = { raw: 1, '5m': 300_000, '1h': 3_600_000 }

/** `instance/2026-11-22.5m.17.parquet`, relative to the samples directory. The sequence makes every version a new file. */
export function segmentFile(measurement: string, day: number, tier: Tier, sequence: number): string {
  return `${columnName(measurement)}/${new Date(day).toISOString().slice(0, 10)}.${tier}.${sequence}.parquet`
}

export function sequenceOf(file: string): number | null {
  const match = /\.(\d+)\.parquet(?:\.tmp)?$/.exec(file)
  return match ? Number(match[1]) : null
}

export const quoted = (identifier: string): string => `"${identifier.replaceAll('"', '""')}"`
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`
