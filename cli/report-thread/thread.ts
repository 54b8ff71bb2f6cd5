/**
 * The thread of the reports: rating, composing and rendering happen here, on connections of its own, while the main thread goes
 * on answering. Samples belong to the main thread: it is asked for them. Started by `threaded.ts`.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../../model/clock.ts'
import { AppError, type SampleStore } from '../../model/contract.ts'
import type { Report } from '../../model/report.ts'
import { budgets } from '../../reports/budgets.ts'
import { efficiency } from '../../reports/efficiency.ts'
import { closeMonth } from '../../reports/months.ts'
import { reports } from '../../reports/reports.ts'
import { openDatabaseReadOnly, openDatabaseShared } from '../../store/journal/database.ts'
import { monthJournal } from '../../store/journal/months.ts'
import { journalReportDeps } from '../journal-report-deps.ts'
import type { Calls, FromThread, ReportSource, ThreadSettings, ToThread } from './protocol.ts'

if (!parentPort) throw new Error('cli/report-thread/thread.ts is started by threaded.ts, not by itself')
const port = parentPort
const tell = (message: FromThread) => port.postMessage(message)
const { directory, book, zone, budgets: budgetConfig, efficiencyMs } = workerData as ThreadSettings

/** Reports are asked for first and rendered right after: so many are kept for that. */
const keptReports = 2
/** A message to the main thread carries about so much of a file. */
const pieceBytes = 256 * 1024

const asked = new Map<number, PromiseWithResolvers<Awaited<ReturnType<SampleStore['range']>>>>()
let questions = 0
const store: Pick<SampleStore, 'range'> = {
  range(query) {
    const id = ++questions
    const answer = Promise.withResolvers<Awaited<ReturnType<SampleStore['range']>>>()
    asked.set(id, answer)
    tell({ kind: 'range', id, query })
    return answer.promise
  },
}

const db = openDatabaseReadOnly(directory)
const deps = { ...journalReportDeps(db, systemClock), store, book, zone }
const made = reports(deps)
const kept = new Map<number, Report>()
const renderings = new Map<number, AsyncIterator<Uint8Array | string>>()
let numbers = 0

async function compose(scope: ReportSource['scope'], query: ReportSource['query']) {
  const report = await made.report(scope, query)
  if (!report) return null
  const id = ++numbers
  kept.set(id, report)
  if (kept.size > keptReports) kept.delete(kept.keys().next().value as number)
  return { id, report }
}

const calls: Calls = {
  async report(scope, query) {
    const composed = await compose(scope, query)
    if (!composed) return null
    const { rows: _rows, ...report } = composed.report
    return { id: composed.id, report }
  },
  async render({ id, scope, query }, format, language) {
    const report = kept.get(id) ?? (await compose(scope, query))?.report
    if (!report) throw new AppError('not-found', 'what the report is about is no longer there')
    const rendering = ++numbers
    renderings.set(rendering, made.render(report, format, language)[Symbol.asyncIterator]())
    return rendering
  },
  async piece(rendering) {
    const pieces: Uint8Array[] = []
    for (let size = 0; size < pieceBytes; ) {
      const next = await renderings.get(rendering)?.next()
      if (!next || next.done) break
      const piece = Buffer.from(next.value)
      size += piece.length
      pieces.push(piece)
    }
    if (pieces.length === 0) renderings.delete(rendering)
    return pieces.length === 0 ? null : Buffer.concat(pieces)
  },
  async drop(rendering) {
    await renderings.get(rendering)?.return?.()
    renderings.delete(rendering)
  },
  closedMonths: made.closedMonths,
  closedTotals: made.closedTotals,
  adjustments: made.adjustments,
  standings: budgets(budgetConfig, deps).standings,
  findings: efficiency({ windowMs: efficiencyMs }, deps).findings,
  usage: deps.usage.usage,
  parity: deps.usage.parity,
  differences: deps.usage.differences,
  async close(options) {
    const shared = openDatabaseShared(directory)
    try {
      return await closeMonth({ ...deps, months: monthJournal(shared) }, options)
    } finally {
      shared.close()
    }
  },
}

port.on('message', (message: ToThread) => {
  switch (message.kind) {
    case 'call':
      return void answer(message)
    case 'stop':
      db.close()
      return port.close()
    case 'range':
      asked.get(message.id)?.resolve(message.value)
      return void asked.delete(message.id)
    case 'range-failed':
      asked.get(message.id)?.reject(new Error(message.message))
      return void asked.delete(message.id)
  }
})

async function answer({ id, name, args }: Extract<ToThread, { kind: 'call' }>): Promise<void> {
  try {
    const call = calls[name] as (...args: readonly unknown[]) => Promise<unknown>
    tell({ kind: 'answer', id, value: await call(...args) })
  } catch (error) {
    tell({ kind: 'failure', id, message: (error as Error).message, code: error instanceof AppError ? error.code : null })
  }
}
