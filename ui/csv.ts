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
  const clean = [...cell].filter((character) => !hides(character.codePointAt(0) as number)).join('')
  const safe = /^\s*[=+\-@\t\r]/.test(clean) ? `'${clean}` : clean
  return /[",\r\n']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** Control characters (but tab and line ends), and marks that turn the writing direction: they would hide what follows. */
function hides(code: number): boolean {
  const control = code < 32 && code !== 9 && code !== 10 && code !== 13
  return control || code === 127 || (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069)
}
