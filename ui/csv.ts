export interface Column {
  key: string
  title: string
}

export type Cell = string | number | boolean | null

/**
 * RFC 4180 text. A cell that a spreadsheet would run as a formula gets an apostrophe in front: names come from tenants.
 */
export function csv(columns: readonly Column[], rows: readonly Readonly<Record<string, Cell>>[]): string {
  const lines = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ key }) => row[key] ?? null))]
  return `${lines.map((cells) => cells.map(cellText).join(',')).join('\r\n')}\r\n`
}

function cellText(cell: Cell): string {
  if (cell === null) return ''
  if (typeof cell !== 'string') return String(cell)
  // Control characters and bidirectional overrides would hide what follows them.
  const clean = cell.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u202a-\u202e\u2066-\u2069]/g, '')
  const safe = /^[\s]*[=+\-@\t\r]/.test(clean) ? `'${clean}` : clean
  return /[",\r\n']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
