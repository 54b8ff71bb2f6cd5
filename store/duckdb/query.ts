/** SQL text of the store's questions. Pure: plan in, statement out. Names are quoted, numbers are numbers, ids are integers. */
import { join } from 'node:path'
import type { Partial } from '../pool.ts'
import { columnName, literal, quoted } from './names.ts'
import type { RawPiece, RollupPiece } from './plan.ts'

/** Which series, and how they form groups. `list` and `groups` travel as text parameters: fastest way in for thousands of ids. */
export interface Selection {
  /** SQL condition on `sid`, or null for no restriction. */
  condition: string | null
  /** Each group is one series: `last` then needs no tie-break. */
  single: boolean
  /** All series form one group. */
  one: boolean
}

const fewSids = 64

/** Conditions and parameters for the series of a grouping. */
export function selectionOf(
  sids: readonly number[],
  groups: readonly number[],
): { selection: Selection; parameters: Record<string, string> } {
  const count = new Set(groups).size
  const few = sids.length <= fewSids
  const one = count === 1
  const condition = few
    ? `sid IN (${sids.join(', ')})`
    : one
      ? `sid IN (SELECT unnest(CAST(string_split($sids, ',') AS INTEGER[])))`
      : null
  const parameters: Record<string, string> = {}
  if (!few || !one) parameters.sids = sids.join(',')
  if (!one) parameters.groups = groups.join(',')
  return { selection: { condition, single: count === sids.length, one }, parameters: few && one ? {} : parameters }
}

/** Rows (sid, ts, fields…) of all pieces; with `versions` also (layer, version) to tell several of one sample apart. */
export function rawRows(
  directory: string,
  pieces: readonly RawPiece[],
  fields: readonly string[],
  condition: string | null,
  versions = false,
): string {
  return pieces
    .map((piece) => {
      const has = new Set(piece.fields)
      const columns = fields.map((field) => {
        const column = quoted(columnName(field))
        return has.has(field) ? column : `CAST(NULL AS DOUBLE) AS ${column}`
      })
      const file = 'file' in piece.source
      const version = versions ? [`${piece.layer} AS layer`, `${file ? '0' : 'rowid'} AS version`] : []
      const where = [`ts >= ${piece.from}`, `ts < ${piece.to}`, ...(condition ? [condition] : [])].join(' AND ')
      return `SELECT ${['sid', 'ts', ...columns, ...version].join(', ')} FROM ${sourceOf(directory, piece)} WHERE ${where}`
    })
    .join(' UNION ALL ')
}

/** Like `rawRows`, but of a sample written several times only the newest version. */
export function newestVersions(rows: string): string {
  return `SELECT * EXCLUDE (layer, version) FROM (${rows}) QUALIFY row_number() OVER (PARTITION BY sid, ts ORDER BY layer DESC, version DESC) = 1`
}

const parquet = (directory: string, file: string) => `read_parquet(${literal(join(directory, file))})`

const sourceOf = (directory: string, { source }: RawPiece) =>
  'file' in source ? parquet(directory, source.file) : quoted(source.table)

/** Partial aggregates of one field, from raw rows. */
function rawPart(field: string, part: keyof Partial, single: boolean): string {
  const value = quoted(columnName(field))
  const has = `FILTER (WHERE ${value} IS NOT NULL)`
  switch (part) {
    case 'count':
      return `count(${value})`
    case 'sum':
    case 'min':
    case 'max':
      return `${part}(${value})`
    case 'last':
      return single ? `arg_max(${value}, ts)` : `(max({'t': ts, 'v': ${value}}) ${has}).v`
    case 'lastTime':
      return `max(ts) ${has}`
  }
}

/** The same from roll-up cells. */
function rollupPart(field: string, part: keyof Partial, single: boolean): string {
  const cell = (name: string) => quoted(`${columnName(field)}.${name}`)
  const time = `last_ts - ${cell('lag')}`
  const has = `FILTER (WHERE ${cell('last')} IS NOT NULL)`
  switch (part) {
    case 'count':
      return `sum(${cell('count')})`
    case 'sum':
    case 'min':
    case 'max':
      return `${part}(${cell(part)})`
    case 'last':
      return single ? `arg_max(${cell('last')}, ${time})` : `(max({'t': ${time}, 'v': ${cell('last')}}) ${has}).v`
    case 'lastTime':
      return `max(${time}) ${has}`
  }
}

/** Cells (sid, ts, last_ts, the parts of each field) of all pieces; what a file lacks is null. */
export function rollupRows(
  directory: string,
  pieces: readonly RollupPiece[],
  fields: readonly string[],
  parts: readonly (keyof Partial)[],
  condition: string | null,
): string {
  const names = [...new Set(parts.flatMap((part) => (part === 'last' || part === 'lastTime' ? ['last', 'lag'] : [part])))]
  return pieces
    .map((piece) => {
      const has = new Set(piece.fields)
      const columns = fields.flatMap((field) =>
        names.map((name) => {
          const column = quoted(`${columnName(field)}.${name}`)
          return has.has(field) ? column : `CAST(NULL AS DOUBLE) AS ${column}`
        }),
      )
      const where = [`ts >= ${piece.from}`, `ts < ${piece.to}`, ...(condition ? [condition] : [])].join(' AND ')
      return `SELECT ${['sid', 'ts', 'last_ts', ...columns].join(', ')} FROM ${parquet(directory, piece.file)} WHERE ${where}`
    })
    .join(' UNION ALL ')
}

/** The aggregates of each part of each field, over raw rows. */
export const rawColumns = (fields: readonly string[], parts: readonly (keyof Partial)[], single: boolean): string[] =>
  fields.flatMap((field) => parts.map((part) => rawPart(field, part, single)))

/** The same over the cells of roll-ups. */
export const rollupColumns = (fields: readonly string[], parts: readonly (keyof Partial)[], single: boolean): string[] =>
  fields.flatMap((field) => parts.map((part) => rollupPart(field, part, single)))

export interface Aggregation {
  selection: Selection
  step: number
  /** Number of the range's first bucket since the epoch. */
  first: number
}

/** Result columns, all DOUBLE: group, bucket, then the given ones. */
export function aggregated(rows: string, columns: readonly string[], { selection, step, first }: Aggregation): string {
  // A cell that stands in for raw rows may begin before the first bucket.
  const bucket = `greatest(ts // ${step} - ${first}, 0)`
  const keys = [...(selection.one ? [] : ['grouped.number']), bucket]
  const join = selection.one
    ? ''
    : ` JOIN (SELECT unnest(CAST(string_split($sids, ',') AS INTEGER[])) AS sid,
          unnest(CAST(string_split($groups, ',') AS INTEGER[])) AS number) grouped USING (sid)`
  const list = [selection.one ? '0' : 'grouped.number', bucket, ...columns].map((column) => `CAST(${column} AS DOUBLE)`)
  return `SELECT ${list.join(', ')} FROM (${rows}) source${join} GROUP BY ${keys.join(', ')}`
}
