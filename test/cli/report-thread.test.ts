import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { journalReportDeps } from '../../cli/journal-report-deps.ts'
import { threadedReports } from '../../cli/report-thread/threaded.ts'
import { everything } from '../../model/access.ts'
import { systemClock } from '../../model/clock.ts'
import { AppError, type SampleStore } from '../../model/contract.ts'
import type { ReportFormat, ReportQuery } from '../../model/report.ts'
import { reports } from '../../reports/reports.ts'
import { budgetsSection, priceBook, pricesSection } from '../../reports/section.ts'
import { type Database, openDatabase } from '../../store/journal/database.ts'
import { usageJournal } from '../../store/journal/usage.ts'
import { at, type Life, live } from '../support/report-scene.ts'
import { silentLogger } from '../support/silent-logger.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const hour = 3_600_000
const zone = 'Europe/Rome'
const book = priceBook(
  pricesSection.parse({
    currency: 'EUR',
    vat: 22,
    lists: [{ name: 'thread', vcpu: 0.01, memory: 0.002, network: { out: 0.1 } }],
  }),
  zone,
)
const budgets = budgetsSection.parse([{ project: 'p1', month: 100 }])
const month: ReportQuery = {
  ...{ subject: { kind: 'cloud', id: null }, from: at('2025-10-01T00:00:00+02:00'), to: at('2025-11-01T00:00:00+01:00') },
  ...{ by: ['project', 'instance'], hosts: true, madeBy: 'test' },
}

describe('reports in a thread of their own', function () {
  this.timeout(60_000)
  const directory = temporaryDirectory()
  let db: Database
  let asked = 0
  const store: Pick<SampleStore, 'range'> = {
    async range() {
      asked++
      return { times: [], series: [] }
    },
  }
  const settings = () => ({ directory: directory(), book, zone, budgets, efficiencyMs: 86_400_000 })
  let threaded: ReturnType<typeof threadedReports>
  const here = () => reports({ ...journalReportDeps(db, systemClock), store, book, zone })

  before(() => {
    db = openDatabase(directory())
    const lives = Array.from({ length: 4000 }, (_, n): Life => {
      const from = month.from + n * 1000
      return { instance: `i${n}`, project: `p${n % 20}`, from, to: from + 300 * hour }
    })
    live(db, lives)
    threaded = threadedReports(settings(), { store, logger: silentLogger() })
  })
  after(async () => {
    await threaded.close()
    db.close()
  })

  it('are the same as those made here, with the samples of the main thread', async () => {
    asked = 0
    const theirs = await threaded.reports.report(everything, month)
    assert.equal(asked, 31)
    const ours = await here().report(everything, month)
    assert.ok(ours && theirs)
    const { rows, madeAt: _ours, ...rest } = ours
    const { madeAt: _theirs, ...summary } = theirs
    assert.equal(rows.length, 4000)
    assert.deepEqual(summary, rest)
    assert.equal('rows' in theirs, false)
  })

  for (const format of ['csv', 'json', 'xlsx', 'pdf'] satisfies ReportFormat[])
    it(`make the same ${format}, also when it is asked for late`, async () => {
      const query: ReportQuery = { ...month, subject: { kind: 'project', id: 'p1' } }
      const theirs = await threaded.reports.report(everything, query)
      // others are composed meanwhile: the thread keeps few
      for (const id of ['p2', 'p3', 'p4']) await threaded.reports.report(everything, { ...query, subject: { kind: 'user', id } })
      for (let n = 0; n < 3; n++) await threaded.reports.report(everything, { ...query, by: [], madeBy: `other ${n}` })
      const ours = await here().report(everything, query)
      assert.ok(ours && theirs)
      const text = async (pieces: AsyncIterable<Uint8Array | string>) => {
        const all: Buffer[] = []
        for await (const piece of pieces) all.push(Buffer.from(piece))
        return Buffer.concat(all)
      }
      const [a, b] = [await text(threaded.reports.render(theirs, format, 'it')), await text(here().render(ours, format, 'it'))]
      if (format === 'csv') assert.equal(a.toString(), b.toString())
      else if (format === 'json') {
        const undated = (json: Buffer) => json.toString().replace(/"made_at":\s*"[^"]*"/, '')
        assert.equal(undated(a), undated(b))
      } else assert.deepEqual([a.subarray(0, 4).toString(), a.length > 2000], [b.subarray(0, 4).toString(), true])
      assert.equal(threaded.reports.file(theirs, format).name, `project-p1-2025-10.${format}`)
    })

  it('leave pages their turn: one is answered while the whole cloud is rated', async () => {
    const server = createServer((_req, res) => {
      res.end(String(db.get<{ n: number }>('SELECT count(*) AS n FROM instance')?.n))
    })
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    try {
      const report = threaded.reports.report(everything, month).then(() => 'report')
      const page = fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`).then((res) => res.text())
      assert.equal(await Promise.race([report, page]), '4000')
      assert.equal(await report, 'report')
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })

  it('show a project nothing but its own', async () => {
    const scope = { projects: ['p1'] }
    const report = await threaded.reports.report(scope, month)
    assert.deepEqual(
      report?.groups[0]?.rows.map(({ key }) => key),
      ['p1'],
    )
    assert.equal(await threaded.reports.report(scope, { ...month, subject: { kind: 'instance', id: 'i2' } }), null)
    assert.deepEqual((await threaded.budgets.standings({ projects: ['p2'] })).length, 0)
    assert.equal((await threaded.budgets.standings(scope))[0]?.project, 'p1')
    const query = { view: 'ledger', by: 'project', from: month.from, to: month.to } as const
    assert.deepEqual(await threaded.usage.usage(scope, query), await usageJournal(db, systemClock).usage(scope, query))
  })

  it('close a month in one transaction while the main thread writes', async () => {
    const closing = threaded.closeMonth({ month: '2025-10', by: 'test', settleMs: 0, gaps: 'flag' })
    let written = 0
    let going = true
    const done = closing.finally(() => {
      going = false
    })
    while (going) {
      db.transaction(() => db.run(`INSERT INTO reading_mark (cloud, task, value) VALUES ('t', ?, '1')`, String(written++)))
      await pause(1)
    }
    assert.equal((await done).outcome, 'closed')
    assert.ok(written > 10, String(written))
    assert.equal(db.get<{ n: number }>('SELECT count(*) AS n FROM closed_row')?.n, 4000)
    assert.equal((await threaded.closeMonth({ month: '2025-10', by: 'test', settleMs: 0, gaps: 'flag' })).outcome, 'was-closed')
    assert.equal((await threaded.reports.closedMonths())[0]?.month, '2025-10')
  })

  it('say in words what went wrong, and go on', async () => {
    await assert.rejects(
      threaded.closeMonth({ month: 'nonsense', by: 'test', settleMs: 0, gaps: 'flag' }),
      (error) => error instanceof AppError && error.code === 'usage',
    )
    const broken = threadedReports(settings(), {
      store: { range: async () => Promise.reject(new Error('the store is away')) },
      logger: silentLogger(),
    })
    await assert.rejects(broken.reports.report(everything, { ...month, to: month.to + 1 }), /the store is away/)
    await broken.close()
    await assert.rejects(broken.reports.closedMonths(), /closed/)
  })
})
