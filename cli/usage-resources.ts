/** `usage --resources`: what was held beside instances, in GiB·h and hours. */
import type { ResourceUsageRow } from '../model/usage.ts'
import { csvText, type Form, tableText } from './rows-as-text.ts'

const columns: [title: string, value: (row: ResourceUsageRow) => string | number][] = [
  ['kind', (row) => row.kind],
  ['count', (row) => row.count],
  ['hours', (row) => row.hours],
  ['gib_hours', (row) => row.gibHours],
  ['idle_hours', (row) => row.idleHours],
]

export function resourceReport(
  rows: readonly ResourceUsageRow[],
  { by, from, to }: { by: string; from: number; to: number },
  form: Form,
): string {
  if (form === 'json') return JSON.stringify({ by, from: new Date(from).toISOString(), to: new Date(to).toISOString(), rows })
  if (form === 'csv')
    return csvText(
      [by, 'name', ...columns.map(([title]) => title)],
      rows.map((row) => [row.key, row.name, ...columns.map(([, value]) => value(row))]),
    )
  return tableText(
    [by, ...columns.map(([title]) => title.replaceAll('_', ' '))],
    rows.map((row) => [row.name ?? (row.key || '(unknown)'), ...columns.map(([, value]) => value(row))]),
  )
}
