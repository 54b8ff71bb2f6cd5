/** Price lists with their validity, and what holds for a project at an instant. Prices are whole numbers of 10^-9 currency units. */
import { createHash } from 'node:crypto'
import { divideRounded, priceUnit } from './decimal.ts'
import { globFits } from './glob.ts'
import type { StateClass } from './usage.ts'

/** What is charged. */
export const priceItems = [
  ...(['flavor', 'vcpu', 'memory', 'disk', 'extra', 'volume', 'snapshot', 'backup', 'image', 'floatingip'] as const),
  ...(['traffic_in', 'traffic_out'] as const),
] as const
export type PriceItem = (typeof priceItems)[number]

/** Parts of an instance's price that may count differently by state. */
export type InstanceItem = 'flavor' | 'vcpu' | 'memory' | 'disk' | 'extra'

export interface FlavorPrice {
  /** `*` stands for any text. */
  name: string
  hour: bigint
  /** An own price an hour in some states, in place of `hour` times the list's factor. */
  states: Partial<Record<StateClass, bigint>>
}

/** A price for each unit of a flavor's extra spec: a GPU, a licence, a pinned CPU policy. */
export interface ExtraPrice {
  spec: string
  /** Which alias or value; null = any. */
  value: string | null
  hour: bigint
}

export interface PriceList {
  name: string
  /** Epoch ms, [from, until); null = without an end. */
  from: number | null
  until: number | null
  /** Ids of the projects whose own list this is; null = the list for everybody else. */
  projects: readonly string[] | null
  /** First that fits. A flavor with a price of its own does not pay for vCPUs, memory and disk beside it. */
  flavors: readonly FlavorPrice[]
  vcpu: bigint | null
  memory: bigint | null
  disk: bigint | null
  /** By volume type, first that fits. */
  volumes: readonly { type: string; price: bigint }[]
  snapshot: bigint | null
  backup: bigint | null
  image: bigint | null
  floatingip: bigint | null
  trafficIn: bigint | null
  trafficOut: bigint | null
  extras: readonly ExtraPrice[]
  /** Factors (10^-9) by state and part; what is not named counts whole. */
  factors: Partial<Record<StateClass, Partial<Record<InstanceItem, bigint>>>>
}

export interface Discount {
  projects: readonly string[]
  /** Percent, 10^-9. */
  percent: bigint
  from: number | null
  until: number | null
  /** null = everything. */
  items: readonly PriceItem[] | null
}

export interface PriceBook {
  /** ISO 4217. */
  currency: string
  /** Decimals of the amount of a line. */
  decimals: number
  /** Decimals of what is paid: 2 for EUR, 0 for JPY. */
  minorDigits: number
  /** Percent, 10^-9; null = amounts bear no VAT. */
  vat: bigint | null
  /** Zone in which the dates of validity begin. */
  zone: string
  lists: readonly PriceList[]
  discounts: readonly Discount[]
}

/** What holds for one project in [from, until). */
export interface Terms {
  from: number
  until: number
  list: PriceList | null
  discounts: readonly Discount[]
}

const holds = ({ from, until }: { from: number | null; until: number | null }, time: number) =>
  (from === null || from <= time) && (until === null || time < until)

/** Names a price book by all that decides about amounts: 16 hex digits. */
export function fingerprint(book: PriceBook): string {
  const text = JSON.stringify(book, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

/** Looks terms up; remembers them per project, so that a segment costs a comparison. */
export function termsIn(book: PriceBook): (project: string | null, time: number) => Terms {
  const moments = [...book.lists, ...book.discounts].flatMap(({ from, until }) => [from, until])
  const boundaries = [...new Set(moments.filter((time) => time !== null))].sort((a, b) => a - b)
  const newest = new Map<string | null, Terms>()
  return (project, time) => {
    const known = newest.get(project)
    if (known && known.from <= time && time < known.until) return known
    const after = boundaries.findIndex((boundary) => boundary > time)
    const own = book.lists.find((list) => project !== null && list.projects?.includes(project) && holds(list, time))
    const terms: Terms = {
      from: (after === -1 ? boundaries.at(-1) : boundaries[after - 1]) ?? Number.NEGATIVE_INFINITY,
      until: after === -1 ? Number.POSITIVE_INFINITY : (boundaries[after] as number),
      list: own ?? book.lists.find((list) => list.projects === null && holds(list, time)) ?? null,
      discounts: book.discounts.filter(
        (discount) => project !== null && discount.projects.includes(project) && holds(discount, time),
      ),
    }
    if (newest.size > 100_000) newest.clear()
    newest.set(project, terms)
    return terms
  }
}

/** A price after the factor of a state and the project's discount: rounded once, to nine digits. The first discount that fits counts. */
export function priceAfter(price: bigint, factor: bigint | undefined, item: PriceItem, discounts: readonly Discount[]): bigint {
  const percent = discounts.find(({ items }) => items === null || items.includes(item))?.percent ?? 0n
  return divideRounded(price * (factor ?? priceUnit) * (100n * priceUnit - percent), priceUnit * 100n * priceUnit)
}

/**
 * How many units of an extra spec a flavor has. `pci_passthrough:alias` = "a100:2,nic:1" counts what the alias names;
 * `resources:VGPU` = "1" is a number; any other text (`hw:cpu_policy` = "dedicated") counts one when it fits.
 */
export function extraUnits(text: string, wanted: string | null): bigint {
  const fits = (value: string) => wanted === null || globFits(wanted, value)
  const pairs = text.split(',').map((part) => /^\s*([^:]+):(\d{1,6})\s*$/.exec(part))
  if (pairs.every((pair) => pair !== null))
    return pairs.filter((pair) => fits(pair[1] as string)).reduce((sum, pair) => sum + BigInt(pair[2] as string), 0n)
  if (/^\d{1,6}$/.test(text) && wanted === null) return BigInt(text)
  return fits(text) ? 1n : 0n
}
