import type { SQLInputValue } from 'node:sqlite'
import type { Scope } from '../../model/access.ts'

/** A piece of a WHERE clause and its values, in order. */
export interface Condition {
  sql: string
  values: SQLInputValue[]
}

/** Rows of the scope's projects only; rows that belong to no project are for those who may see all. */
export function inScope(scope: Scope, column: string): Condition {
  if (scope.projects === 'all') return { sql: '1', values: [] }
  return { sql: `${column} IN (SELECT value FROM json_each(?))`, values: [JSON.stringify(scope.projects)] }
}

/** All of the conditions. */
export function allOf(conditions: readonly (Condition | null)[]): Condition {
  const given = conditions.filter((condition) => condition !== null)
  return {
    sql: given.length === 0 ? '1' : given.map(({ sql }) => `(${sql})`).join(' AND '),
    values: given.flatMap(({ values }) => values),
  }
}

/** `column = value`, or no condition when there is no value. */
export const equals = (column: string, value: SQLInputValue | undefined): Condition | null =>
  value === undefined ? null : { sql: `${column} = ?`, values: [value] }

/** Contains the text somewhere, as it is written: % and _ are no wildcards. */
export const contains = (columns: readonly string[], text: string): Condition => {
  const pattern = `%${text.replace(/[\\%_]/g, '\\$&')}%`
  return { sql: columns.map((column) => `${column} LIKE ? ESCAPE '\\'`).join(' OR '), values: columns.map(() => pattern) }
}
