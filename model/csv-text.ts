export type Cell = string | number | boolean | null

/**
 * One cell of RFC 4180 text. A cell that a spreadsheet would run as a formula gets an apostrophe in front: names come from tenants.
 */
export function csvCell(cell: Cell): string {
  if (cell === null) return ''
  if (typeof cell !== 'string') return String(cell)
  const clean = visible(cell)
  const safe = /^\s*[=+\-@\t\r]/.test(clean) ? `'${clean}` : clean
  return /[",\r\n']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** Without control characters (but tab and line ends), and without marks that turn the writing direction: they would hide what follows. */
export const visible = (text: string): string =>
  [...text].filter((character) => !hides(character.codePointAt(0) as number)).join('')

function hides(code: number): boolean {
  const control = code < 32 && code !== 9 && code !== 10 && code !== 13
  return control || code === 127 || (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069)
}
