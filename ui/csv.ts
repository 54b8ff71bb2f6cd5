import { type Cell, csvCell } from '../model/csv-text.ts'

export type { Cell } from '../model/csv-text.ts'

export interface Column {
  key: string
  title: string
}

/** RFC 4180 text, a line a row; `csvCell` says what happens to names that look like formulas. */
export function csv(columns: readonly Column[], rows: readonly Readonly<Record<string, Cell>>[]): string {
  const lines = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ key }) => row[key] ?? null))]
  return `${lines.map((cells) => cells.map(csvCell).join(',')).join('\r\n')}\r\n`
}
