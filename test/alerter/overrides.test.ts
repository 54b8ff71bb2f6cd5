import assert from 'node:assert/strict'
import fc from 'fast-check'
import { ownRule } from '../../alerter/overrides.ts'
import { type Rule, rulesSchema } from '../../alerter/rules.ts'
import { findPlugins } from '../../cli/plugins.ts'
import type { Plugin } from '../../model/contract.ts'
import { labelsOf, noFacts } from '../../model/labels.ts'
import type { Target } from '../../model/target.ts'
import { alerts, type Threshold } from '../../model/threshold.ts'
import { checked, instance } from '../support/alerting.ts'

describe('what an instance may change of a rule for itself', () => {
  let plugins: Plugin[]
  before(async () => {
    plugins = await findPlugins()
  })
  const ruleWith = (overrides: string) =>
    checked(
      `rules: [{ name: steal, plugin: metric, interval: 1m, attempts: 3, overrides: ${overrides},
        config: { measurement: instance, field: steal_percent, warn: "20", warnClear: "15", crit: "40" } }]`,
      rulesSchema(plugins),
    ).rules[0] as Rule
  const target = (metadata: Record<string, string>, tags: string[] = []): Target => {
    const bare: Target = { kind: 'instance', id: 'a', name: 'a', project: 'p', host: 'h', instance: instance('a') }
    const facts = { ...noFacts, instances: new Map([['a', { availabilityZone: null, metadata, tags }]]) }
    return { ...bare, labels: labelsOf(bare, facts) }
  }
  const config = (rule: Rule) => rule.config as { warn: { text: string }; crit: { text: string; range: Threshold } }

  it('is what the rule allows, from metadata and from tags', () => {
    const { rule, applied, notices } = ownRule(
      ruleWith('{ allow: [warn, crit, interval, attempts] }'),
      target({ 'specola.steal.warn': '10', 'specola.steal.interval': '30s', 'specola.cpu.warn': '1' }, [
        'specola.steal.crit=30',
        'web',
      ]),
    )
    assert.deepEqual([config(rule).warn.text, config(rule).crit.text, rule.intervalMs], ['10', '30', 30_000])
    assert.deepEqual(
      applied.map(({ key, source }) => `${key} ${source}`),
      ['crit tag', 'interval metadata', 'warn metadata'],
    )
    assert.deepEqual(notices, [])
  })

  const ignored = (title: string, overrides: string, metadata: Record<string, string>, notice: RegExp) =>
    it(`is not ${title}`, () => {
      const original = ruleWith(overrides)
      const { rule, applied, notices, off } = ownRule(original, target(metadata))
      assert.match(notices.join('\n'), notice)
      assert.deepEqual([applied, off, rule.config, rule.intervalMs], [[], false, original.config, original.intervalMs])
    })
  ignored(
    'what the rule does not allow',
    '{ allow: [crit] }',
    { 'specola.steal.warn': '1' },
    /steal\.warn = "1": may not be changed here \(crit may\)/,
  )
  ignored(
    'an alarm that never comes',
    '{ allow: [crit] }',
    { 'specola.steal.crit': '1000' },
    /would alarm less than the rule does \(40\)/,
  )
  ignored('a range that lets more be', '{ allow: [crit] }', { 'specola.steal.crit': '-5:40' }, /would alarm less/)
  ignored('switching it off', '{ allow: [warn, crit] }', { 'specola.steal.off': 'true' }, /off = "true": may not be changed here/)
  ignored('a look once a year', '{ allow: [interval] }', { 'specola.steal.interval': '365d' }, /is not within 15 s to 60 s/)
  ignored(
    'a look each millisecond',
    '{ allow: [interval], loosen: [interval] }',
    { 'specola.steal.interval': '1ms' },
    /is not within/,
  )
  ignored('more attempts', '{ allow: [attempts] }', { 'specola.steal.attempts': '100' }, /is no number from 1 to 3/)
  ignored(
    'what the check cannot read',
    '{ allow: [warn] }',
    { 'specola.steal.warn': '5 %' },
    /not a threshold: "5 %", character 2/,
  )
  ignored('another metric', '{ allow: [field] }', { 'specola.steal.field': 'cpu_percent' }, /would alarm less/)
  ignored(
    'a prototype',
    '{ allow: [constructor, toString] }',
    { 'specola.steal.constructor': 'x' },
    /unrecognized|Unrecognized|cannot be read/,
  )
  ignored(
    'beyond its limits',
    '{ allow: [warn], loosen: [warn], limits: { warn: { max: 30 } } }',
    { 'specola.steal.warn': '31' },
    /is not within … to 30/,
  )

  it('is looser where the rule says so, and off where the rule says so', () => {
    const loose = ownRule(
      ruleWith('{ allow: [warn], loosen: [warn], limits: { warn: { max: 30 } } }'),
      target({ 'specola.steal.warn': '30' }),
    )
    assert.equal(config(loose.rule).warn.text, '30')
    assert.equal(ownRule(ruleWith('{ allow: [off] }'), target({ 'specola.steal.off': 'true' })).off, true)
    assert.equal(ownRule(ruleWith('{ allow: [off], from: [tags] }'), target({ 'specola.steal.off': 'true' })).off, false)
  })

  it('never makes an alarm quieter, whatever is written', () => {
    const original = ruleWith('{ allow: [warn, crit, warnClear, window] }')
    const text = fc.oneof(
      fc.string(),
      fc.integer({ min: -100, max: 100 }).map(String),
      fc.stringMatching(/^@?(~|-?\d{1,3})?:(-?\d{1,3})?$/),
    )
    fc.assert(
      fc.property(text, text, text, (crit, warn, window) => {
        const written = { 'specola.steal.crit': crit, 'specola.steal.warn': warn, 'specola.steal.window': window }
        const { rule } = ownRule(original, target(written))
        for (let value = -150; value <= 150; value++)
          if (alerts(config(original).crit.range, value)) assert.ok(alerts(config(rule).crit.range, value), `${crit} at ${value}`)
      }),
    )
  })

  it('is refused in the rules file where it makes no sense', () => {
    assert.throws(() => ruleWith('{ allow: [warn], loosen: [crit] }'), /"crit" is not in allow/)
    assert.throws(() => ruleWith('{ allow: [warn], limits: { warn: { min: soon } } }'), /neither a number nor a duration/)
  })
})
