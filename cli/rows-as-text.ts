/** Rows as text: tables for people, CSV for spreadsheets. */

import { csvCell } from '../model/csv-text.ts'
import { printable } from './printable.ts'

export type Form = 'json' | 'csv' | 'table'
export type Cell = string | number | null

/** RFC 4180 text; `csvCell` says what happens to names that look like formulas. */
export const csvText = (head: readonly string[], rows: readonly (readonly Cell[])[]): string =>
  [head, ...rows].map((cells) => cells.map(csvCell).join(',')).join('\r\n')

/** Aligned columns, those of numbers to the right. */
export function tableText(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  right = head.map((_title, i) => rows.some((row) => typeof row[i] === 'number')),
): string {
  const lines = rows.map((row) => row.map(shown))
  const widths = head.map((title, i) => Math.max(title.length, ...lines.map((line) => (line[i] as string).length)))
  return [head, ...lines]
    .map((line) =>
      line
        .map((text, i) => (right[i] ? text.padStart(widths[i] as number) : text.padEnd(widths[i] as number)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

const shown = (value: Cell) =>
  typeof value === 'number' ? (Number.isInteger(value) ? String(value) : value.toFixed(4)) : printable(value ?? '')
