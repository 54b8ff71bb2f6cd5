/** Pieces of WHERE clauses. `?` stands for each value in order; `numbered` makes PostgreSQL's $1, $2 … of them. */
import type { Scope } from '../../model/access.ts'

export interface Condition {
  sql: string
  values: unknown[]
}

/** Rows of the scope's projects only; rows that belong to no project are for those who may see all. */
export const inScope = (scope: Scope): Condition =>
  scope.projects === 'all' ? { sql: 'true', values: [] } : { sql: 'project = ANY(?)', values: [scope.projects] }

/** All of the conditions. */
export function allOf(conditions: readonly (Condition | null)[]): Condition {
  const given = conditions.filter((condition) => condition !== null)
  return { sql: given.map(({ sql }) => `(${sql})`).join(' AND '), values: given.flatMap(({ values }) => values) }
}

/** `column = value`, or no condition when there is no value. */
export const equals = (column: string, value: string | undefined): Condition | null =>
  value === undefined ? null : { sql: `${column} = ?`, values: [value] }

/** Contains the text somewhere, as it is written: % and _ are no wildcards. */
export function contains(columns: readonly string[], text: string): Condition {
  const pattern = `%${storable(text).replace(/[\\%_]/g, '\\$&')}%`
  return { sql: columns.map((column) => `${column} ILIKE ?`).join(' OR '), values: columns.map(() => pattern) }
}

/** None of our statements holds a question mark of its own. */
export function numbered(sql: string): string {
  let n = 0
  return sql.replaceAll('?', () => `$${++n}`)
}

/** PostgreSQL takes neither NUL nor half a character in a text. */
export const storable = (text: string) => text.toWellFormed().replaceAll('\0', '\ufffd')

/** Rows as one parameter of jsonb_to_recordset. */
export const rowsParameter = (rows: readonly object[]) =>
  JSON.stringify(rows, (_, value) => (typeof value === 'string' ? storable(value) : value))
