/** Closing calendar months, and rating closed ones again. */

import { everything } from '../model/access.ts'
import { monthBefore, monthOf, monthPeriod } from '../model/calendar-month.ts'
import { type ClosedMonth, changesBetween, type LineChange, linesAfter, linesOf, type NamedRow } from '../model/closed-month.ts'
import { doubtsOf } from '../model/completeness.ts'
import { AppError, type Gap } from '../model/contract.ts'
import { fingerprint, type PriceBook } from '../model/price-book.ts'
import { rate } from '../model/rating.ts'
import { type Asked, heldWithin, type ReportDeps, specsIn, trafficWithin } from './sources.ts'

const all: Asked = { project: null, instance: null }

export type Closing =
  | { outcome: 'closed'; month: ClosedMonth }
  | { outcome: 'was-closed'; month: ClosedMonth }
  /** The month is not over, or the time that late messages get is not. */
  | { outcome: 'too-early'; until: number }
  | { outcome: 'gaps'; gaps: readonly Gap[] }

export interface ClosingOptions {
  month: string
  by: string
  /** How long after its end late messages are waited for. */
  settleMs: number
  gaps: 'refuse' | 'flag'
}

/** Freezes a month for all projects in one transaction: it is closed wholly or not at all, whatever happens meanwhile. */
export async function closeMonth(deps: ReportDeps, { month, by, settleMs, gaps: onGaps }: ClosingOptions): Promise<Closing> {
  const { months, clock, zone } = deps
  const period = periodOf(month, zone)
  const book = bookOf(deps)
  const before = await months.month(month)
  if (before) return { outcome: 'was-closed', month: before }
  const now = clock.now()
  if (period.to + settleMs > now) return { outcome: 'too-early', until: period.to + settleMs }
  const gaps = doubtsOf((await deps.completeness?.gaps(everything, period)) ?? [])
  if (gaps.length > 0 && onGaps === 'refuse') return { outcome: 'gaps', gaps }
  const specs = await specsIn(deps)
  const traffic = await trafficWithin(deps, everything, period, all, book)
  const closed: ClosedMonth = { month, ...period, zone, closedAt: now, closedBy: by, book, fingerprint: fingerprint(book), gaps }
  const done = await months.close(closed, rate(heldWithin(deps, everything, period, all, traffic), book, specs))
  return { outcome: done ? 'closed' : 'was-closed', month: (await months.month(month)) ?? closed }
}

export interface Rerating {
  project: string
  /** With all adjustments so far; 10^-decimals. */
  before: bigint
  after: bigint
  /** Parts of after − before: what arrived or was corrected since, by the closed month's own prices; and what other prices make. */
  byEvents: bigint
  byPrices: bigint
  changes: readonly LineChange[]
}

/** Rates a closed month as it looks now. Changes nothing. Only projects that differ. */
export async function rerate(
  deps: ReportDeps,
  month: string,
  prices: 'closed' | 'current',
): Promise<{ book: PriceBook; projects: Rerating[] }> {
  const closed = await deps.months.month(month)
  if (!closed) throw new AppError('not-found', `${month} is not closed: there is nothing to compare with (specola month close)`)
  const book = prices === 'closed' ? closed.book : bookOf(deps)
  if (book.currency !== closed.book.currency || book.decimals !== closed.book.decimals)
    throw new AppError(
      'config',
      `prices: ${month} was closed in ${closed.book.currency} with ${closed.book.decimals} decimals; it cannot be rated in ${book.currency} with ${book.decimals}`,
    )
  const period = { from: closed.from, to: closed.to }
  const specs = await specsIn(deps)
  const traffic = await trafficWithin(deps, everything, period, all, book)
  const byProject = (rows: Iterable<NamedRow>) => Map.groupBy(rows, ({ project }) => project ?? '')
  const rated = (with_: PriceBook) => byProject(rate(heldWithin(deps, everything, period, all, traffic), with_, specs))
  const same = fingerprint(book) === closed.fingerprint
  const fresh = rated(book)
  const freshAtOldPrices = same ? fresh : rated(closed.book)
  const frozen = byProject(deps.months.rows(everything, { month }))
  const adjustments = Map.groupBy(await deps.months.adjustments(everything, { month }), ({ project }) => project)
  const projects: Rerating[] = []
  for (const project of [...new Set([...frozen.keys(), ...fresh.keys()])].sort()) {
    const old = linesAfter(frozen.get(project) ?? [], adjustments.get(project) ?? [])
    const changes = changesBetween(old, linesOf(fresh.get(project) ?? []))
    if (changes.length === 0) continue
    const [before, after] = [total(old), total(linesOf(fresh.get(project) ?? []))]
    const atOldPrices = total(linesOf(freshAtOldPrices.get(project) ?? []))
    const priced = (adjustments.get(project) ?? []).reduce((sum, { byPrices }) => sum + byPrices, 0n)
    // what earlier adjustments made of prices is no event: a rating by the closed prices tells the two apart
    const byEvents = atOldPrices - (before - priced)
    projects.push({ project, before, after, byEvents, byPrices: after - before - byEvents, changes })
  }
  return { book, projects }
}

const reasonWords = { prices: 'prices changed', events: 'late or corrected facts' } as const

/** Why a project's figure moved, in the words that its adjustment keeps. */
export function reasonOf({ byEvents, byPrices }: Pick<Rerating, 'byEvents' | 'byPrices'>, note: string | null): string {
  const causes = [...(byPrices !== 0n ? [reasonWords.prices] : []), ...(byEvents !== 0n ? [reasonWords.events] : [])]
  const cause = causes.length === 0 ? 'lines moved' : causes.join('; ')
  return note === null ? cause : `${cause}: ${note}`
}

/** Keeps what `rerate` found as dated adjustments; the closed rows stay. */
export async function applyRerating(
  deps: ReportDeps,
  month: string,
  { book, projects }: { book: PriceBook; projects: readonly Rerating[] },
  by: string,
  note: string | null,
): Promise<void> {
  const now = deps.clock.now()
  await deps.months.adjust(
    projects.map((one) => ({
      ...{ month, project: one.project, madeAt: now, madeBy: by, reason: reasonOf(one, note), fingerprint: fingerprint(book) },
      ...{ amountBefore: one.before, amountAfter: one.after, byPrices: one.byPrices, changes: one.changes },
    })),
  )
}

/** Months that are over, settled and open: all since the newest closed one, else the last. Oldest first. */
export async function monthsToClose(
  { months, clock, zone }: Pick<ReportDeps, 'months' | 'clock' | 'zone'>,
  settleMs: number,
): Promise<string[]> {
  const newest = (await months.months())[0]?.month
  const due: string[] = []
  for (let month = monthBefore(monthOf(clock.now(), zone)); due.length < 12; month = monthBefore(month)) {
    if (newest !== undefined ? month <= newest : due.length > 0) break
    if (periodOf(month, zone).to + settleMs <= clock.now()) due.unshift(month)
    else if (newest === undefined) break
  }
  return due
}

const total = (lines: ReadonlyMap<string, { amountAfter: bigint }>): bigint =>
  [...lines.values()].reduce((sum, { amountAfter }) => sum + amountAfter, 0n)

export function periodOf(month: string, zone: string): { from: number; to: number } {
  const period = monthPeriod(month, zone)
  if (!period) throw new AppError('usage', `"${month}" is not a month (write 2026-10)`)
  return period
}

function bookOf({ book }: ReportDeps): PriceBook {
  if (book) return book
  throw new AppError('config', 'no prices are configured: add a section "prices:" (config/example.yaml shows one)')
}
