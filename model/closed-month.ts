/** A month as it was closed, and what was found out about it later. */
import type { Gap } from './gap.ts'
import type { PriceBook } from './price-book.ts'
import { amountOf, type RatedRow } from './rating.ts'

/** A rated row whose name was looked up; a frozen one keeps the name that it had then. */
export type NamedRow = RatedRow

export interface ClosedMonth {
  /** `2026-10` */
  month: string
  from: number
  to: number
  zone: string
  closedAt: number
  closedBy: string
  book: PriceBook
  fingerprint: string
  /** Gaps that were known when it was closed. */
  gaps: readonly Gap[]
}

/** One charge, whatever its row: what a later rating is compared by. */
export interface LineChange {
  kind: RatedRow['kind']
  id: string
  name: string | null
  user: string | null
  flavor: string | null
  host: string | null
  state: RatedRow['state']
  item: string
  what: string | null
  /** 10^-6 units. */
  quantityBefore: bigint
  quantityAfter: bigint
  /** 10^-decimals. */
  amountBefore: bigint
  amountAfter: bigint
}

/** What a later rating of one project's closed month gave more or less. The closed rows stay as they are. */
export interface Adjustment {
  id: number
  month: string
  project: string
  madeAt: number
  madeBy: string
  reason: string
  fingerprint: string
  amountBefore: bigint
  amountAfter: bigint
  /** Part of the difference that other prices make; the rest is late or corrected facts. */
  byPrices: bigint
  changes: readonly LineChange[]
}

/** Why an adjustment was made, for words in any language, and what its maker wrote beside. */
export function whyOf({ reason, amountBefore, amountAfter, byPrices }: Omit<Adjustment, 'changes'>): {
  causes: ('prices' | 'events')[]
  note: string
} {
  const events = amountAfter - amountBefore - byPrices
  return {
    causes: [...(byPrices !== 0n ? (['prices'] as const) : []), ...(events !== 0n ? (['events'] as const) : [])],
    note: reason.includes(': ') ? reason.slice(reason.indexOf(': ') + 2) : '',
  }
}

type Line = Omit<LineChange, 'quantityBefore' | 'amountBefore'>

const keyOf = ({
  kind,
  id,
  user,
  flavor,
  host,
  state,
  item,
  what,
}: Omit<LineChange, 'name' | `${string}${'Before' | 'After'}`>) =>
  JSON.stringify([kind, id, user, flavor, host, state, item, what])

/** Charges added up by what they are for; the same line under two prices is one. */
export function linesOf(rows: Iterable<NamedRow>): Map<string, Line> {
  const lines = new Map<string, Line>()
  for (const row of rows)
    for (const { item, what, quantity, amount } of row.charges) {
      const { kind, id, name, user, host, state } = row
      const line = { kind, id, name, user, flavor: row.flavor?.name ?? null, host, state, item, what }
      const key = keyOf(line)
      const known = lines.get(key)
      if (known) {
        known.quantityAfter += quantity
        known.amountAfter += amount
      } else lines.set(key, { ...line, quantityAfter: quantity, amountAfter: amount })
    }
  return lines
}

/** The closed lines as all adjustments since left them. */
export function linesAfter(frozen: Iterable<NamedRow>, adjustments: readonly Adjustment[]): Map<string, Line> {
  const lines = linesOf(frozen)
  for (const { changes } of [...adjustments].sort((a, b) => a.id - b.id))
    for (const change of changes) lines.set(keyOf(change), change)
  return lines
}

/** What differs, in the order of the newer lines; a line that is gone counts nothing any more. */
export function changesBetween(before: ReadonlyMap<string, Line>, after: ReadonlyMap<string, Line>): LineChange[] {
  const keys = new Set([...after.keys(), ...before.keys()])
  return [...keys].flatMap((key): LineChange[] => {
    const [old, fresh] = [before.get(key), after.get(key)]
    const line = (fresh ?? old) as Line
    const change = {
      ...line,
      quantityBefore: old?.quantityAfter ?? 0n,
      quantityAfter: fresh?.quantityAfter ?? 0n,
      amountBefore: old?.amountAfter ?? 0n,
      amountAfter: fresh?.amountAfter ?? 0n,
    }
    return change.amountBefore === change.amountAfter && change.quantityBefore === change.quantityAfter ? [] : [change]
  })
}

export const sumOf = (rows: Iterable<Pick<RatedRow, 'charges'>>): bigint => {
  let sum = 0n
  for (const row of rows) sum += amountOf(row)
  return sum
}

/** JSON in which whole numbers of any size survive: `{"$n":"123"}`. */
export const exactText = (value: unknown): string =>
  JSON.stringify(value, (_key, one: unknown) => (typeof one === 'bigint' ? { $n: one.toString() } : one))
export const fromExactText = <T>(text: string): T =>
  JSON.parse(text, (_key, one: unknown) =>
    typeof one === 'object' && one !== null && '$n' in one ? BigInt(String(one.$n)) : one,
  ) as T
