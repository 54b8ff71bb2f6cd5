import assert from 'node:assert/strict'
import fc from 'fast-check'
import { parseDecimal, printDecimal } from '../../model/decimal.ts'
import { payable } from '../../model/payable.ts'
import { extraUnits, fingerprint } from '../../model/price-book.ts'
import { amountOf, instanceStretch, type RatedRow, rate, resourceStretch, type Stretch } from '../../model/rating.ts'
import type { ResourceSegment, Segment } from '../../model/usage.ts'
import { priceBook, pricesSection } from '../../reports/section.ts'

const hour = 3_600_000
const october = Date.parse('2026-10-01T00:00:00+02:00')

const bookOf = (lists: object[], more: object = {}) =>
  priceBook(pricesSection.parse({ currency: 'EUR', vat: 22, decimals: 4, lists, ...more }), 'Europe/Rome')

const segment = (over: Partial<Segment & { to: number }> = {}): Segment & { to: number } => ({
  ...{
    instance: 'i1',
    from: october,
    to: october + hour,
    state: 'running',
    host: 'hv-1',
    project: 'p1',
    user: 'u1',
    provenance: 'event',
  },
  flavor: { id: '1', name: 'm1.small', vcpus: 2, memoryMb: 1536, diskGb: 20 },
  ...over,
})

const charged = (rows: Iterable<RatedRow>) =>
  [...rows].flatMap(({ state, charges }) =>
    charges.map(
      ({ item, quantity, unit, price, amount }) =>
        `${state} ${item} ${printDecimal(quantity, 6, 0)} ${unit} × ${printDecimal(price, 9, 0)} = ${printDecimal(amount, 4)}`,
    ),
  )
const priced = (book: ReturnType<typeof bookOf>, ...segments: (Segment & { to: number })[]) =>
  charged(rate(segments.map(instanceStretch), book))

describe('rating', () => {
  it('charges vCPUs, memory and disk by what the flavor has', () => {
    assert.deepEqual(priced(bookOf([{ name: 'a', vcpu: 0.01, memory: 0.002, disk: 0.0001 }]), segment()), [
      'running vcpu 2 vCPU·h × 0.01 = 0.0200',
      'running memory 1.5 GiB·h × 0.002 = 0.0030',
      'running disk 20 GiB·h × 0.0001 = 0.0020',
    ])
  })
  it('charges a flavor with a price of its own by the second, not by the started hour', () => {
    const book = bookOf([{ name: 'a', vcpu: 1, flavors: [{ name: 'm1.*', hour: 0.36 }] }])
    assert.deepEqual(priced(book, segment({ to: october + 61_000 })), ['running flavor 0.016944 h × 0.36 = 0.0061'])
  })
  it('applies factors by state, own prices by state, and discounts', () => {
    const list = { name: 'a', vcpu: 0.01, memory: 0.002, states: { stopped: { vcpu: 0 }, offloaded: 0, shelved: 0.5 } }
    const stopped = priced(bookOf([list]), segment({ state: 'stopped' }))
    assert.deepEqual(stopped, ['stopped vcpu 2 vCPU·h × 0 = 0.0000', 'stopped memory 1.5 GiB·h × 0.002 = 0.0030'])
    const own = bookOf([{ name: 'a', flavors: [{ name: '*', hour: 1, states: { stopped: 0.25 } }], states: { stopped: 0.9 } }])
    assert.deepEqual(priced(own, segment({ state: 'stopped' })), ['stopped flavor 1 h × 0.25 = 0.2500'])
    const less = bookOf([{ name: 'a', vcpu: 0.01 }], { discounts: [{ projects: ['p1'], percent: 10, items: ['vcpu'] }] })
    assert.deepEqual(priced(less, segment()), ['running vcpu 2 vCPU·h × 0.009 = 0.0180'])
    assert.deepEqual(priced(less, segment({ project: 'p2' })), ['running vcpu 2 vCPU·h × 0.01 = 0.0200'])
  })
  it('cuts a segment where a new list begins, at midnight of the zone', () => {
    const book = bookOf([
      { name: 'old', until: '2026-10-25', vcpu: 0.01 },
      { name: 'new', from: '2026-10-25', vcpu: 0.02 },
    ])
    const day = segment({ from: Date.parse('2026-10-24T00:00:00+02:00'), to: Date.parse('2026-10-26T00:00:00+01:00') })
    // the 25th has 25 hours
    assert.deepEqual(priced(book, day), ['running vcpu 48 vCPU·h × 0.01 = 0.4800', 'running vcpu 50 vCPU·h × 0.02 = 1.0000'])
  })
  it('prefers a list of the project itself', () => {
    const book = bookOf([
      { name: 'all', vcpu: 0.01 },
      { name: 'own', projects: ['p1'], vcpu: 0.5 },
    ])
    assert.deepEqual(
      [...rate([instanceStretch(segment()), instanceStretch(segment({ project: 'p2' }))], book)].map(({ list }) => list),
      ['own', 'all'],
    )
  })
  it('charges volumes by type, floating IPs by the hour, and what a flavor has beside', () => {
    const book = bookOf([
      {
        ...{
          name: 'a',
          floatingIp: 0.004,
          volumes: [
            { type: 'ssd', price: 0.0003 },
            { type: '*', price: 0.0001 },
          ],
        },
        extras: [{ spec: 'pci_passthrough:alias', value: 'a100', hour: 1.5 }],
      },
    ])
    const resource = (over: Partial<ResourceSegment>): Stretch =>
      resourceStretch({
        ...{ kind: 'volume', id: 'v1', name: null, from: october, to: october + hour, project: 'p1', user: null, sizeGib: 100 },
        ...{ type: 'ssd', state: 'idle', provenance: 'event' },
        ...over,
      } as ResourceSegment & { to: number })
    assert.deepEqual(
      charged(
        rate([resource({}), resource({ id: 'v2', type: null }), resource({ kind: 'floatingip', id: 'f', sizeGib: null })], book),
      ),
      [
        'idle volume 100 GiB·h × 0.0003 = 0.0300',
        'idle volume 100 GiB·h × 0.0001 = 0.0100',
        'idle floatingip 1 h × 0.004 = 0.0040',
      ],
    )
    const gpus = rate([instanceStretch(segment())], book, () => ({ 'pci_passthrough:alias': 'a100:2,nic:1' }))
    assert.deepEqual(charged(gpus), ['running extra 2 h × 1.5 = 3.0000'])
    assert.deepEqual(
      [extraUnits('3', null), extraUnits('dedicated', 'dedicated'), extraUnits('shared', 'dedicated')],
      [3n, 1n, 0n],
    )
  })
  it('has no charges where no list holds, and none without prices', () => {
    const book = bookOf([{ name: 'later', from: '2027-01-01', vcpu: 1 }])
    for (const with_ of [book, null])
      assert.deepEqual(
        [...rate([instanceStretch(segment())], with_)].map(({ ms, list, charges }) => [ms, list, charges]),
        [[hour, null, []]],
      )
  })
  it('rounds what is paid once, and VAT on that', () => {
    const book = bookOf([{ name: 'a' }])
    assert.deepEqual(payable(123_450n, book), { net: 1235n, vat: 272n, gross: 1507n })
    assert.deepEqual(payable(-123_450n, book), { net: -1235n, vat: -272n, gross: -1507n })
  })
  it('names every other book by another fingerprint', () => {
    assert.notEqual(fingerprint(bookOf([{ name: 'a', vcpu: 0.01 }])), fingerprint(bookOf([{ name: 'a', vcpu: 0.02 }])))
    assert.equal(fingerprint(bookOf([{ name: 'a', vcpu: 0.01 }])), fingerprint(bookOf([{ name: 'a', vcpu: '0.01' }])))
  })
  it('reads back every decimal that it prints', () => {
    fc.assert(
      fc.property(
        fc.bigInt(-(10n ** 15n) + 1n, 10n ** 15n - 1n),
        fc.integer({ min: 0, max: 9 }),
        (units, digits) => parseDecimal(printDecimal(units, digits), digits) === units,
      ),
    )
  })
})

describe('rating, of any history', () => {
  const book = bookOf(
    [
      { name: 'old', until: '2026-10-10', vcpu: '0.0123', memory: '0.00217', states: { stopped: 0.5 } },
      { name: 'new', from: '2026-10-10', flavors: [{ name: 'm1.*', hour: '0.0331' }], disk: '0.00007' },
    ],
    { discounts: [{ projects: ['p2'], percent: 7.5, from: '2026-10-15' }] },
  )
  const pick = <T>(...of: T[]) => fc.constantFrom(...of)
  const flavors = ['m1.small', 'c2.big'].map((name, n) => ({
    id: name,
    name,
    vcpus: n + 1,
    memoryMb: 1536 * (n + 1),
    diskGb: 10,
  }))
  const life = fc.record({
    project: pick('p1', 'p2'),
    start: fc.integer({ min: 0, max: 20 * 24 * hour }),
    parts: fc.array(
      fc.record({
        length: fc.integer({ min: 1, max: 9 * 24 * hour }),
        state: pick('running', 'stopped'),
        flavor: pick(...flavors),
        user: pick('u1', 'u2'),
        host: pick('h1', 'h2'),
      }),
      { minLength: 1, maxLength: 6 },
    ),
  })
  const segmentsOf = (lives: readonly { project: string; start: number; parts: readonly { length: number }[] }[]) =>
    lives.flatMap(({ project, start, parts }, n) => {
      let from = october + start
      return parts.map((part) => {
        const to = from + part.length
        const one = segment({ ...part, instance: `i${n}`, project, from, to })
        from = to
        return one
      })
    })
  const by = (rows: readonly RatedRow[], key: (row: RatedRow) => string | null) => {
    const sums = new Map<string | null, bigint>()
    for (const row of rows) sums.set(key(row), (sums.get(key(row)) ?? 0n) + amountOf(row))
    return [...sums.values()].reduce((a, b) => a + b, 0n)
  }

  it('gives the same sum by project, user, instance, flavor, host and item', () => {
    fc.assert(
      fc.property(fc.array(life, { maxLength: 8 }), (lives) => {
        const rows = [...rate(segmentsOf(lives).map(instanceStretch), book)]
        const items = rows.flatMap(({ charges }) => charges).reduce((sum, { amount }) => sum + amount, 0n)
        for (const key of [
          (r: RatedRow) => r.project,
          (r: RatedRow) => r.user,
          (r: RatedRow) => r.id,
          (r: RatedRow) => r.host,
          (r: RatedRow) => r.flavor?.name ?? null,
        ])
          assert.equal(by(rows, key), items)
      }),
    )
  })
  it('charges the same however a segment is cut into pieces', () => {
    fc.assert(
      fc.property(fc.array(life, { maxLength: 4 }), fc.double({ min: 0.01, max: 0.99, noNaN: true }), (lives, where) => {
        const whole = segmentsOf(lives)
        const pieces = whole.flatMap((one) => {
          const cut = Math.floor(one.from + (one.to - one.from) * where)
          return cut > one.from && cut < one.to
            ? [
                { ...one, to: cut },
                { ...one, from: cut },
              ]
            : [one]
        })
        assert.deepEqual([...rate(pieces.map(instanceStretch), book)], [...rate(whole.map(instanceStretch), book)])
      }),
    )
  })
  it('counts every millisecond once', () => {
    fc.assert(
      fc.property(fc.array(life, { maxLength: 6 }), (lives) => {
        const segments = segmentsOf(lives)
        const rated = [...rate(segments.map(instanceStretch), book)].reduce((sum, { ms }) => sum + ms, 0)
        assert.equal(
          rated,
          segments.reduce((sum, { from, to }) => sum + to - from, 0),
        )
      }),
    )
  })
})
