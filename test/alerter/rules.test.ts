import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadRules, type Rule, rulesSchema, shippedRules } from '../../alerter/rules.ts'
import { alerterSection } from '../../alerter/section.ts'
import { findPlugins } from '../../cli/plugins.ts'
import { load } from '../../config/load.ts'
import type { Plugin, Target } from '../../model/contract.ts'
import { concerns } from '../../model/target-filter.ts'
import { checked, instance } from '../support/alerting.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** What these would look at only the operator knows. */
const composedByOperators = ['passive', 'composite', 'command', 'nrpe']

describe('alert rules', () => {
  const directory = temporaryDirectory()
  let plugins: Plugin[]
  before(async () => {
    plugins = await findPlugins()
  })

  it('that come with Specola are valid and use every check that needs nothing to be told', () => {
    const rules = loadRules(shippedRules, plugins)
    const checks = plugins
      .filter(({ kind, name }) => kind === 'check' && !composedByOperators.includes(name))
      .map(({ name }) => name)
    assert.deepEqual([...new Set(rules.map(({ check }) => check.name))].sort(), checks.sort())
  })

  it('are refused with the place of every mistake, those in a check’s own section too', () => {
    const file = join(directory(), 'rules.yaml')
    writeFileSync(
      file,
      `rules:
  - name: cpu
    plugin: cpu
    intervall: 1m
    config: { warn: 80%, crit: '95' }
  - name: cpu
    plugin: cpu
    attempts: 0
  - name: x
    plugin: cpuu
`,
    )
    assert.throws(
      () => loadRules(file, plugins),
      (error: Error) => {
        const text = error.message.replaceAll(file, 'rules.yaml')
        assert.match(text, /rules\.yaml:4:5 rules\[0\]\.intervall: unknown key \(did you mean "interval"\?\)/)
        assert.match(text, /rules\.yaml:5:21 rules\[0\]\.config\.warn: not a threshold: "80%", character 3/)
        assert.match(text, /rules\.yaml:8:15 rules\[1\]\.attempts/)
        assert.match(text, /rules\.yaml:10:13 rules\[2\]\.plugin: no such check plugin \(known: [a-z, -]*connection[a-z, -]*\)/)
        return true
      },
    )
  })

  it('of a file stand beside the shipped ones, or in their place', () => {
    const read = (text: string) => load(text, rulesSchema(plugins))
    const loaded = read(`shipped: { without: [steal, qemu] }
rules:
  - { name: cpu, plugin: cpu, interval: 7m, dependsOn: [{ rule: connection }] }
  - { name: mine, plugin: state }
`)
    assert.ok(loaded.ok)
    const shipped = loadRules(shippedRules, plugins).map(({ name }) => name)
    const names = loaded.value.rules.map(({ name }) => name)
    const left = shipped.filter((name) => !['steal', 'qemu', 'cpu'].includes(name))
    assert.deepEqual(names, [...left, 'cpu', 'mine'])
    assert.equal(loaded.value.rules.find(({ name }) => name === 'cpu')?.intervalMs, 7 * 60_000)
    const wrong = read(
      'shipped: { without: [connection, nothing] }\nrules: [{ name: mine, plugin: state, dependsOn: [{ rule: qem }] }]',
    )
    assert.ok(!wrong.ok)
    const said = wrong.errors.map(({ message }) => message).join('\n')
    assert.match(said, /no rule is named "qem"/)
    assert.match(said, /no shipped rule is named "nothing"/)
  })

  it('of one name are refused', () => {
    const loaded = load('rules: [{ name: a, plugin: cpu }, { name: a, plugin: cpu }]', rulesSchema(plugins))
    assert.ok(!loaded.ok)
    assert.match(loaded.errors[0]?.message ?? '', /a second rule named "a"/)
  })

  const target = (name: string): Target => ({
    kind: 'instance',
    id: name,
    name,
    project: 'p1',
    host: 'h1',
    instance: instance(name),
  })
  const concern = (filter: string, name: string, wanted: boolean) =>
    it(`${filter} ${wanted ? 'looks at' : 'leaves out'} ${name}`, () => {
      const [rule] = checked(`rules: [{ name: r, plugin: cpu, targets: ${filter} }]`, rulesSchema(plugins)).rules
      assert.equal(concerns(rule as Rule, target(name)), wanted)
    })
  concern('{}', 'web-1', true)
  concern('{ names: ["web-*"] }', 'web-1', true)
  concern('{ names: ["web-*"] }', 'db-1', false)
  concern('{ names: ["*-prod-*x"] }', 'a-prod-bx', true)
  concern('{ names: ["*-prod-*x"] }', 'a-prod-b', false)
  concern('{ notNames: ["*-test"] }', 'web-test', false)
  concern('{ names: ["ab*ba"] }', 'aba', false)
  concern('{ projects: [p1], hosts: [h1] }', 'web', true)
  concern('{ projects: [p2] }', 'web', false)
})

describe('the alerter’s section of the configuration', () => {
  let plugins: Plugin[]
  before(async () => {
    plugins = await findPlugins()
  })

  it('may be left out: states are kept, nobody is told', () => {
    const config = checked('{}', alerterSection(plugins))
    assert.deepEqual([config.contacts, config.notifiers, config.publicUrl], [[], {}, null])
  })

  it('takes contacts and a mail server', () => {
    const config = checked(
      `contacts: [{ name: noc, email: noc@example.org }]
email: { host: mx.example.org, from: specola@example.org }
publicUrl: https://specola.example.org/`,
      alerterSection(plugins),
    )
    assert.deepEqual(config.contacts[0]?.addresses, { email: 'noc@example.org' })
    assert.equal(config.publicUrl, 'https://specola.example.org')
    assert.equal((config.notifiers.email as { port: number }).port, 25)
  })

  const refuses = (text: string, message: RegExp) =>
    it(`refuses ${text.replaceAll('\n', ' ')}`, () => {
      const loaded = load(text, alerterSection(plugins))
      assert.ok(!loaded.ok)
      assert.match(
        loaded.errors.map((error) => `${error.line}:${error.column} ${error.path}: ${error.message}`).join('\n'),
        message,
      )
    })
  refuses('contacts: [{ name: noc, email: noc@example.org }]', /contacts\[0\]\.email: the section "email:" is missing/)
  refuses('contacts: [{ name: noc }]', /contacts\[0\]\.name: no address \(known: .*email.*\)/)
  refuses(
    'contacts: [{ name: t, role: manager, email: t@example.org }]\nemail: { host: h, from: a@b.c }',
    /contacts\[0\]\.role: a manager hears only of projects/,
  )
  refuses(
    'email: { host: h, from: a@b.c, user: u, password: { env: HOME } }',
    /email\.password: a password is only sent over verified TLS/,
  )
  refuses('email: { host: h, from: a@b.c, password: hunter2 }', /email\.password: a secret is not written here/)
  refuses('zone: Europe/Atlantis', /zone: not a time zone/)
})
