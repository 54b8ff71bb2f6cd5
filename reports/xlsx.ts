import writeExcelFile from 'write-excel-file/node'
import { visible } from '../model/csv-text.ts'
import { parseDecimal, priceDigits, printDecimal } from '../model/decimal.ts'
import { quantityDigits } from '../model/rating.ts'
import type { Report } from '../model/report.ts'
import { adjustmentTitle, groupTitle, lineTitle, notesOf, periodText, shower, titleOf } from './show.ts'
import { type DetailCell, detailColumns, detailLines } from './table.ts'
import { fill, type Language, words } from './words.ts'

/** A sheet is built in memory: what is beyond is one line with the sum of the rest, and the CSV has it all. */
export const detailRowsAtMost = 20_000

interface SheetCell {
  value: string | number
  type: StringConstructor | NumberConstructor
  format?: string
  fontWeight?: 'bold'
  wrap?: boolean
}
type SheetRow = (SheetCell | null)[]

/** A text is a text, whatever it begins with: cells are typed, so no name becomes a formula. */
const text = (value: string, bold = false): SheetCell => ({
  // what XML cannot hold, and more than a cell can
  value: visible(value)
    .replace(/[\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '')
    .slice(0, 32_000),
  type: String,
  ...(bold && { fontWeight: 'bold' }),
})
const number = (digits: string, format: string, bold = false): SheetCell => ({
  value: Number(digits),
  type: Number,
  format,
  ...(bold && { fontWeight: 'bold' }),
})

export async function* xlsxOf(report: Report, language: Language): AsyncGenerator<Uint8Array> {
  const w = words[language]
  const sheets = [
    {
      data: summary(report, language),
      sheet: w.summary,
      columns: [{ width: 44 }, { width: 18 }, { width: 12 }, { width: 18 }, { width: 18 }],
    },
    ...report.groups.map(({ by }, index) => ({
      data: group(report, index, language),
      sheet: w.by[by],
      columns: [{ width: 44 }, { width: 38 }, ...Array.from({ length: 6 }, () => ({ width: 16 }))],
    })),
    { data: details(report, language), sheet: w.details, columns: detailColumns.map(() => ({ width: 16 })), stickyRowsCount: 1 },
  ]
  yield await writeExcelFile(sheets as never).toBuffer()
}

function formats({ book }: Report) {
  const zeros = (digits: number) => (digits === 0 ? '#,##0' : `#,##0.${'0'.repeat(digits)}`)
  return {
    amount: zeros(book?.decimals ?? 4),
    coin: zeros(book?.minorDigits ?? 2),
    price: '#,##0.00#######',
    quantity: '#,##0.00####',
  }
}

function summary(report: Report, language: Language): SheetRow[] {
  const w = words[language]
  const { book, payable } = report
  const show = shower(language, report.zone, book)
  const format = formats(report)
  const decimals = book?.decimals ?? 0
  const rows: SheetRow[] = [
    [text(`${w.report}: ${titleOf(report, language)}`, true)],
    [text(w.period), text(periodText(report, show))],
    [text(w.state), text(w.status[report.status])],
    [text(fill(w.made, { at: show.full(report.madeAt), by: report.madeBy }))],
    [],
  ]
  if (book && payable) {
    rows.push([
      text(w.item, true),
      text(w.quantity, true),
      null,
      text(w.unitPrice, true),
      text(`${w.amount} (${book.currency})`, true),
    ])
    for (const line of report.lines)
      rows.push([
        ...[
          text(lineTitle(line, language)),
          number(printDecimal(line.quantity, quantityDigits), format.quantity),
          text(line.unit),
        ],
        ...[
          number(printDecimal(line.price, priceDigits), format.price),
          number(printDecimal(line.amount, decimals), format.amount),
        ],
      ])
    for (const one of report.adjustments)
      rows.push([
        text(adjustmentTitle(one, language, show)),
        ...[null, null, null, number(printDecimal(one.amountAfter - one.amountBefore, decimals), format.amount)],
      ])
    const foot = (title: string, digits: string, form: string) => [
      text(title, true),
      null,
      null,
      null,
      number(digits, form, true),
    ]
    rows.push(foot(w.total, printDecimal(report.sum + report.adjusted, decimals), format.amount))
    rows.push([])
    rows.push(foot(w.net, printDecimal(payable.net, book.minorDigits), format.coin))
    if (payable.vat !== null) {
      rows.push(
        foot(fill(w.vat, { percent: show.percent(book.vat ?? 0n) }), printDecimal(payable.vat, book.minorDigits), format.coin),
      )
      rows.push(foot(w.gross, printDecimal(payable.gross, book.minorDigits), format.coin))
    }
    rows.push([])
  }
  for (const note of notesOf(report, language, show)) rows.push([text(note.title, true)], [text(note.text)])
  return rows
}

function group(report: Report, index: number, language: Language): SheetRow[] {
  const w = words[language]
  const { by, rows } = report.groups[index] as Report['groups'][number]
  const hours = (value: number) => number(String(value), '#,##0.00')
  return [
    [
      w[by],
      'ID',
      w.resources,
      w.hours,
      'vCPU·h',
      'GiB·h RAM',
      'GiB·h',
      ...(report.book ? [`${w.amount} (${report.book.currency})`] : []),
    ].map((title) => text(title, true)),
    ...rows.map(
      (row): SheetRow => [
        ...[text(groupTitle(row, report.names, language)), text(row.key), number(String(row.resources), '0'), hours(row.hours)],
        ...[hours(row.vcpuHours), hours(row.memoryGibHours), hours(row.diskGibHours + row.storageGibHours)],
        ...(row.amount === null || !report.book
          ? []
          : [number(printDecimal(row.amount, report.book.decimals), formats(report).amount)]),
      ],
    ),
  ]
}

function details(report: Report, language: Language): SheetRow[] {
  const amountAt = detailColumns.indexOf('amount')
  const format = formats(report)
  const cell = (one: DetailCell, column: number): SheetCell | null => {
    if (one === null) return null
    if (typeof one !== 'object') return text(String(one))
    const form = column === amountAt ? format.amount : detailColumns[column] === 'unit_price' ? format.price : format.quantity
    return number(one.text, form)
  }
  const rows: SheetRow[] = [detailColumns.map((title) => text(title, true))]
  let [beyond, rest] = [0, 0n]
  for (const line of detailLines(report)) {
    if (rows.length <= detailRowsAtMost) rows.push(line.map(cell))
    else {
      beyond++
      const amount = line[amountAt]
      if (typeof amount === 'object' && amount !== null) rest += parseDecimal(amount.text, report.book?.decimals ?? 0) ?? 0n
    }
  }
  if (beyond > 0) {
    const last: SheetRow = [text(`${fill(words[language].further, { count: beyond })} (CSV)`)]
    last[amountAt] = number(printDecimal(rest, report.book?.decimals ?? 0), format.amount)
    rows.push(Array.from(last, (one) => one ?? null))
  }
  return rows
}
