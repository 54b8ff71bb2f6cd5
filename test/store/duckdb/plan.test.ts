import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Segment } from '../../../store/duckdb/catalog.ts'
import { columnName, hotTableName, nameOfColumn, parseHotTable, type Tier, windowMs } from '../../../store/duckdb/names.ts'
import { plan } from '../../../store/duckdb/plan.ts'

const day = 86_400_000
const hour = 3_600_000
const start = 20_000 * day
const segment = (tier: Tier, at = start): Segment => ({
  measurement: 'm',
  day: at,
  tier,
  file: `${(at - start) / day}.${tier}`,
  rows: 1,
  bytes: 1,
  fields: ['f'],
})
const all = (at = start) => [segment('raw', at), segment('5m', at), segment('1h', at)]
const table = (window: number) => ({ measurement: 'm', window, generation: 0, table: `t${window}`, fields: ['f'], frozen: false })

describe('the plan of a query', () => {
  const covers = (title: string, range: { from: number; to: number; step: number | null }, segments: Segment[], want: string[]) =>
    it(title, () => {
      const { raw, rollups } = plan({ segments, tables: [], amendedWindows: new Set() }, range)
      const pieces = [
        ...raw.map(({ source, from, to }) => ({ name: 'file' in source ? source.file : source.table, from, to })),
        ...rollups.map(({ file, from, to }) => ({ name: file, from, to })),
      ]
      const text = pieces
        .sort((a, b) => a.from - b.from)
        .map((p) => `${p.name} ${(p.from - start) / hour}-${(p.to - start) / hour}`)
      assert.deepEqual(text, want)
    })

  covers('takes hours for a day by the hour', { from: start, to: start + day, step: hour }, all(), ['0.1h 0-24'])
  covers('takes raw rows for a step that no cell divides', { from: start, to: start + day, step: 7 * 60_000 }, all(), [
    '0.raw 0-24',
  ])
  covers('puts finer pieces at the edges', { from: start + 1.25 * hour, to: start + 3.5 * hour, step: hour }, all(), [
    '0.5m 1.25-2',
    '0.1h 2-3',
    '0.5m 3-3.5',
  ])
  covers('reads raw rows where not even five minutes fit', { from: start + 1000, to: start + 2000, step: 5 * 60_000 }, all(), [
    `0.raw ${1000 / hour}-${2000 / hour}`,
  ])
  covers(
    'goes from day to day',
    { from: start + 12 * hour, to: start + 36 * hour, step: hour },
    [...all(), ...all(start + day)],
    ['0.1h 12-24', '1.1h 24-36'],
  )
  covers(
    'takes the finest cells where raw rows are gone',
    { from: start, to: start + hour, step: 60_000 },
    [segment('5m'), segment('1h')],
    ['0.5m 0-1'],
  )
  covers('never makes samples out of cells', { from: start, to: start + hour, step: null }, [segment('5m')], [])

  it('covers every instant exactly once', () => {
    const tiers = fc.subarray<Tier>(['raw', '5m', '1h'], { minLength: 1 })
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 * day }),
        fc.integer({ min: 1, max: day }),
        fc.constantFrom(60_000, 300_000, hour, 2 * hour, day),
        tiers,
        tiers,
        (offset, length, step, one, two) => {
          const segments = [...one.map((tier) => segment(tier)), ...two.map((tier) => segment(tier, start + day))]
          const from = start + offset
          const to = from + length
          const { raw, rollups } = plan({ segments, tables: [], amendedWindows: new Set() }, { from, to, step })
          const pieces = [...raw, ...rollups].sort((a, b) => a.from - b.from)
          for (const [i, piece] of pieces.entries()) {
            assert.ok(piece.from < piece.to)
            if (i > 0) assert.equal(piece.from, pieces[i - 1]?.to, 'no gap, no overlap')
          }
          const last = start + 2 * day
          if (from >= last) assert.equal(pieces.length, 0)
          else {
            assert.ok((pieces[0]?.from as number) <= from)
            assert.equal(pieces.at(-1)?.to, Math.min(to, last))
          }
        },
      ),
    )
  })

  it('reads newest versions only where samples were amended, and no roll-ups of that day', () => {
    const known = { segments: all(), tables: [table(start)], amendedWindows: new Set([start]) }
    const touched = plan(known, { from: start, to: start + hour, step: hour })
    assert.deepEqual([touched.amended, touched.rollups.length, touched.raw.length], [true, 0, 2])
    const beside = plan(known, { from: start + windowMs, to: start + windowMs + hour, step: 60_000 })
    assert.equal(beside.amended, false)
  })
})

describe('names on disk', () => {
  it('are plain, and tell what they stand for', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.nat(1e6), fc.nat(99), (measurement, n, generation) => {
        assert.match(columnName(measurement), /^[a-z0-9_]+$/)
        assert.equal(nameOfColumn(columnName(measurement)), measurement)
        const name = { measurement, window: n * windowMs, generation }
        assert.deepEqual(parseHotTable(hotTableName(name)), name)
      }),
    )
  })

  it('keep apart what differs only in case, and what is taken', () => {
    assert.equal(columnName('cpu_percent'), 'cpu_percent')
    const names = ['ts', 'TS', 'Ts', 'sid', 'x_7473', 'a', 'A', 'last_ts']
    assert.equal(new Set(names.map((name) => columnName(name).toLowerCase())).size, names.length)
  })
})
