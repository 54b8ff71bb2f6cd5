/** What the reports' thread and the main thread tell each other. Everything here can be cloned. */
import type { Scope } from '../../model/access.ts'
import type { Budgets, Efficiency, ErrorCode, Reports, SampleStore, UsageJournal } from '../../model/contract.ts'
import type { PriceBook } from '../../model/price-book.ts'
import type { ReportFormat, ReportQuery, ReportSummary } from '../../model/report.ts'
import type { Closing, ClosingOptions } from '../../reports/months.ts'
import type { BudgetConfig } from '../../reports/section.ts'

/** What the thread is started with. */
export interface ThreadSettings {
  directory: string
  book: PriceBook | null
  zone: string
  budgets: readonly BudgetConfig[]
  efficiencyMs: number
}

/** A report that the thread may still have, and how to make it again when it has not. */
export interface ReportSource {
  id: number
  scope: Scope
  query: ReportQuery
}

/** What the thread is asked to do. */
export interface Calls
  extends Pick<Reports, 'closedMonths' | 'closedTotals' | 'adjustments'>,
    Budgets,
    Efficiency,
    Pick<UsageJournal, 'usage' | 'parity' | 'differences'> {
  report(scope: Scope, query: ReportQuery): Promise<{ id: number; report: ReportSummary } | null>
  /** Begins to render; the number is for `piece` and `drop`. */
  render(source: ReportSource, format: ReportFormat, language: 'it' | 'en'): Promise<number>
  /** The next piece; null after the last. */
  piece(rendering: number): Promise<Uint8Array | null>
  /** Nobody wants the rest. */
  drop(rendering: number): Promise<void>
  close(options: ClosingOptions): Promise<Closing>
}

export type ToThread =
  | { kind: 'call'; id: number; name: keyof Calls; args: readonly unknown[] }
  | { kind: 'stop' }
  /** Answers to what the thread asks: samples, which belong to the main thread. */
  | { kind: 'range'; id: number; value: Awaited<ReturnType<SampleStore['range']>> }
  | { kind: 'range-failed'; id: number; message: string }

export type FromThread =
  | { kind: 'answer'; id: number; value: unknown }
  | { kind: 'failure'; id: number; message: string; code: ErrorCode | null }
  | { kind: 'range'; id: number; query: Parameters<SampleStore['range']>[0] }
