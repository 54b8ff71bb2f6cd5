/** The lines of a report as a page tells them: first what one pays for, most money first; then every line, with all its decimals. */
import type { ReportLine } from '../model/report.ts'
import type { MoneyFormat } from './money.ts'
import type { Visit } from './visit.ts'

type Line = Pick<ReportLine, 'item' | 'what' | 'state' | 'unit' | 'quantity' | 'price' | 'amount'>

export interface LineGroup {
  item: Line['item']
  what: string | null
  unit: string
  quantity: bigint
  /** Lowest and highest unit price of its lines. */
  prices: readonly [bigint, bigint]
  amount: bigint
}

/** One group for each thing that is paid for, whatever states it was in. Sums are exact, so they add up to the sum of the lines. */
export function groupLines(lines: readonly Line[]): LineGroup[] {
  const groups = new Map<string, LineGroup>()
  for (const { item, what, unit, quantity, price, amount } of lines) {
    const key = JSON.stringify([item, what, unit])
    const known = groups.get(key)
    const [low, high] = known?.prices ?? [price, price]
    groups.set(key, {
      ...{ item, what, unit, quantity: (known?.quantity ?? 0n) + quantity, amount: (known?.amount ?? 0n) + amount },
      prices: [price < low ? price : low, price > high ? price : high],
    })
  }
  // a stable sort: what costs the same stays in the report's order
  return [...groups.values()].sort((a, b) => (a.amount === b.amount ? 0 : b.amount > a.amount ? 1 : -1))
}

export function costLines({ t }: Pick<Visit, 't'>, lines: readonly Line[], money: MoneyFormat) {
  const groups = groupLines(lines).map(({ item, what, unit, quantity, prices: [low, high], amount }) => ({
    title: t(`cost.item.${item}`),
    what,
    unit,
    quantity: money.quantity(quantity),
    price: low === high ? money.price(low) : `${money.price(low)} – ${money.price(high)}`,
    amount: money.amount(amount),
  }))
  return {
    groups,
    lines: lines.map(({ item, what, state, unit, quantity, price, amount }) => ({
      title: t(`cost.item.${item}`),
      what,
      state: state === null || state === 'running' || state === 'in_use' ? null : t(`cost.state.${state}`),
      ...{ unit, quantity: money.quantity(quantity).exact, price: money.price(price), amount: money.amount(amount).exact },
    })),
  }
}
