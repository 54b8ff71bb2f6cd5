import { priceDigits, printDecimal } from '../model/decimal.ts'
import { type Charge, quantityDigits } from '../model/rating.ts'
import type { Report } from '../model/report.ts'
import { listsOf } from './show.ts'

const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString())

/** Amounts are JSON numbers with exactly the digits that every other form shows. */
export async function* jsonOf(report: Report): AsyncGenerator<string> {
  const { rows, ...rest } = report
  yield `{"report":${JSON.stringify(headOf(rest, rows))},"rows":[`
  let pieces: string[] = []
  for (const [index, row] of rows.entries()) {
    const { charges, ms, ...about } = row
    const lines = charges.map((charge) => chargeOf(charge, report.book?.decimals ?? 0))
    pieces.push(`${index === 0 ? '' : ','}\n${JSON.stringify({ ...about, hours: ms / 3_600_000, charges: lines })}`)
    if (pieces.length < 500) continue
    yield pieces.join('')
    pieces = []
  }
  yield `${pieces.join('')}]}\n`
}

function headOf(report: Omit<Report, 'rows'>, rows: Report['rows']) {
  const { subject, from, to, zone, month, status, book, payable, names } = report
  const decimals = book?.decimals ?? 0
  const amount = (value: bigint) => Number(printDecimal(value, decimals))
  const coin = (value: bigint) => Number(printDecimal(value, book?.minorDigits ?? 2))
  return {
    ...{ subject, from: iso(from), to: iso(to), zone, month, status, closed_at: iso(report.closedAt) },
    ...{
      made_at: iso(report.madeAt),
      made_by: report.madeBy,
      currency: book?.currency ?? null,
      decimals: book?.decimals ?? null,
    },
    ...{ price_lists: listsOf({ rows }), fingerprint: report.fingerprint },
    totals: payable && {
      ...{ lines: amount(report.sum), adjustments: amount(report.adjusted), total: amount(report.sum + report.adjusted) },
      ...{ net: coin(payable.net), vat_percent: book?.vat == null ? null : Number(printDecimal(book.vat, priceDigits)) },
      ...{ vat: payable.vat === null ? null : coin(payable.vat), gross: coin(payable.gross) },
    },
    lines: report.lines.map(({ item, what, state, unit, quantity, price, amount: its }) => ({
      ...{ item, what, state, unit, quantity: Number(printDecimal(quantity, quantityDigits)) },
      ...{ unit_price: Number(printDecimal(price, priceDigits)), amount: amount(its) },
    })),
    groups: Object.fromEntries(
      report.groups.map(({ by, rows: groups }) => [
        by,
        groups.map(({ key, name, kind, resources, hours, amount: its, ...used }) => ({
          ...{ key, name: name ?? names.get(key) ?? null, kind, resources, hours },
          ...{ vcpu_hours: used.vcpuHours, memory_gib_hours: used.memoryGibHours, disk_gib_hours: used.diskGibHours },
          ...{ storage_gib_hours: used.storageGibHours, amount: its === null ? null : amount(its) },
        })),
      ]),
    ),
    adjustments: report.adjustments.map((one) => ({
      ...{ id: one.id, project: one.project, made_at: iso(one.madeAt), made_by: one.madeBy, reason: one.reason },
      ...{ before: amount(one.amountBefore), after: amount(one.amountAfter), by_prices: amount(one.byPrices) },
      changes: one.changes.map(({ quantityBefore, quantityAfter, amountBefore, amountAfter, ...line }) => ({
        ...line,
        quantity_before: Number(printDecimal(quantityBefore, quantityDigits)),
        quantity_after: Number(printDecimal(quantityAfter, quantityDigits)),
        ...{ amount_before: amount(amountBefore), amount_after: amount(amountAfter) },
      })),
    })),
    ...{
      nova: report.nova && { hours: report.nova.hours, ledger_hours: report.nova.ledgerHours },
      gaps: report.gaps,
      unpriced_hours: report.unpricedHours,
    },
  }
}

const chargeOf = ({ item, what, unit, quantity, price, amount }: Charge, decimals: number) => ({
  ...{ item, what, unit, quantity: Number(printDecimal(quantity, quantityDigits)) },
  ...{ unit_price: Number(printDecimal(price, priceDigits)), amount: Number(printDecimal(amount, decimals)) },
})
