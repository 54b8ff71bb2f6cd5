import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { Registry } from '../../alerter/registry.ts'
import { allRules, loadRules, type Rule, rulesSchema, serviceTargets, shippedRules } from '../../alerter/rules.ts'
import { runChecks } from '../../alerter/run-checks.ts'
import { findPlugins } from '../../cli/plugins.ts'
import { load } from '../../config/load.ts'
import { everything } from '../../model/access.ts'
import { systemClock } from '../../model/clock.ts'
import type { Plugin } from '../../model/contract.ts'
import { type InstanceLabels, labelsOf, noFacts } from '../../model/labels.ts'
import type { Target } from '../../model/target.ts'
import { isMeant } from '../../model/target-filter.ts'
import { samplesInMemory } from '../../store/in-memory.ts'
import { checked, instance, type Scene, scene } from '../support/alerting.ts'
import { silentLogger } from '../support/silent-logger.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const labelled = (metadata: Record<string, string>, over: Partial<InstanceLabels> = {}): InstanceLabels => ({
  ...{ availabilityZone: null, metadata, tags: [], ...over },
})

describe('rules over sets', () => {
  const root = temporaryDirectory()
  let plugins: Plugin[]
  before(async () => {
    plugins = await findPlugins()
  })
  let s: Scene | null = null
  afterEach(async () => {
    await s?.stop()
    s = null
  })

  const bare: Target = {
    ...{ kind: 'instance', id: 'i-1', name: 'web-rm1', project: 'p1', host: 'hv-1' },
    instance: instance('i-1', { flavor: { id: null, name: 'm1.large', vcpus: 4, memoryMb: 8192, diskGb: 40 }, image: 'img' }),
  }
  const target: Target = {
    ...bare,
    labels: labelsOf(bare, {
      instances: new Map([['i-1', labelled({ tier: 'gold' }, { availabilityZone: 'az1', tags: ['web', 'prod'] })]]),
      projects: new Map([['p1', { name: 'shop', tags: ['citizens'] }]]),
      aggregates: new Map([['hv-1', ['ssd', 'kvm']]]),
    }),
  }
  const selects = (match: string, wanted: boolean) =>
    it(`{ ${match} } ${wanted ? 'selects' : 'does not select'} it`, () => {
      const [rule] = checked(`rules: [{ name: r, plugin: cpu, targets: { match: { ${match} } } }]`, rulesSchema(plugins)).rules
      assert.equal(isMeant((rule as Rule).targets, target), wanted)
    })
  selects('meta.tier: gold', true)
  selects('meta.tier: { in: [gold, silver] }, az: az1', true)
  selects('meta.tier: { notIn: [gold] }', false)
  selects('meta.none: { notIn: [gold] }', true)
  selects('meta.none: { exists: true }', false)
  selects('meta.none: { exists: false }', true)
  selects('tag: prod', true)
  selects('tag: { notIn: [prod] }', false)
  selects('tag: [dev, "w*"]', true)
  selects('aggregate: { in: [ssd] }', true)
  selects('flavor: { like: ["m1.*"] }, image: img', true)
  selects('name: { regex: "web-[a-z]+\\\\d" }', true)
  selects('name: { regex: "eb-rm1" }', false)
  selects('name: { notRegex: "web-.*" }', false)
  selects('project_name: shop, project_tag: citizens, host: hv-1', true)

  const refuses = (text: string, message: RegExp) =>
    it(`refuses ${text}`, () => {
      const loaded = load(text, rulesSchema(plugins))
      assert.ok(!loaded.ok)
      assert.match(loaded.errors.map((e) => `${e.line}:${e.column} ${e.path}: ${e.message}`).join('\n'), message)
    })
  refuses('rules: [{ name: r, plugin: cpu, targets: { match: { metatier: x } } }]', /no such label \(known: kind, id/)
  refuses(
    'rules: [{ name: r, plugin: metric, config: { measurement: instance, field: steel, warn: "1" } }]',
    /config\.field: instance has no field "steel"/,
  )
  refuses(
    'rules: [{ name: r, plugin: metric, config: { measurement: instances, field: x, warn: "1" } }]',
    /did you mean "instance"/,
  )
  refuses('rules: [{ name: r, plugin: metric, config: { measurement: instance, field: vcpus } }]', /`warn` or `crit` is needed/)
  refuses(
    'rules: [{ name: r, plugin: metric, config: { measurement: instance, field: vcpus, warn: "80", warnClear: "90" } }]',
    /config\.warnClear: must still alert wherever warn \(80\) does/,
  )
  refuses('services: [{ name: shop, config: { members: [], needs: some } }]', /services\[0\]\.config\.(members|needs)/)
  refuses(
    'rules: [{ name: a, plugin: cpu }]\nservices: [{ name: a, config: { members: [{ rules: [a] }] } }]',
    /2:20 services\[0\]\.name: a second rule named "a"/,
  )

  it('10,000 instances under every shipped rule of samples are at most 10 store queries a cycle', async () => {
    const rules = loadRules(shippedRules, plugins).filter(
      ({ check, targets }) => check.replays && targets.kinds?.includes('instance') !== false,
    )
    const targets = [...Array(10_000).keys()].map((i): Target => {
      const own = instance(`i-${i}`)
      return { kind: 'instance', id: own.id, name: own.name, project: 'p1', host: 'hv-1', instance: own, labels: {} }
    })
    const now = systemClock.now()
    const store = samplesInMemory(
      targets.map(({ id }, i) => ({
        measurement: 'instance',
        tags: { instance: id, host: 'hv-1' },
        fields: { steal_percent: i === 7 ? 90 : 1, cpu_percent: 5 },
        time: now - 20_000,
      })),
    )
    let queries = 0
    const counted = {
      range(query: never) {
        queries++
        return store.range(query)
      },
      latest(query: never) {
        queries++
        return store.latest(query)
      },
    }
    const registry = new Registry(rules, [], now)
    registry.sync(targets, now)
    const entries = [...registry.entries.values()]
    assert.ok(rules.length >= 6 && entries.length === 10_000 * rules.length, `${entries.length} checks of ${rules.length} rules`)
    const deps = {
      store: counted as never,
      health: { all: () => [] },
      clock: systemClock,
      logger: silentLogger(),
      timeoutMs: 60_000,
    }
    const runs = await runChecks(entries, deps, new AbortController().signal)
    assert.ok(queries <= 10, `${queries} queries`)
    const steal = runs.filter(({ entry }) => entry.rule.name === 'steal')
    assert.equal(
      steal.filter(({ result }) => result?.state === 'ok').length,
      10_000,
      'the one at 90 % has not been so for 10 minutes',
    )
    assert.match(steal.find(({ entry }) => entry.target.id === 'i-7')?.result?.output ?? '', /90 %.*critical for/)
  }).timeout(180_000)

  it('a composite and a service follow their members, in the running engine', async () => {
    s = await scene({
      ...{ directory: mkdtempSync(join(root(), 'j-')), plugins },
      labels: {
        facts: async () => ({ ...noFacts, instances: new Map(['a', 'b', 'c'].map((id) => [id, labelled({ service: 'shop' })])) }),
      },
      rules: `
rules:
  - { name: steal, plugin: metric, interval: 10s, retryInterval: 10s, attempts: 1, overrides: { allow: [warn] }, config: { measurement: instance, field: steal_percent, window: 30s, crit: "50" } }
services:
  - { name: shop, title: Web shop, objective: 99, interval: 5s, project: p9, config: { members: [{ rules: [steal], targets: { match: { meta.service: shop } } }], needs: 2, wants: all } }`,
    })
    s.inventory.all = ['a', 'b', 'c', 'other'].map((id) => instance(id))
    const feed = (values: Record<string, number>) => {
      const { store, clock } = s as Scene
      store.samples = Object.entries(values).map(([id, steal_percent]) => ({
        ...{ measurement: 'instance', tags: { instance: id }, fields: { steal_percent }, time: clock.now() },
      }))
    }
    const at = async (values: Record<string, number>) => {
      for (let i = 0; i < 3; i++) {
        feed(values)
        await (s as Scene).pass(15_000)
      }
      const [shop] = await (s as Scene).journal.checksOf(everything, { kind: 'business-service', id: 'shop' })
      return [shop?.state, shop?.output]
    }
    assert.deepEqual(await at({ a: 1, b: 1, c: 1, other: 99 }), ['ok', '3 of 3 good, 2 needed'])
    assert.deepEqual(await at({ a: 1, b: 1, c: 99, other: 1 }), ['warning', '2 of 3 good, 2 needed'])
    assert.deepEqual(await at({ a: 1, b: 99, c: 99, other: 1 }), ['critical', '1 of 3 good, 2 needed'])
    assert.deepEqual(await at({ a: 1, b: 1 }), ['warning', '2 of 3 good, 2 needed, 1 not known'])
    assert.deepEqual(await at({ a: 1 }), ['unknown', '1 of 3 good, 2 needed, 2 not known'])
    // its people see it, others do not
    const [own] = await s.journal.checksOf({ projects: ['p9'] }, { kind: 'business-service', id: 'shop' })
    assert.match(own?.longOutput ?? '', /nodata: steal on b: /)
    assert.deepEqual(await s.journal.checksOf({ projects: ['p1'] }, { kind: 'business-service', id: 'shop' }), [])
  })

  it('a problem of a host’s metric does not silence what runs there', async () => {
    s = await scene({
      ...{ directory: mkdtempSync(join(root(), 'j-')), plugins },
      rules: `
rules:
  - { name: host-cpu, plugin: metric, interval: 10s, attempts: 1, config: { measurement: hypervisor, field: cpu_percent, window: 1m, crit: "50" } }
  - { name: steal, plugin: metric, interval: 10s, attempts: 1, config: { measurement: instance, field: steal_percent, window: 1m, crit: "50" } }`,
    })
    s.inventory.all = [instance('a')]
    s.inventory.hosts = [{ host: 'hv-1', uri: null, cpus: 8, memoryBytes: 1, version: null, seenAt: 0 }]
    for (let i = 0; i < 4; i++) {
      const time = s.clock.now()
      s.store.samples = [
        { measurement: 'hypervisor', tags: { host: 'hv-1' }, fields: { cpu_percent: 99 }, time },
        { measurement: 'instance', tags: { instance: 'a', host: 'hv-1' }, fields: { steal_percent: 99 }, time },
      ]
      await s.pass(15_000)
    }
    const problems = await s.journal.problems(everything, {})
    assert.deepEqual(problems.map(({ rule }) => rule).sort(), ['host-cpu', 'steal'])
    const [steal] = problems.filter(({ rule }) => rule === 'steal')
    const held = await s.journal.notifications(everything, steal?.check ?? '', 10)
    assert.ok(!held.some(({ reason }) => reason?.includes('counted under its host')), JSON.stringify(held))
  })

  it('services are targets of their own', () => {
    const rules = allRules(
      checked(
        'rules: [{ name: cpu, plugin: cpu }]\nservices: [{ name: shop, title: Web shop, config: { members: [{ rules: [cpu] }] } }]',
        rulesSchema(plugins),
      ),
    )
    assert.deepEqual(
      serviceTargets(rules).map(({ kind, id, name }) => [kind, id, name]),
      [['business-service', 'shop', 'Web shop']],
    )
  })
})
