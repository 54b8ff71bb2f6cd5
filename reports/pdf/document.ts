/** A report as a document: what is to be paid first, then how it comes about. */
import { divideRounded } from '../../model/decimal.ts'
import type { Report, ReportGroup } from '../../model/report.ts'
import { adjustmentTitle, groupTitle, lineTitle, notesOf, periodText, type Show, shower, titleOf } from '../show.ts'
import { fill, type Language, words } from '../words.ts'
import { drawBars } from './bars.ts'
import { contentWidth, ink, openPaper, type Paper, page } from './paper.ts'
import { drawTable, type TableRow, withFirst } from './table.ts'

/** A document is read by people: further rows are one line with their sum. */
const rowsAtMost = 200

export async function* pdfOf(report: Report, language: Language): AsyncGenerator<Uint8Array> {
  const w = words[language]
  const show = shower(language, report.zone, report.book)
  const [title, period] = [titleOf(report, language), periodText(report, show)]
  const paper = openPaper({ title: `${w.report}: ${title}, ${period}`, language, author: report.madeBy }, (sheet) =>
    runningHead(sheet, title, period),
  )
  front(paper, report, language, show, title, period)
  hero(paper, report, language, show)
  chart(paper, report, language, show)
  charges(paper, report, language, show)
  // the list of resources may be long: it comes last, behind what is read by everybody
  for (const group of report.groups.filter(({ by }) => by !== 'instance')) groupTable(paper, report, group, language, show)
  notes(paper, report, language, show)
  paper.y += 12
  for (const group of report.groups.filter(({ by }) => by === 'instance')) groupTable(paper, report, group, language, show)
  footers(paper, report, language, show)
  paper.doc.end()
  for await (const piece of paper.doc) yield piece as Uint8Array
}

function mark(paper: Paper, x: number, y: number, size: number) {
  const { doc } = paper
  doc
    .save()
    .translate(x, y)
    .scale(size / 32)
  doc.roundedRect(0, 0, 32, 32, 6).fill(ink.accent)
  doc.path('M6 21a10 10 0 0 1 7.6-9.7l2.2 6.2 2.6-.9-2.2-6.1L19 11.5A10 10 0 0 1 26 21z').fill('#fff')
  doc.path('m15.3 8.2 3.5-1.25 1.3 3.7-3.5 1.25z').fill('#fff')
  doc.roundedRect(4, 22.5, 24, 3, 1).fill('#fff')
  doc.restore()
}

function front(paper: Paper, report: Report, language: Language, show: Show, title: string, period: string) {
  const w = words[language]
  const { subject } = report
  mark(paper, page.left, 44, 26)
  paper.text('Specola', page.left + 34, 47, { face: 'bold', size: 13 })
  paper.text(w.report, page.left, 48, { size: 11, color: ink.muted, align: 'right', width: contentWidth })
  paper.line(82)
  paper.text(w.subject[subject.kind].toLocaleUpperCase(language), page.left, 96, { size: 8.5, color: ink.muted, face: 'bold' })
  paper.text(title, page.left, 107, { face: 'bold', size: 26, width: contentWidth })
  if (subject.id !== null && subject.id !== title)
    paper.text(subject.id, page.left, 143, { face: 'mono', size: 8, color: ink.muted, width: contentWidth })
  paper.text(period, page.left, 160, { size: 13 })
  chip(paper, page.left + paper.widthOf(period, { size: 13 }) + 12, 161, w.status[report.status])
  if (report.closedAt !== null)
    paper.text(fill(w.closedOn, { at: show.full(report.closedAt) }), page.left, 163, {
      size: 9,
      color: ink.muted,
      align: 'right',
      width: contentWidth,
    })
  paper.y = 190
}

function chip(paper: Paper, x: number, y: number, text: string) {
  const width = paper.widthOf(text, { size: 9, face: 'bold' }) + 14
  paper.doc.roundedRect(x, y, width, 16, 3).lineWidth(0.8).strokeColor(ink.text).stroke()
  paper.text(text, x + 7, y + 1.4, { size: 9, face: 'bold' })
}

function hero(paper: Paper, report: Report, language: Language, show: Show) {
  const w = words[language]
  const { payable, book } = report
  const height = 78
  paper.doc.roundedRect(page.left, paper.y, contentWidth, height, 4).fill(ink.accent)
  const [x, y] = [page.left + 18, paper.y]
  const hours = report.nova?.ledgerHours ?? report.groups[0]?.rows.reduce((sum, row) => sum + row.hours, 0) ?? 0
  const soft = { size: 9, color: ink.onAccentSoft }
  paper.text(payable ? w.toPay : w.used, x, y + 14, soft)
  paper.text(payable ? show.paid(payable.gross) : `${show.hours(hours)} h`, x, y + 25, {
    face: 'bold',
    size: 28,
    color: ink.onAccent,
    width: contentWidth / 2,
  })
  const facts: [string, string][] = [
    ...(payable && book
      ? ([
          [w.net, show.paid(payable.net)],
          [
            payable.vat === null ? w.novat : fill(w.vat, { percent: show.percent(book.vat ?? 0n) }),
            payable.vat === null ? '—' : show.paid(payable.vat),
          ],
        ] as [string, string][])
      : []),
    [w.hours, show.hours(hours)],
  ]
  const wide = 92
  let at = page.left + contentWidth - 18 - facts.length * wide
  for (const [name, value] of facts) {
    paper.text(name, at, y + 24, { ...soft, align: 'right', width: wide - 6 })
    paper.text(value, at, y + 38, { face: 'bold', size: 12.5, color: ink.onAccent, align: 'right', width: wide - 6 })
    at += wide
  }
  paper.y += height + 20
}

function heading(paper: Paper, text: string, room = 90) {
  paper.need(room)
  paper.text(text, page.left, paper.y, { face: 'bold', size: 13 })
  paper.y += 22
}

function chart(paper: Paper, report: Report, language: Language, show: Show) {
  const { days, book } = report
  if (!days?.some(({ value }) => value > 0)) return
  const w = words[language]
  heading(paper, `${w.byDay} · ${book ? `${w.amount} (${book.currency})` : w.hours}`, 150)
  const unit = 10 ** (book?.decimals ?? 0)
  const bars = days.map(({ from, value }) => ({ label: show.shortDay(from), value: value / unit }))
  const digits = Math.max(...bars.map(({ value }) => value)) < 10 ? 2 : 0
  const scale = new Intl.NumberFormat(language === 'it' ? 'it-IT' : 'en-GB', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    useGrouping: 'always',
  })
  drawBars(paper, bars, { value: (value) => scale.format(value) })
  paper.y += 8
}

function charges(paper: Paper, report: Report, language: Language, show: Show) {
  const { payable, book } = report
  if (!payable || !book) return
  const w = words[language]
  heading(paper, w.byItem)
  const columns = withFirst(w.item, [
    { title: w.quantity, width: 104, align: 'right' },
    { title: '', width: 48 },
    { title: w.unitPrice, width: 84, align: 'right' },
    { title: `${w.amount} (${book.currency})`, width: 100, align: 'right' },
  ])
  const rows: TableRow[] = report.lines.map((line) => ({
    cells: [lineTitle(line, language), show.quantity(line.quantity), line.unit, show.price(line.price), show.amount(line.amount)],
  }))
  for (const one of report.adjustments)
    rows.push({
      wide: true,
      cells: [adjustmentTitle(one, language, show), '', '', '', show.amount(one.amountAfter - one.amountBefore)],
    })
  rows.push({ bold: true, cells: [w.total, '', '', '', show.amount(report.sum + report.adjusted)] })
  drawTable(paper, columns, rows)
  paper.y += 6
  const foot = (name: string, value: string, bold: boolean) => {
    paper.need(18)
    paper.text(name, page.left, paper.y, {
      size: bold ? 11 : 9.5,
      ...(bold ? { face: 'bold' as const } : { color: ink.muted }),
      align: 'right',
      width: contentWidth - 110,
    })
    paper.text(value, page.left, paper.y, {
      size: bold ? 11 : 9.5,
      face: bold ? 'bold' : 'regular',
      align: 'right',
      width: contentWidth,
    })
    paper.y += 17
  }
  foot(w.net, show.paid(payable.net), payable.vat === null)
  if (payable.vat !== null) {
    foot(fill(w.vat, { percent: show.percent(book.vat ?? 0n) }), show.paid(payable.vat), false)
    foot(w.gross, show.paid(payable.gross), true)
  }
  paper.y += 14
}

function groupTable(paper: Paper, report: Report, { by, rows }: Report['groups'][number], language: Language, show: Show) {
  if (rows.length === 0) return
  const w = words[language]
  const { book } = report
  heading(paper, w.by[by])
  const columns = withFirst(w[by], [
    ...(by === 'instance' ? [] : [{ title: w.resources, width: 62, align: 'right' as const }]),
    { title: w.hours, width: 84, align: 'right' },
    { title: 'vCPU·h', width: 84, align: 'right' },
    ...(book
      ? [
          { title: w.share, width: 50, align: 'right' as const },
          { title: `${w.amount} (${book.currency})`, width: 96, align: 'right' as const },
        ]
      : []),
  ])
  const all = rows.reduce((sum, { amount }) => sum + (amount ?? 0n), 0n)
  const share = (amount: bigint) => (all === 0n ? '—' : `${show.hours(Number(divideRounded(amount * 1000n, all)) / 10)} %`)
  const size = (row: ReportGroup) => (book ? Number(row.amount ?? 0n) : row.ms)
  const most = Math.max(1e-9, ...rows.map(size))
  const line = (title: string, its: Pick<ReportGroup, 'resources' | 'hours' | 'vcpuHours' | 'amount'>): string[] => [
    title,
    ...(by === 'instance' ? [] : [show.count(its.resources)]),
    ...[show.hours(its.hours), show.hours(its.vcpuHours)],
    ...(book ? [share(its.amount ?? 0n), show.amount(its.amount ?? 0n)] : []),
  ]
  const shown: TableRow[] = rows
    .slice(0, rowsAtMost)
    .map((row) => ({ cells: line(groupTitle(row, report.names, language), row), bar: size(row) / most }))
  const rest = rows.slice(rowsAtMost)
  if (rest.length > 0) shown.push({ cells: line(fill(w.further, { count: show.count(rest.length) }), addUp(rest)) })
  shown.push({ bold: true, cells: line(w.sumOfLines, addUp(rows)) })
  drawTable(paper, columns, shown)
  paper.y += 20
}

const addUp = (rows: readonly ReportGroup[]) => ({
  resources: rows.reduce((sum, row) => sum + row.resources, 0),
  hours: rows.reduce((sum, row) => sum + row.hours, 0),
  vcpuHours: rows.reduce((sum, row) => sum + row.vcpuHours, 0),
  amount: rows.reduce((sum, row) => sum + (row.amount ?? 0n), 0n),
})

function notes(paper: Paper, report: Report, language: Language, show: Show) {
  for (const { title, text } of notesOf(report, language, show)) {
    paper.need(56)
    paper.text(title, page.left, paper.y, { face: 'bold', size: 10.5 })
    paper.y = paper.paragraph(text, page.left, paper.y + 16, contentWidth, { size: 9, color: ink.muted }) + 8
  }
}

function runningHead(paper: Paper, title: string, period: string) {
  mark(paper, page.left, 30, 16)
  paper.text(title, page.left + 24, 31.5, { face: 'bold', size: 9.5, width: contentWidth - 200 })
  paper.text(period, page.left, 31.5, { size: 9.5, color: ink.muted, align: 'right', width: contentWidth })
  paper.line(52)
}

function footers(paper: Paper, report: Report, language: Language, show: Show) {
  const w = words[language]
  const { start, count } = paper.doc.bufferedPageRange()
  for (let number = 0; number < count; number++) {
    paper.doc.switchToPage(start + number)
    paper.line(page.height - 44)
    const style = { size: 8, color: ink.muted }
    paper.text(
      fill(w.made, { at: `${show.full(report.madeAt)} ${report.zone}`, by: report.madeBy }),
      page.left,
      page.height - 37,
      { ...style, width: contentWidth - 120 },
    )
    paper.text(fill(w.page, { page: number + 1, pages: count }), page.left, page.height - 37, {
      ...style,
      align: 'right',
      width: contentWidth,
    })
  }
}
