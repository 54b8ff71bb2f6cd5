import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { everything } from '../../model/access.ts'
import { printDecimal } from '../../model/decimal.ts'
import { composeReport } from '../../reports/compose.ts'
import { applyRerating, closeMonth, monthsToClose, rerate } from '../../reports/months.ts'
import { type Database, openDatabase } from '../../store/journal/database.ts'
import { at, bookOf, depsOf, fixedClock, large, live, plainBook } from '../support/report-scene.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const october = { from: at('2026-10-01T00:00:00+02:00'), to: at('2026-11-01T00:00:00+01:00') }
const november20 = fixedClock(at('2026-11-20T12:00:00+01:00'))

describe('closing a month', () => {
  const root = temporaryDirectory()
  let db: Database
  beforeEach(() => {
    db = openDatabase(mkdtempSync(join(root(), 'journal-')))
  })
  afterEach(() => db.close())

  const deps = (book = plainBook, clock = november20, more = {}) => depsOf(db, clock, book, more)
  const close = (its = deps(), gaps: 'refuse' | 'flag' = 'refuse') =>
    closeMonth(its, { month: '2026-10', by: 'test', settleMs: 3 * 86_400_000, gaps })
  const report = (its = deps(), project = 'p1') =>
    composeReport(its, everything, {
      subject: { kind: 'project', id: project },
      ...october,
      by: ['instance', 'user', 'flavor', 'host'],
      hosts: true,
      madeBy: 'test',
    })
  const shown = async (its = deps(), project = 'p1') => {
    const made = await report(its, project)
    return made && [made.status, printDecimal(made.sum + made.adjusted, 6), made.adjustments.map(({ reason }) => reason)]
  }

  it('counts the 745 hours of an October with a change of the clock', async () => {
    live(db, [{ instance: 'i1', from: at('2026-09-01T00:00:00Z'), to: null }])
    await close()
    // 745 h × (1 × 0.01 + 2 × 0.002 + 20 × 0.0001)
    assert.deepEqual(await shown(), ['closed', '11.920000', []])
    const [row] = [...deps().months.rows(everything, { month: '2026-10' })]
    assert.equal(row?.ms, 745 * 3_600_000)
    assert.equal(row?.name, 'i1')
  })

  it('waits until late messages had their time, and never before the month is over', async () => {
    for (const now of ['2026-10-20T00:00:00Z', '2026-11-03T22:59:59Z']) {
      const closing = await close(deps(plainBook, fixedClock(at(now))))
      assert.deepEqual(closing, { outcome: 'too-early', until: at('2026-11-03T23:00:00Z') })
    }
    assert.equal((await close(deps(plainBook, fixedClock(at('2026-11-03T23:00:00Z'))))).outcome, 'closed')
  })

  it('refuses a month with gaps, or marks it', async () => {
    const gap = {
      kind: 'away',
      service: 'nova',
      host: null,
      from: october.from,
      to: october.from + 60_000,
      count: null,
      loss: 'possible',
      cause: 'broker',
    } as const
    const watched = deps(plainBook, november20, { completeness: { hours: async () => [], gaps: async () => [gap] } })
    assert.deepEqual(await close(watched), { outcome: 'gaps', gaps: [gap] })
    assert.equal((await close(watched, 'flag')).outcome, 'closed')
    assert.deepEqual((await report(watched))?.gaps ?? (await watched.months.month('2026-10'))?.gaps, [gap])
  })

  it('closes once; nothing changes a closed month, not even SQL', async () => {
    live(db, [{ instance: 'i1', from: october.from, to: null }])
    assert.equal((await close()).outcome, 'closed')
    assert.equal((await close(deps(bookOf([{ name: 'dear', vcpu: 9 }])))).outcome, 'was-closed')
    for (const sql of [
      `UPDATE closed_row SET amount = '0'`,
      'DELETE FROM closed_row',
      `UPDATE closed_month SET fingerprint = ''`,
      'DELETE FROM closed_month',
    ])
      assert.throws(() => db.run(sql), /never changed/)
  })

  it('shows a closed month as it was closed, whatever prices and events say now', async () => {
    live(db, [{ instance: 'i1', from: october.from, to: null }])
    await close()
    const before = await shown()
    live(db, [{ instance: 'i2', from: october.from, to: null }])
    assert.deepEqual(await shown(deps(bookOf([{ name: 'dear', vcpu: 9 }]))), before)
  })

  it('tells late facts from changed prices when a month is rated again, and keeps both as adjustments', async () => {
    live(db, [
      { instance: 'i1', from: october.from, to: october.from + 100 * 3_600_000 },
      { instance: 'i9', project: 'p2', from: october.from, to: october.to },
    ])
    await close()
    live(db, [{ instance: 'late', flavor: large, from: october.from, to: october.from + 10 * 3_600_000 }])
    const late = await rerate(deps(), '2026-10', 'current')
    assert.deepEqual(
      late.projects.map(({ project, before, after, byEvents, byPrices }) => [project, before, after, byEvents, byPrices]),
      // 10 h × (4 × 0.01 + 8 × 0.002 + 80 × 0.0001) = 0.64
      [['p1', 1_600_000n, 2_240_000n, 640_000n, 0n]],
    )
    await applyRerating(deps(), '2026-10', late, 'anna', 'the bus was away')
    assert.deepEqual((await rerate(deps(), '2026-10', 'current')).projects, [], 'what was adjusted differs no more')

    const dearer = deps(bookOf([{ name: 'Listino', vcpu: 0.02, memory: 0.002, disk: 0.0001, states: { stopped: { vcpu: 0 } } }]))
    const prices = await rerate(dearer, '2026-10', 'current')
    assert.deepEqual(
      prices.projects.map(({ project, byEvents, byPrices }) => [project, byEvents, byPrices]),
      [
        ['p1', 0n, 1_400_000n],
        ['p2', 0n, 7_450_000n],
      ],
    )
    await applyRerating(dearer, '2026-10', prices, 'anna', null)
    assert.deepEqual(await shown(), ['closed', '3.640000', ['late or corrected facts: the bus was away', 'prices changed']])
    // a later fact, rated with the newer prices: the part of the prices is not told again
    live(db, [{ instance: 'later', from: october.from, to: october.from + 3_600_000 }])
    const [again] = (await rerate(dearer, '2026-10', 'current')).projects
    assert.deepEqual([again?.byEvents, again?.byPrices], [16_000n, 10_000n])
    assert.equal((await rerate(deps(), '2026-10', 'closed')).projects.length, 2)
  })

  it('agrees with itself by every grouping, closed and open', async () => {
    live(db, [
      { instance: 'i1', user: 'u1', from: october.from, to: october.from + 1_234_567 },
      { instance: 'i1', user: 'u2', host: 'hv-2', flavor: large, from: october.from + 1_234_567, to: october.from + 99_999_999 },
      { instance: 'i2', user: 'u2', state: 'stopped', from: october.from + 7, to: null },
    ])
    const sums = async () => {
      const made = await report()
      return [
        made?.sum,
        ...(made?.groups ?? []).map(({ rows }) => rows.reduce((sum, { amount }) => sum + (amount ?? 0n), 0n)),
        made?.lines.reduce((sum, { amount }) => sum + amount, 0n),
      ]
    }
    const open = await sums()
    assert.equal(new Set(open).size, 1)
    await close()
    assert.deepEqual(await sums(), open)
  })

  it('catches up with all months since the newest closed one, oldest first', async () => {
    assert.deepEqual(await monthsToClose(deps(), 0), ['2026-10'])
    live(db, [{ instance: 'i1', from: october.from, to: null }])
    await close()
    const later = deps(plainBook, fixedClock(at('2027-01-02T00:00:00Z')))
    assert.deepEqual(await monthsToClose(later, 3 * 86_400_000), ['2026-11'])
    assert.deepEqual(await monthsToClose(later, 0), ['2026-11', '2026-12'])
  })
})
