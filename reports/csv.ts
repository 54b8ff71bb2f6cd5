import { csvCell } from '../model/csv-text.ts'
import type { Report } from '../model/report.ts'
import { detailColumns, detailLines } from './table.ts'

/** In pieces of some lines: a report of any size is sent as it is written. */
const piece = 500

/** RFC 4180, UTF-8 with a byte order mark (spreadsheets want it), decimal points, a line a charge. */
export async function* csvOf(report: Report): AsyncGenerator<string> {
  let lines = [`\ufeff${detailColumns.join(',')}`]
  for (const cells of detailLines(report)) {
    lines.push(cells.map((cell) => (typeof cell === 'object' && cell !== null ? cell.text : csvCell(cell))).join(','))
    if (lines.length < piece) continue
    yield `${lines.join('\r\n')}\r\n`
    lines = []
  }
  if (lines.length > 0) yield `${lines.join('\r\n')}\r\n`
}
