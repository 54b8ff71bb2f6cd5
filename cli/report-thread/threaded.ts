/** Reports in a thread of their own: rating a cloud takes a second of a processor, in which every page would wait. */
import { Worker } from 'node:worker_threads'
import {
  AppError,
  type Budgets,
  type Efficiency,
  type Logger,
  type Reports,
  type SampleStore,
  type UsageJournal,
} from '../../model/contract.ts'
import type { ReportSummary } from '../../model/report.ts'
import type { Closing, ClosingOptions } from '../../reports/months.ts'
import { reportFile } from '../../reports/reports.ts'
import type { Calls, FromThread, ReportSource, ThreadSettings, ToThread } from './protocol.ts'

export interface ThreadedReports {
  reports: Reports
  budgets: Budgets
  efficiency: Efficiency
  /** What of the usage journal reads a whole cloud. */
  usage: Pick<UsageJournal, 'usage' | 'parity' | 'differences'>
  /** One transaction: a month is closed wholly or not at all. */
  closeMonth(options: ClosingOptions): Promise<Closing>
  /** Waits for nothing: what is asked for fails. */
  close(): Promise<void>
}

interface Deps {
  store: Pick<SampleStore, 'range'>
  logger: Pick<Logger, 'warn'>
}

/** The thread is started when it is first needed, and anew after it died. The journal must be of the newest schema. */
export function threadedReports(settings: ThreadSettings, { store, logger }: Deps): ThreadedReports {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  /** How to get at a report that the thread composed. */
  const sources = new WeakMap<ReportSummary, ReportSource>()
  let thread: Worker | null = null
  let closed = false
  let numbers = 0

  function started(): Worker {
    if (closed) throw new Error('the reports are closed')
    if (thread) return thread
    const fresh = new Worker(new URL('./thread.ts', import.meta.url), { workerData: settings })
    fresh.on('message', (message: FromThread) => take(message, fresh))
    fresh.on('error', (error) => logger.warn(`the thread of the reports died: ${error.message}`))
    fresh.on('exit', () => {
      if (thread === fresh) thread = null
      for (const { reject } of waiting.values()) reject(new Error('the thread of the reports ended'))
      waiting.clear()
    })
    thread = fresh
    return fresh
  }

  function take(message: FromThread, from: Worker): void {
    if (message.kind === 'range') return void samples(message, from)
    const one = waiting.get(message.id)
    waiting.delete(message.id)
    if (message.kind === 'answer') one?.resolve(message.value)
    else one?.reject(message.code === null ? new Error(message.message) : new AppError(message.code, message.message))
  }

  async function samples({ id, query }: Extract<FromThread, { kind: 'range' }>, from: Worker): Promise<void> {
    const tell = (message: ToThread) => from.postMessage(message)
    try {
      tell({ kind: 'range', id, value: await store.range(query) })
    } catch (error) {
      tell({ kind: 'range-failed', id, message: (error as Error).message })
    }
  }

  const ask = <N extends keyof Calls>(name: N): Calls[N] =>
    (async (...args: readonly unknown[]) => {
      const id = ++numbers
      const answer = Promise.withResolvers<unknown>()
      const to = started()
      waiting.set(id, answer)
      to.postMessage({ kind: 'call', id, name, args } satisfies ToThread)
      return answer.promise
    }) as unknown as Calls[N]

  async function* render(report: ReportSummary, ...how: Parameters<Reports['render']> extends [unknown, ...infer R] ? R : never) {
    const source = sources.get(report)
    if (!source) throw new Error('not a report of this thread')
    const rendering = await ask('render')(source, ...how)
    let over = false
    try {
      for (;;) {
        const piece = await ask('piece')(rendering)
        over = piece === null
        if (piece === null) return
        yield piece
      }
    } finally {
      if (!over && !closed) await ask('drop')(rendering).catch(() => undefined) // the thread died, and the rest with it
    }
  }

  return {
    reports: {
      async report(scope, query) {
        const found = await ask('report')(scope, query)
        if (found) sources.set(found.report, { id: found.id, scope, query })
        return found?.report ?? null
      },
      render,
      file: reportFile,
      closedMonths: ask('closedMonths'),
      closedTotals: ask('closedTotals'),
      adjustments: ask('adjustments'),
    },
    budgets: { standings: ask('standings') },
    efficiency: { findings: ask('findings') },
    usage: { usage: ask('usage'), parity: ask('parity'), differences: ask('differences') },
    closeMonth: ask('close'),
    async close() {
      closed = true
      await thread?.terminate()
    },
  }
}
