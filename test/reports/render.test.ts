import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { XMLParser } from 'fast-xml-parser'
import { unzipSync } from 'fflate'
import { everything } from '../../model/access.ts'
import { AppError } from '../../model/contract.ts'
import type { Report, ReportFormat } from '../../model/report.ts'
import { composeReport } from '../../reports/compose.ts'
import { applyRerating, closeMonth, rerate } from '../../reports/months.ts'
import { renderReport } from '../../reports/reports.ts'
import { type Database, openDatabase } from '../../store/journal/database.ts'
import { needs } from '../support/needs.ts'
import { at, bookOf, depsOf, fixedClock, type Life, large, live } from '../support/report-scene.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const october = { from: at('2026-10-01T00:00:00+02:00'), to: at('2026-11-01T00:00:00+01:00') }
const hour = 3_600_000
const hostile = [
  '=cmd|"/c calc"!A1',
  '+39 06',
  '@SUM(1,1)',
  '-2+3',
  'a,"b"\r\nc',
  '<script>alert(1)</script>&amp;',
  '\u202egnp.exe\u0000\u001b[31m',
  '字幕🙂Łódź',
  'x'.repeat(400),
]
const book = bookOf([
  {
    name: 'Listino',
    vcpu: '0.0123',
    memory: '0.00217',
    flavors: [{ name: 'm1.large', hour: '0.1037' }],
    states: { stopped: { vcpu: 0 } },
  },
])
const clock = fixedClock(at('2026-11-20T12:00:00+01:00'))

describe('a report', function () {
  this.timeout(30_000)
  const directory = temporaryDirectory()
  let db: Database
  let report: Report
  let json: Json

  interface Json {
    report: {
      totals: { lines: number; adjustments: number; total: number; net: number; vat: number; gross: number }
      lines: { amount: number }[]
      groups: Record<string, { amount: number }[]>
    }
    rows: { charges: { amount: number; quantity: number; unit_price: number }[] }[]
  }

  const text = async (format: ReportFormat, of = report, language: 'it' | 'en' = 'it') =>
    (await bytes(format, of, language)).toString('utf8')
  async function bytes(format: ReportFormat, of = report, language: 'it' | 'en' = 'it'): Promise<Buffer> {
    const pieces: Buffer[] = []
    for await (const piece of renderReport(of, format, language)) pieces.push(Buffer.from(piece))
    return Buffer.concat(pieces)
  }
  /** Sums of decimal texts, exactly. */
  const added = (amounts: readonly string[]) =>
    Number(amounts.reduce((sum, amount) => sum + BigInt(amount.replace('.', '')), 0n)) / 1e6

  before(async () => {
    db = openDatabase(directory())
    const lives = hostile.map(
      (name, n): Life => ({
        instance: `i${n}`,
        name,
        from: october.from + n * 12_345,
        to: october.from + (n + 1) * 7 * hour + n * 777,
        user: `u${n % 3}`,
        ...(n % 2 === 1 && { flavor: large }),
      }),
    )
    live(db, [
      ...lives,
      { instance: 'other', project: 'p2', from: october.from, to: null },
      { instance: 'i1', state: 'stopped', from: october.from + 20 * hour, to: october.from + 300 * hour },
    ])
    const deps = depsOf(db, clock, book)
    await closeMonth(deps, { month: '2026-10', by: 'test', settleMs: 0, gaps: 'refuse' })
    live(db, [{ instance: 'late', name: 'late', from: october.from, to: october.from + 3.5 * hour }])
    await applyRerating(deps, '2026-10', await rerate(deps, '2026-10', 'current'), 'anna', '=HYPERLINK("http://evil")')
    report = (await composeReport(deps, everything, {
      subject: { kind: 'project', id: 'p1' },
      ...october,
      by: ['instance', 'user', 'flavor'],
      hosts: true,
      madeBy: 'Anna',
    })) as Report
    json = JSON.parse(await text('json')) as Json
  })
  after(() => db.close())

  it('has totals that are the sums of its lines, groups and rows', () => {
    const { totals, lines, groups } = json.report
    const close = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-9, `${a} ${b}`)
    close(
      lines.reduce((sum, { amount }) => sum + amount, 0),
      totals.lines,
    )
    close(
      json.rows.flatMap(({ charges }) => charges).reduce((sum, { amount }) => sum + amount, 0),
      totals.lines,
    )
    for (const [by, rows] of Object.entries(groups)) {
      assert.ok(rows.length > 0, by)
      close(
        rows.reduce((sum, { amount }) => sum + amount, 0),
        totals.lines,
      )
    }
    close(totals.lines + totals.adjustments, totals.total)
    assert.equal(totals.net, Math.round(totals.total * 100) / 100)
    assert.equal(totals.vat, Math.round(totals.net * 22) / 100)
    assert.ok(totals.adjustments > 0)
    for (const { quantity, unit_price, amount } of json.rows.flatMap(({ charges }) => charges))
      assert.ok(Math.abs(quantity * unit_price - amount) <= 0.5e-6 + 1e-12)
  })

  it('has the same total in its CSV, and no formulas', async () => {
    const csv = await text('csv')
    const lines = parseCsv(csv.replace(/^\ufeff/, ''))
    const [head, ...rows] = lines as [string[], ...string[][]]
    assert.equal(added(rows.map((row) => row[head.indexOf('amount')] as string)), json.report.totals.total)
    for (const cell of rows.flat()) assert.ok(!/^[=+@\t\r]/.test(cell) && !/^-\D/.test(cell), cell)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the very characters that must not be there
    assert.ok(!/[\u0000\u001b\u202e]/.test(csv))
    assert.ok(rows.every((row) => row.length === head.length))
  })

  it('has the same total in its spreadsheet, where names are texts', async () => {
    const files = unzipSync(await bytes('xlsx'))
    const xml = (name: string) => new TextDecoder().decode(files[name])
    const parser = new XMLParser({
      ignoreAttributes: false,
      processEntities: true,
      isArray: (name) => name === 'row' || name === 'c',
    })
    const strings = xml('xl/sharedStrings.xml')
    assert.ok(strings.includes('=cmd') && strings.includes('&lt;script&gt;'))
    const sheets = Object.keys(files)
      .filter((name) => /^xl\/worksheets\/sheet\d+\.xml$/.test(name))
      .sort()
    assert.equal(sheets.length, 5)
    for (const name of sheets) assert.ok(!/<f[ >]/.test(xml(name)), `${name} has no formula`)
    type Sheet = { worksheet: { sheetData: { row: { c?: { '@_r': string; v?: number }[] }[] } } }
    const details = parser.parse(xml(sheets.at(-1) as string)) as Sheet
    // column S is the amount
    const amounts = details.worksheet.sheetData.row
      .slice(1)
      .flatMap(({ c = [] }) => c.filter((cell) => /^S\d/.test(cell['@_r'])).map(({ v }) => Number(v ?? 0)))
    assert.ok(Math.abs(amounts.reduce((sum, amount) => sum + amount, 0) - json.report.totals.total) < 1e-9)
    const summary = xml(sheets[0] as string)
    for (const figure of [json.report.totals.total, json.report.totals.net, json.report.totals.gross])
      assert.ok(summary.includes(`<v>${figure}</v>`), String(figure))
  })

  describe('as a document', () => {
    needs('/usr/bin/pdftotext', 'poppler-utils')
    for (const language of ['it', 'en'] as const)
      it(`has the same figures, in ${language}`, async () => {
        const file = join(directory(), `${language}.pdf`)
        writeFileSync(file, await bytes('pdf', report, language))
        const { stdout } = spawnSync('pdftotext', ['-layout', file, '-'], { encoding: 'utf8' })
        const { totals, lines } = json.report
        const locale = language === 'it' ? 'it-IT' : 'en-GB'
        const fixed = (digits: number) =>
          new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: 'always' })
        for (const amount of [...lines.map((line) => line.amount), totals.total, totals.adjustments])
          assert.ok(stdout.includes(fixed(6).format(amount)), String(amount))
        for (const coin of [totals.net, totals.vat, totals.gross]) assert.ok(stdout.includes(fixed(2).format(coin)), String(coin))
        assert.match(stdout, language === 'it' ? /ottobre 2026[\s\S]*chiuso/ : /October 2026[\s\S]*closed/)
        assert.match(stdout, language === 'it' ? /Pagina 1 di [23]/ : /Page 1 of [23]/)
        assert.match(stdout, /Łódź/)
        // every amount of a group is on paper, and they add up
        const information = spawnSync('pdfinfo', [file], { encoding: 'utf8' }).stdout
        assert.match(information, /Page size:\s+595\.28 x 841\.89 pts \(A4\)/)
        assert.match(information, /Title:\s+(Rendiconto|Usage report)/)
        const fonts = spawnSync('pdffonts', [file], { encoding: 'utf8' }).stdout.split('\n').slice(2).filter(Boolean)
        assert.ok(fonts.length >= 3)
        for (const font of fonts) assert.match(font, /(Titillium|RobotoMono|Roboto Mono).* yes yes yes /i)
      })
  })

  it('without prices has hours and no amounts', async () => {
    const bare = (await composeReport(depsOf(db, clock, null), everything, {
      subject: { kind: 'project', id: 'p2' },
      from: october.from,
      to: october.to - 1,
      by: ['instance'],
      hosts: true,
      madeBy: 'Anna',
    })) as Report
    assert.equal(bare.payable, null)
    const told = JSON.parse(await text('json', bare)) as { report: { totals: null }; rows: { hours: number; charges: [] }[] }
    assert.equal(told.report.totals, null)
    assert.ok((told.rows[0]?.hours ?? 0) > 744)
    assert.ok((await bytes('pdf', bare)).length > 10_000)
    assert.ok((await bytes('xlsx', bare)).length > 1000)
  })

  it('of a project out of scope does not exist; names of machines are for those who may know them', async () => {
    const query = { subject: { kind: 'project', id: 'p1' }, ...october, by: ['instance'], hosts: false, madeBy: 'x' } as const
    assert.equal(await composeReport(depsOf(db, clock, book), { projects: ['p2'] }, query), null)
    const own = (await composeReport(depsOf(db, clock, book), { projects: ['p1'] }, query)) as Report
    assert.ok(!(await text('csv', own)).includes('hv-1') && !(await text('json', own)).includes('hv-1'))
    const cloud = (await composeReport(
      depsOf(db, clock, book),
      { projects: ['p2'] },
      { ...query, subject: { kind: 'cloud', id: null } },
    )) as Report
    assert.deepEqual([...new Set(cloud.rows.map(({ project }) => project))], ['p2'])
    assert.deepEqual(cloud.adjustments, [])
  })

  it('cannot be made of what is no month', async () => {
    await assert.rejects(
      closeMonth(depsOf(db, clock, book), { month: '2026-13', by: 'x', settleMs: 0, gaps: 'refuse' }),
      AppError,
    )
  })
})

/** RFC 4180, by its grammar and nothing of ours. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = []
  let [row, cell, quoted]: [string[], string, boolean] = [[], '', false]
  const endCell = () => {
    row.push(cell)
    cell = ''
  }
  for (let i = 0; i < text.length; i++) {
    const character = text[i] as string
    if (quoted) {
      if (character === '"' && text[i + 1] === '"') cell += text[++i]
      else if (character === '"') quoted = false
      else cell += character
    } else if (character === '"') quoted = true
    else if (character === ',') endCell()
    else if (character === '\r' && text[i + 1] === '\n') {
      endCell()
      rows.push(row)
      row = []
      i++
    } else cell += character
  }
  return rows
}
