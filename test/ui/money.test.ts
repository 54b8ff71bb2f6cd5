import assert from 'node:assert/strict'
import type { ReportLine } from '../../model/report.ts'
import { groupLines } from '../../ui/cost-lines.ts'
import { thin } from '../../ui/duration.ts'
import { moneyFormat } from '../../ui/money.ts'
import { firstAndRest } from '../../ui/usage-table.ts'

describe('money on a page', () => {
  const en = moneyFormat('en', { currency: 'EUR', decimals: 6 })
  const it_ = moneyFormat('it', { currency: 'EUR', decimals: 6 })
  const yen = moneyFormat('en', { currency: 'JPY', decimals: 6, minorDigits: 0 })

  it('is read in coins, with all decimals beside it', () => {
    assert.deepEqual(en.amount(232_904_807n), { shown: '232.90', exact: '232.904807' })
    assert.deepEqual(it_.amount(1_232_904_807n), { shown: '1.232,90', exact: '1.232,904807' })
    assert.deepEqual(yen.amount(1_500_000n), { shown: '2', exact: '1.500000' })
    assert.deepEqual(en.quantity(3_881_746_755n), { shown: '3,881.75', exact: '3,881.746755' })
  })

  it('says of less than a coin that it is little, and of nothing that it is nothing', () => {
    assert.deepEqual(en.amount(50n), { shown: `<${thin}0.01`, exact: '0.000050' })
    assert.equal(en.amount(9_999n).shown, `<${thin}0.01`)
    assert.equal(en.amount(10_000n).shown, '0.01')
    assert.equal(en.amount(-50n).shown, `>${thin}-0.01`)
    assert.equal(it_.amount(50n).shown, `<${thin}0,01`)
    assert.equal(yen.amount(999_999n).shown, `<${thin}1`)
    assert.equal(en.amount(0n).shown, '0.00')
  })

  it('keeps figures exact that no floating-point number holds', () => {
    assert.equal(en.amount(9_007_199_254_740_993_000_001n).exact, '9,007,199,254,740,993.000001')
  })
})

describe('lines of a cost', () => {
  const line = (over: Partial<ReportLine>): ReportLine => ({
    ...{ item: 'vcpu', what: null, state: 'running', unit: 'vCPU·h', quantity: 1n, price: 60n, amount: 60n },
    ...over,
  })

  it('are one for each thing that is paid for, most money first, and their sums lose nothing', () => {
    const lines = [
      line({}),
      line({ state: 'stopped', price: 0n, amount: 0n, quantity: 5n }),
      line({ item: 'volume', what: 'ssd', unit: 'GiB·h', amount: 700n }),
      line({ item: 'volume', what: 'hdd', unit: 'GiB·h', amount: 60n }),
    ]
    const groups = groupLines(lines)
    assert.deepEqual(
      groups.map(({ item, what, quantity, prices, amount }) => [item, what, quantity, ...prices, amount]),
      [
        ['volume', 'ssd', 1n, 60n, 60n, 700n],
        ['vcpu', null, 6n, 0n, 60n, 60n],
        ['volume', 'hdd', 1n, 60n, 60n, 60n],
      ],
    )
    const sum = (some: readonly { amount: bigint }[]) => some.reduce((all, { amount }) => all + amount, 0n)
    assert.equal(sum(groups), sum(lines))
  })
})

describe('a long table', () => {
  it('shows the largest lines and folds the rest, but never a handful', () => {
    const many = Array.from({ length: 114 }, (_, index) => index)
    assert.deepEqual(
      [firstAndRest(many), firstAndRest(many.slice(0, 25))].map(({ rows, rest, many: all }) => [rows.length, rest.length, all]),
      [
        [20, 94, 114],
        [25, 0, 25],
      ],
    )
  })
})
