import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { load } from '../../config/load.ts'
import { budgetsSection, priceBook, pricesSection, reportsSection } from '../../reports/section.ts'

const schema = z.strictObject({ prices: pricesSection.optional(), budgets: budgetsSection, reports: reportsSection })

describe('prices in a configuration', () => {
  it('are valid as the example shows them', () => {
    const example = readFileSync(join(import.meta.dirname, '..', '..', 'config', 'example.yaml'), 'utf8')
    const shown = example
      .slice(example.indexOf('# Prices:'))
      .split('\n')
      .map((line) =>
        /^#? {0,1}# (prices|budgets| {2})/.test(line) || /^# (prices:|budgets:| )/.test(line) ? line.slice(2) : line,
      )
    const loaded = load(shown.join('\n'), schema)
    assert.ok(loaded.ok, loaded.ok ? '' : JSON.stringify(loaded.errors))
    assert.ok(loaded.value.prices)
    const book = priceBook(loaded.value.prices, 'Europe/Rome')
    assert.equal(book.lists[0]?.from, Date.parse('2026-01-01T00:00:00+01:00'))
    assert.deepEqual([book.lists.length, book.discounts.length, loaded.value.budgets.length], [2, 1, 1])
    assert.equal(book.lists[0]?.vcpu, 10_000_000n)
  })

  const refuses = (what: string, text: string, ...wanted: RegExp[]) =>
    it(`are refused with their place: ${what}`, () => {
      const loaded = load(text, schema)
      assert.ok(!loaded.ok)
      const told = loaded.errors.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`)
      for (const pattern of wanted)
        assert.ok(
          told.some((one) => pattern.test(one)),
          told.join('\n'),
        )
    })
  const prices = (rest: string) => `prices:\n  currency: EUR\n  lists:\n${rest}`
  refuses('no currency', 'prices:\n  currency: LIRE\n  lists: [{ name: a }]', /^2:13 prices\.currency: not a currency/)
  refuses(
    'a price that is none',
    prices('    - { name: a, vcpu: cheap }'),
    /^4:24 prices\.lists\[0\]\.vcpu: not a price: "cheap"/,
  )
  refuses('a negative price', prices('    - { name: a, vcpu: -1 }'), /not a price/)
  refuses('more digits than are kept', prices('    - { name: a, vcpu: 0.12345678901 }'), /at most nine decimals/)
  refuses(
    'a state that does not exist',
    prices('    - { name: a, states: { halted: 0 } }'),
    /4:28 prices\.lists\[0\]\.states\.halted: unknown key/,
  )
  refuses('a day that does not exist', prices('    - { name: a, from: 2026-02-30 }'), /not a date/)
  refuses(
    'an end before the beginning',
    prices('    - { name: a, from: 2026-02-01, until: 2026-01-01 }'),
    /lists\[0\]\.until: must be after from/,
  )
  refuses(
    'two lists at once',
    prices('    - { name: a }\n    - { name: b, from: 2026-01-01 }'),
    /lists\[1\]\.from: holds at the same time as "a"/,
  )
  refuses(
    'two own lists of one project at once',
    prices('    - { name: a, projects: [p] }\n    - { name: b, projects: [q, p] }'),
    /lists\[1\]\.name: holds at the same time as "a"/,
  )
  refuses(
    'a discount of more than all',
    `${prices('    - { name: a }')}\n  discounts: [{ projects: [p], percent: 101 }]`,
    /more than 100 %/,
  )
  refuses(
    'thresholds that do not ascend',
    'budgets:\n  - { project: p, month: 5, thresholds: [80, 50] }',
    /budgets\[0\]\.thresholds: must ascend/,
  )
  refuses(
    'two budgets of a project',
    'budgets:\n  - { project: p, month: 5 }\n  - { project: p, month: 6 }',
    /^3:\d+ budgets\[1\]\.project: a second budget/,
  )

  it('may follow each other, and be tiny', () => {
    const loaded = load(
      prices('    - { name: a, until: 2026-07-01, vcpu: 0.0000001 }\n    - { name: b, from: 2026-07-01, vcpu: "0.000000001" }'),
      schema,
    )
    assert.ok(loaded.ok, loaded.ok ? '' : JSON.stringify(loaded.errors))
    assert.deepEqual(
      loaded.value.prices?.lists.map(({ vcpu }) => vcpu),
      [100n, 1n],
    )
  })
})
