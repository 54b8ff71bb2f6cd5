/**
 * Segments and a price book → rated rows. Pure.
 *
 * A row is one resource in one state, with one flavor, user and host, under one price list: all its stretches within the period
 * added up to the millisecond. A segment is cut where prices change, never charged by the started hour. Of a row's charges each
 * quantity is rounded once, to a millionth of its unit, and each amount = quantity × unit price is rounded once, to the book's
 * `decimals`. Everything else, rows of any grouping and totals, is the exact sum of those amounts: so the sums over any grouping
 * agree, and every line can be checked with what is printed on it. What is paid (net, VAT, gross) is that sum rounded once to
 * the currency's smallest coin.
 */
import { divideRounded, priceDigits } from './decimal.ts'
import { globFits } from './glob.ts'
import { extraUnits, type InstanceItem, type PriceBook, type PriceItem, priceAfter, type Terms, termsIn } from './price-book.ts'
import type { ResourceKind, ResourceSegment, Segment, StateClass } from './usage.ts'

export type RatedKind = 'instance' | ResourceKind
export type Unit = 'h' | 'vCPU·h' | 'GiB·h' | 'GiB'

export type FlavorSize = NonNullable<Segment['flavor']>

/** Use of one resource in [from, to), in which nothing that can be billed changed. */
export interface Stretch {
  kind: RatedKind
  id: string
  /** What it was called, where its segments say so. */
  name: string | null
  from: number
  to: number
  project: string | null
  user: string | null
  host: string | null
  flavor: FlavorSize | null
  /** Volume type. */
  type: string | null
  /** null: traffic, which has no state. */
  state: StateClass | ResourceSegment['state'] | null
  sizeGib: number | null
  /** Traffic of an instance in this time, bytes; null = this stretch is not about traffic. */
  traffic: { in: number; out: number } | null
}

export interface Charge {
  item: PriceItem
  /** Which flavor, volume type or extra spec. */
  what: string | null
  unit: Unit
  /** 10^-6 units. */
  quantity: bigint
  /** Price of a unit after factor and discount, 10^-9. */
  price: bigint
  /** 10^-decimals of the book. */
  amount: bigint
}

export interface RatedRow extends Omit<Stretch, 'from' | 'to'> {
  /** How long, all stretches together. */
  ms: number
  /** Name of the price list; null = none held. */
  list: string | null
  charges: readonly Charge[]
}

export const quantityDigits = 6
const hourMs = 3_600_000n
const gib = 1024n ** 3n

export const instanceStretch = (segment: Segment & { to: number }): Stretch => ({
  ...{ kind: 'instance', id: segment.instance, name: null, from: segment.from, to: segment.to, state: segment.state },
  ...{ project: segment.project, user: segment.user, host: segment.host, flavor: segment.flavor },
  ...{ type: null, sizeGib: null, traffic: null },
})

export const resourceStretch = (segment: ResourceSegment & { to: number }): Stretch => ({
  ...{ kind: segment.kind, id: segment.id, name: segment.name, from: segment.from, to: segment.to, state: segment.state },
  ...{ project: segment.project, user: segment.user, host: null, flavor: null },
  ...{ type: segment.type, sizeGib: segment.sizeGib, traffic: null },
})

/** The extra specs of a flavor, as far as anybody told them. */
export type SpecsOf = (flavor: FlavorSize) => Readonly<Record<string, string>>

interface Open {
  row: Omit<RatedRow, 'charges'>
  terms: Terms | null
  in: number
  out: number
}

/**
 * Streams: a resource's rows come as soon as its last stretch was read, so stretches of one resource in one project stand
 * together. Without a book the rows have no charges.
 */
export function* rate(stretches: Iterable<Stretch>, book: PriceBook | null, specsOf: SpecsOf = () => ({})): Generator<RatedRow> {
  const termsOf = book && termsIn(book)
  let current = ''
  let open = new Map<string, Open>()
  function* flush(): Generator<RatedRow> {
    for (const one of open.values()) yield close(one, book, specsOf)
    open = new Map()
  }
  for (const stretch of stretches) {
    const resource = `${stretch.project}\0${stretch.kind}\0${stretch.id}`
    if (resource !== current) {
      yield* flush()
      current = resource
    }
    if (!termsOf) add(open, stretch, stretch.from, stretch.to, null)
    else
      for (let from = stretch.from; from < stretch.to; ) {
        const terms = termsOf(stretch.project, from)
        const to = Math.min(stretch.to, terms.until)
        add(open, stretch, from, to, terms)
        from = to
      }
  }
  yield* flush()
}

function add(open: Map<string, Open>, stretch: Stretch, from: number, to: number, terms: Terms | null): void {
  const { flavor, user, host, type, state, sizeGib, traffic } = stretch
  const size = flavor && [flavor.name, flavor.vcpus, flavor.memoryMb, flavor.diskGb]
  const key = JSON.stringify([user, host, type, state, sizeGib, size, terms?.from ?? null, traffic !== null])
  let one = open.get(key)
  if (!one) {
    const { from: _from, to: _to, ...rest } = stretch
    one = { row: { ...rest, ms: 0, list: terms?.list?.name ?? null }, terms, in: 0, out: 0 }
    open.set(key, one)
  }
  one.row.ms += to - from
  if (!traffic) return
  // evenly over the stretch: it is an hour at the most, and prices change at midnight
  const share = (to - from) / (stretch.to - stretch.from)
  one.in += traffic.in * share
  one.out += traffic.out * share
}

function close({ row, terms, in: bytesIn, out }: Open, book: PriceBook | null, specsOf: SpecsOf): RatedRow {
  const traffic = row.traffic && { in: Math.round(bytesIn), out: Math.round(out) }
  const whole = { ...row, traffic }
  if (!book || !terms?.list) return { ...whole, charges: [] }
  const charges = whole.traffic
    ? trafficCharges(whole, terms)
    : whole.kind === 'instance'
      ? instanceCharges(whole, terms, specsOf)
      : resourceCharges(whole, terms)
  return { ...whole, charges: charges.map((charge) => amounted(charge, book)) }
}

/** A quantity as an exact fraction. */
interface Uncounted {
  item: PriceItem
  what: string | null
  unit: Unit
  numerator: bigint
  denominator: bigint
  price: bigint
}

function amounted({ item, what, unit, numerator, denominator, price }: Uncounted, { decimals }: PriceBook): Charge {
  const quantity = divideRounded(numerator * 10n ** BigInt(quantityDigits), denominator)
  const amount = divideRounded(quantity * price * 10n ** BigInt(decimals), 10n ** BigInt(quantityDigits + priceDigits))
  return { item, what, unit, quantity, price, amount }
}

function instanceCharges(row: Omit<RatedRow, 'charges'>, terms: Terms, specsOf: SpecsOf): Uncounted[] {
  const { list, discounts } = terms
  const { flavor } = row
  if (!list || !flavor) return []
  const state = row.state as StateClass
  const ms = BigInt(row.ms)
  const factorOf = (item: InstanceItem) => list.factors[state]?.[item]
  const line = (item: InstanceItem, what: string | null, unit: Unit, size: bigint, price: bigint, per = 1n): Uncounted => ({
    ...{ item, what, unit, numerator: ms * size, denominator: hourMs * per },
    price: priceAfter(price, factorOf(item), item, discounts),
  })
  const named = flavor.name === null ? undefined : list.flavors.find(({ name }) => globFits(name, flavor.name as string))
  const charges: Uncounted[] = []
  if (named) {
    const own = named.states[state]
    const charge = line('flavor', flavor.name, 'h', 1n, named.hour)
    charges.push(own === undefined ? charge : { ...charge, price: priceAfter(own, undefined, 'flavor', discounts) })
  } else {
    if (list.vcpu !== null) charges.push(line('vcpu', null, 'vCPU·h', BigInt(flavor.vcpus), list.vcpu))
    if (list.memory !== null) charges.push(line('memory', null, 'GiB·h', BigInt(flavor.memoryMb), list.memory, 1024n))
    if (list.disk !== null) charges.push(line('disk', null, 'GiB·h', BigInt(flavor.diskGb), list.disk))
  }
  if (list.extras.length > 0) {
    const specs = specsOf(flavor)
    for (const { spec, value, hour } of list.extras) {
      const text = specs[spec]
      const units = text === undefined ? 0n : extraUnits(text, value)
      if (units > 0n) charges.push(line('extra', value === null ? spec : `${spec}=${value}`, 'h', units, hour))
    }
  }
  return charges.filter(({ numerator }) => numerator > 0n)
}

function resourceCharges(row: Omit<RatedRow, 'charges'>, { list, discounts }: Terms): Uncounted[] {
  if (!list || row.kind === 'instance') return []
  const item = row.kind
  const price = item === 'volume' ? list.volumes.find(({ type }) => globFits(type, row.type ?? ''))?.price : list[item]
  if (price === undefined || price === null) return []
  const byHour = item === 'floatingip'
  // sizes are whole GiB but for images, which are told in bytes
  const size = byHour ? gib : BigInt(Math.round((row.sizeGib ?? 0) * 1024 ** 3))
  const what = item === 'volume' ? row.type : null
  const numerator = BigInt(row.ms) * size
  return [
    {
      item,
      what,
      unit: byHour ? 'h' : 'GiB·h',
      numerator,
      denominator: hourMs * gib,
      price: priceAfter(price, undefined, item, discounts),
    },
  ]
}

function trafficCharges(row: Omit<RatedRow, 'charges'>, { list, discounts }: Terms): Uncounted[] {
  const line = (item: 'traffic_in' | 'traffic_out', bytes: number, price: bigint | null): Uncounted[] =>
    price === null || bytes === 0
      ? []
      : [
          {
            item,
            what: null,
            unit: 'GiB',
            numerator: BigInt(bytes),
            denominator: gib,
            price: priceAfter(price, undefined, item, discounts),
          },
        ]
  const { in: bytesIn, out } = row.traffic ?? { in: 0, out: 0 }
  return [...line('traffic_in', bytesIn, list?.trafficIn ?? null), ...line('traffic_out', out, list?.trafficOut ?? null)]
}

/** Amount of a row: the sum of its charges. */
export const amountOf = ({ charges }: Pick<RatedRow, 'charges'>): bigint => charges.reduce((sum, { amount }) => sum + amount, 0n)
