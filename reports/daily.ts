/** What each day of a period cost, for the bars of a chart. */
import type { Scope } from '../model/access.ts'
import { type NamedRow, sumOf } from '../model/closed-month.ts'
import type { Period } from '../model/contract.ts'
import type { PriceBook } from '../model/price-book.ts'
import { daysWithin } from '../model/range.ts'
import { rate, type Stretch } from '../model/rating.ts'
import type { Report } from '../model/report.ts'
import { type Asked, heldWithin, type ReportDeps, specsIn } from './sources.ts'

const daysAtMost = 62
/** More than these would cost more time than bars are worth. */
const stretchesAtMost = 20_000

/**
 * Days of the zone, each rated by itself from the ledger, traffic left out; null when the period is too short or too long for bars,
 * or too much is in it.
 */
export async function dailyValues(
  deps: ReportDeps,
  scope: Scope,
  period: Period,
  asked: Asked,
  book: PriceBook | null,
  belongs: (row: NamedRow) => boolean,
): Promise<Report['days']> {
  const days = period.to > period.from ? daysWithin(period, deps.zone) : []
  if (days.length < 2 || days.length > daysAtMost) return null
  const specs = await specsIn(deps)
  const stretches: Stretch[] = []
  for (const stretch of heldWithin(deps, scope, period, asked, [])) {
    stretches.push(stretch)
    if (stretches.length > stretchesAtMost) return null
  }
  return days.map((day) => {
    const rows = [...rate(clipped(stretches, day), book, specs)].filter(belongs)
    const value = book
      ? Number(sumOf(rows))
      : rows.reduce((sum, { kind, ms }) => sum + (kind === 'instance' ? ms : 0), 0) / 3_600_000
    return { ...day, value }
  })
}

export function* clipped(stretches: Iterable<Stretch>, { from, to }: Period): Generator<Stretch> {
  for (const stretch of stretches)
    if (stretch.from < to && stretch.to > from)
      yield { ...stretch, from: Math.max(stretch.from, from), to: Math.min(stretch.to, to) }
}
