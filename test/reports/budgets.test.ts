import assert from 'node:assert/strict'
import fc from 'fast-check'
import { z } from 'zod'
import { everything } from '../../model/access.ts'
import type { Notifier, Plugin } from '../../model/contract.ts'
import { forecast } from '../../model/forecast.ts'
import { plugin as budget } from '../../plugins/check-budget/plugin.ts'
import { budgets } from '../../reports/budgets.ts'
import { budgetsSection } from '../../reports/section.ts'
import { openDatabase } from '../../store/journal/database.ts'
import { scene } from '../support/alerting.ts'
import { at, depsOf, fixedClock, large, live } from '../support/report-scene.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const day = 86_400_000

describe('a forecast', () => {
  const pace = { spent: 100, days: [10, 10, 10, 10, 10, 10, 10], nowPerDay: 10, now: 0, monthEnd: 5 * day }
  it('of a project that never changes has no range', () =>
    assert.deepEqual(forecast(pace), { low: 150, expected: 150, high: 150 }))
  it('takes in what was started a moment ago', () =>
    assert.deepEqual(forecast({ ...pace, nowPerDay: 30 }), { low: 150, expected: 200, high: 250 }))
  it('of a project without a past goes by what is there now', () =>
    assert.deepEqual(forecast({ ...pace, spent: 1, days: [] }), { low: 51, expected: 51, high: 51 }))
  it('at the end of the month is what was spent', () =>
    assert.deepEqual(forecast({ ...pace, nowPerDay: 99, now: 5 * day }), { low: 100, expected: 100, high: 100 }))
  it('lies within its range', () => {
    const amount = fc.double({ min: 0, max: 1e6, noNaN: true })
    fc.assert(
      fc.property(amount, fc.array(amount, { maxLength: 7 }), amount, (spent, days, nowPerDay) => {
        const { low, expected, high } = forecast({ ...pace, spent, days, nowPerDay })
        assert.ok(low <= expected + 1e-6 && expected <= high + 1e-6 && low >= spent)
      }),
    )
  })
})

describe('budgets', () => {
  const directory = temporaryDirectory()
  it('are told as far as they are used up, from the ledger and the prices', async () => {
    const db = openDatabase(directory())
    const now = at('2026-11-11T00:00:00+01:00')
    // 0.016 an hour: 240 h in November so far, 480 h to come
    live(db, [
      { instance: 'i1', from: at('2026-10-20T00:00:00+02:00'), to: null },
      { instance: 'i2', project: 'p2', flavor: large, from: now - 3_600_000, to: null },
    ])
    const all = budgets(
      budgetsSection.parse([
        { project: 'p1', month: 10 },
        { project: 'p2', month: '5.50', thresholds: [90] },
      ]),
      depsOf(db, fixedClock(now)),
    )
    const [p1, p2] = await all.standings(everything)
    assert.ok(p1 && p2)
    assert.deepEqual([p1.month, p1.budget, p1.spent, p1.name, p1.thresholds], ['2026-11', 10, 3.84, 'project p1', [50, 80, 100]])
    const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-4, `${a} ${b}`)
    near(p1.forecast.expected, 0.016 * 720)
    near(p1.forecast.low, 0.016 * 720)
    // an hour old: nothing is known of other days
    near(p2.forecast.expected, 0.064 * 481)
    assert.deepEqual(
      (await all.standings({ projects: ['p2'] })).map(({ project }) => project),
      ['p2'],
    )
    assert.deepEqual(await all.standings({ projects: [] }), [])
    db.close()
  })

  it('reach managers by the ordinary way, once a threshold, and never those who may not see money', async () => {
    const note: Notifier = {
      kind: 'notifier',
      name: 'note',
      description: '',
      config: z.strictObject({}),
      send: async () => ({ ok: true }),
    }
    let spent = 70
    const s = await scene({
      directory: directory(),
      plugins: [budget, note] as Plugin[],
      budgets: {
        standings: async () => [
          {
            project: 'p1',
            name: 'anagrafe',
            currency: 'EUR',
            month: '2026-11',
            budget: 100,
            spent,
            forecast: { low: 80, expected: 90, high: 95 },
            thresholds: [50, 80, 100],
            at: 0,
          },
        ],
      },
      rules: `rules:
  - { name: budget-second, plugin: budget, interval: 1m, attempts: 1, repeat: 0s, config: { threshold: 2 } }
  - { name: budget-spent, plugin: budget, interval: 1m, attempts: 1, repeat: 0s, config: { threshold: last, state: critical } }`,
      section: `note: {}
contacts: [{ name: noc, note: noc }, { name: mara, role: manager, projects: [p1], note: mara }]`,
    })
    const told = async () => {
      const problems = await s.journal.problems(everything, { soft: true })
      const notifications = await Promise.all(problems.map(({ check }) => s.journal.notifications(everything, check, 10)))
      return notifications
        .flat()
        .filter(({ outcome }) => outcome !== 'suppressed')
        .map(({ contact, state }) => `${contact} ${state}`)
    }
    await s.pass(120_000)
    assert.deepEqual(await told(), [])
    spent = 85
    await s.pass(120_000)
    assert.deepEqual(await told(), ['mara warning'])
    const [problem] = await s.journal.problems(everything, {})
    assert.equal(problem?.output, '85.0 % of the budget of 2026-11 is spent (threshold 80 %); forecast 90 % (80–95 %)')
    assert.equal(problem?.project, 'p1')
    assert.deepEqual(await s.journal.problems({ projects: ['p2'] }, {}), [])
    spent = 101
    await s.pass(120_000)
    assert.deepEqual((await told()).sort(), ['mara critical', 'mara warning'])
    await s.stop()
  })
})
