/** The detail table of CSV and XLSX: a line a charge, the same numbers in both. */
import type { Cell } from '../model/csv-text.ts'
import { priceDigits, printDecimal } from '../model/decimal.ts'
import { quantityDigits, type RatedRow } from '../model/rating.ts'
import type { Report } from '../model/report.ts'

/** A decimal that is written as a number: exact digits for CSV, a number for a sheet. */
export interface Decimal {
  text: string
}
export type DetailCell = Cell | Decimal

export const detailColumns = [
  ...(['project', 'project_name', 'kind', 'resource', 'name', 'user', 'user_name', 'flavor', 'host', 'type', 'state'] as const),
  ...(['hours', 'price_list', 'item', 'what', 'unit', 'quantity', 'unit_price', 'amount', 'currency'] as const),
] as const

/** Every line of the report; their amounts add up to the totals, adjustments included. */
export function* detailLines(report: Report): Generator<DetailCell[]> {
  const { rows, names, book, adjustments } = report
  const name = (id: string | null) => (id === null ? null : (names.get(id) ?? null))
  for (const row of rows) {
    const { project, user, kind, id, flavor, host, type, state, list } = row
    const about = [
      project,
      name(project),
      kind,
      id,
      row.name,
      user,
      name(user),
      flavor?.name ?? null,
      host,
      type,
      state,
      hoursOf(row),
      list,
    ]
    if (row.charges.length === 0) yield [...about, null, null, null, null, null, null, book?.currency ?? null]
    for (const { item, what, unit, quantity, price, amount } of row.charges)
      yield [
        ...about,
        ...[item, what, unit, { text: printDecimal(quantity, quantityDigits, 0) }, { text: printDecimal(price, priceDigits, 2) }],
        ...[{ text: printDecimal(amount, book?.decimals ?? 0) }, book?.currency ?? null],
      ]
  }
  for (const { project, id, reason, amountBefore, amountAfter } of adjustments)
    yield [
      ...[
        project,
        name(project),
        'adjustment',
        String(id),
        reason,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        'adjustment',
        null,
        null,
        null,
        null,
      ],
      ...[{ text: printDecimal(amountAfter - amountBefore, book?.decimals ?? 0) }, book?.currency ?? null],
    ]
}

/** To the millisecond; the first charge of a row says nothing else about time. */
const hoursOf = ({ ms, traffic }: RatedRow): DetailCell =>
  traffic ? null : { text: (ms / 3_600_000).toFixed(6).replace(/\.?0+$/, '') }
