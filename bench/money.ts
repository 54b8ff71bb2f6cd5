/**
 * A year of a cloud of 10,000 instances in the ledger: how long a month's report takes, how large the process gets, how long
 * closing holds the journal, how long pages wait meanwhile. Figures are of this machine; bars are those of the design: a project's month under a second, the
 * whole cloud's under five.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { threadedReports } from '../cli/report-thread/threaded.ts'
import { everything } from '../model/access.ts'
import { every, systemClock } from '../model/clock.ts'
import type { Reports } from '../model/contract.ts'
import type { ReportQuery } from '../model/report.ts'
import { closeMonth, periodOf } from '../reports/months.ts'
import { reports } from '../reports/reports.ts'
import { priceBook, pricesSection } from '../reports/section.ts'
import type { ReportDeps } from '../reports/sources.ts'
import { type Database, openDatabase } from '../store/journal/database.ts'
import { flavorJournal } from '../store/journal/flavor-specs.ts'
import { inventory } from '../store/journal/inventory.ts'
import { monthJournal } from '../store/journal/months.ts'
import { usageJournal } from '../store/journal/usage.ts'
import type { BenchRow } from './row.ts'

const instances = 10_000
const projects = 100
const months = 12
const zone = 'Europe/Rome'
const month = '2026-06'

export async function run(): Promise<BenchRow[]> {
  const directory = mkdtempSync(join(tmpdir(), 'specola-bench-money-'))
  const db = openDatabase(directory)
  try {
    const segments = fill(db)
    const deps = depsOf(db)
    const made = reports(deps)
    const query = (subject: ReportQuery['subject']): ReportQuery => ({
      subject,
      ...periodOf(month, zone),
      by: ['project', 'instance', 'flavor'],
      hosts: true,
      madeBy: 'bench',
    })
    const report = async (subject: ReportQuery['subject']) => {
      const found = await made.report(everything, query(subject))
      if (!found) throw new Error('the bench has no such report')
      return found
    }
    await report({ kind: 'project', id: 'p0' })
    const project = await timed(() => report({ kind: 'project', id: 'p0' }))
    const cloud = await timed(() => report({ kind: 'cloud', id: null }))
    const file = async (format: 'csv' | 'json' | 'pdf' | 'xlsx') =>
      timed(async () => {
        let size = 0
        for await (const piece of made.render(cloud.result, format, 'en')) size += Buffer.byteLength(piece)
        return size
      })
    const files = { CSV: await file('csv'), JSON: await file('json'), PDF: await file('pdf'), XLSX: await file('xlsx') }
    const stalls = {
      here: await longestPause(made as Reports, query({ kind: 'cloud', id: null })),
      thread: await inThread(directory, deps, query({ kind: 'cloud', id: null })),
    }
    const closing = await timed(() => closeMonth(deps, { month, by: 'bench', settleMs: 0, gaps: 'flag' }))
    const took = (name: string, { ms, cpuMs }: { ms: number; cpuMs: number }, bar?: string): BenchRow => ({
      ...{ name, value: ms, unit: 'ms' },
      note: `${cpuMs} ms CPU${bar === undefined ? '' : `, bar ${bar}`}`,
    })
    const plain = (name: string, value: number, unit: string): BenchRow => ({ name, value, unit })
    const kib = (bytes: number) => `${Math.round(bytes / 1024)} KiB`
    return [
      plain(`segments in a year of ${instances} instances`, segments, ''),
      took(`month of a project (${instances / projects} instances)`, project, '< 1000'),
      took(`month of the whole cloud (${cloud.result.rows.length} rows)`, cloud, '< 5000'),
      ...Object.entries(files).map(([format, one]) => took(`the cloud's month as ${format} (${kib(one.result)})`, one)),
      plain('longest pause of the main thread, cloud and XLSX made there', stalls.here, 'ms'),
      plain('longest pause of the main thread, cloud and XLSX made in their thread', stalls.thread, 'ms'),
      took('closing the month, one transaction', closing),
      plain('largest resident memory of the process', process.resourceUsage().maxRSS / 1024, 'MiB'),
    ]
  } finally {
    db.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** How long the main thread did nothing else, at the worst, while the report and its spreadsheet were made; ms. */
async function longestPause(made: Reports, query: ReportQuery): Promise<number> {
  const over = new AbortController()
  let [longest, last] = [0, systemClock.monotonic()]
  const watching = every(systemClock, 2, over.signal, async () => {
    longest = Math.max(longest, systemClock.monotonic() - last)
    last = systemClock.monotonic()
  })
  const report = await made.report(everything, query)
  if (!report) throw new Error('the bench has no such report')
  for await (const _piece of made.render(report, 'xlsx', 'en'));
  await systemClock.sleep(5) // a pause is counted when it is over
  over.abort()
  await watching
  return Math.round(longest)
}

async function inThread(directory: string, { book }: ReportDeps, query: ReportQuery): Promise<number> {
  const threaded = threadedReports(
    { directory, book, zone, budgets: [], efficiencyMs: 86_400_000 },
    { store: { range: async () => ({ times: [], series: [] }) }, logger: { warn: console.error } },
  )
  try {
    await threaded.reports.closedMonths() // starts it
    return await longestPause(threaded.reports, query)
  } finally {
    await threaded.close()
  }
}

/** Time of the clock, and of the processor: on a busy machine only the second can be compared. */
async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; cpuMs: number; result: T }> {
  const began = performance.now()
  const cpu = process.cpuUsage()
  const result = await work()
  const { user, system } = process.cpuUsage(cpu)
  return { result, ms: Math.round(performance.now() - began), cpuMs: Math.round((user + system) / 1000) }
}

function depsOf(db: Database): ReportDeps {
  const prices = pricesSection.parse({
    currency: 'EUR',
    vat: 22,
    lists: [{ name: 'bench', vcpu: 0.01, memory: 0.002, disk: 0.0001, states: { stopped: { vcpu: 0 } } }],
  })
  return {
    ...{ usage: usageJournal(db, systemClock), inventory: inventory(db), months: monthJournal(db), flavors: flavorJournal(db) },
    ...{ clock: systemClock, zone, book: priceBook(prices, zone) },
  }
}

/** A stop and a start each month, a resize in the middle of the year. */
function fill(db: Database): number {
  const flavor = (vcpus: number) =>
    JSON.stringify({ id: String(vcpus), name: `m${vcpus}`, vcpus, memoryMb: 2048 * vcpus, diskGb: 20 * vcpus })
  const step = (30.4 * 86_400_000) / 3
  const start = periodOf('2026-01', zone).from
  let count = 0
  db.transaction(() => {
    for (let p = 0; p < projects; p++)
      db.run(`INSERT INTO named (kind, id, name, time) VALUES ('project', ?, ?, 0)`, `p${p}`, `project ${p}`)
    for (let n = 0; n < instances; n++) {
      const [project, user, host] = [`p${n % projects}`, `u${n % 300}`, `hv-${n % 200}`]
      db.run(
        `INSERT INTO instance (id, name, project, user, host, flavor, addresses, source, updated_at, launched_at, state) VALUES (?, ?, ?, ?, ?, ?, '[]', 'event', 0, ?, 'active')`,
        ...[`i${n}`, `vm-${n}`, project, user, host, flavor(2), start],
      )
      for (let part = 0; part < months * 3; part++, count++) {
        const from = Math.round(start + part * step + n * 1000)
        db.run(
          `INSERT INTO segment (instance, start, stop, state, flavor, host, project, user, provenance) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'event')`,
          ...[`i${n}`, from, part === months * 3 - 1 ? null : Math.round(start + (part + 1) * step + n * 1000)],
          ...[part % 3 === 1 ? 'stopped' : 'running', flavor(part < 18 ? 2 : 4), host, project, user],
        )
      }
    }
  })
  return count
}
