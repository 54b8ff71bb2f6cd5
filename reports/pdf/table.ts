import { contentWidth, ink, type Paper, page } from './paper.ts'

export interface TableColumn {
  title: string
  width: number
  align?: 'left' | 'right'
  face?: 'regular' | 'bold' | 'mono'
}

export interface TableRow {
  cells: readonly string[]
  /** Part of the largest, 0…1: drawn as a bar under the first cell. */
  bar?: number
  bold?: boolean
  /** The first cell takes the room of all but the last. */
  wide?: boolean
}

const rowHeight = 19
const headHeight = 20

/** Rows are never broken; the head stands again on each page. */
export function drawTable(paper: Paper, columns: readonly TableColumn[], rows: readonly TableRow[]): void {
  const head = () => {
    cells(
      paper,
      columns,
      columns.map(({ title }) => title),
      paper.y + 4,
      { size: 8, color: ink.muted, face: 'regular' },
    )
    paper.line(paper.y + headHeight - 3)
    paper.y += headHeight
  }
  paper.need(headHeight + Math.min(rows.length, 3) * rowHeight)
  head()
  for (const row of rows) {
    if (paper.need(rowHeight)) head()
    const style = { size: 9, color: ink.text, ...(row.bold && { face: 'bold' as const }) }
    if (row.bold) paper.line(paper.y + 0.5)
    cells(
      paper,
      row.wide ? widened(columns) : columns,
      row.wide ? [row.cells[0] ?? '', row.cells.at(-1) ?? ''] : row.cells,
      paper.y + 3.5,
      style,
    )
    if (row.bar !== undefined) bar(paper, columns[0]?.width ?? 0, row.bar)
    paper.y += rowHeight
  }
}

function widened(columns: readonly TableColumn[]): TableColumn[] {
  const last = columns.at(-1) as TableColumn
  return [{ title: '', width: contentWidth - last.width }, last]
}

function cells(
  paper: Paper,
  columns: readonly TableColumn[],
  texts: readonly string[],
  y: number,
  style: { size: number; color: string; face?: 'regular' | 'bold' },
) {
  let x: number = page.left
  for (const [index, { width, align = 'left', face }] of columns.entries()) {
    const first = index === 0 ? 0 : 6
    paper.text(texts[index] ?? '', x + first, y, { ...(face && { face }), ...style, align, width: width - first })
    x += width
  }
}

function bar(paper: Paper, width: number, part: number) {
  const y = paper.y + rowHeight - 3
  paper.doc.rect(page.left, y, width - 10, 1.6).fill(ink.surface)
  if (part > 0) paper.doc.rect(page.left, y, Math.max(0.6, (width - 10) * Math.min(1, part)), 1.6).fill(ink.accent)
}

/** Widths that fill the page: the first column takes what the others leave. */
export const withFirst = (first: string, others: readonly TableColumn[]): TableColumn[] => [
  { title: first, width: contentWidth - others.reduce((sum, { width }) => sum + width, 0) },
  ...others,
]
