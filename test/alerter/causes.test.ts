import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { everything } from '../../model/access.ts'
import type { Clue, ClueQuery } from '../../model/clue.ts'
import type { Scene, SceneOptions } from '../support/alerting.ts'
import { causeScene } from '../support/cause-scene.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const section = `{ kept: {}, contacts: [{ name: noc, kept: noc }, { name: anna, role: manager, projects: [p1], kept: anna }] }`
const causes = `
  - { name: cause, plugin: cause, interval: 5s, attempts: 1 }
  - { name: impact, plugin: impact, interval: 10s, attempts: 1 }`
const rules = `rules:
  - { name: connection, plugin: connection, interval: 15s, attempts: 1, config: { after: 1m } }
  - { name: spoken, plugin: spoken, interval: 1m, retryInterval: 10s, attempts: 1, repeat: 4h }${causes}`
describe('causes', () => {
  const root = temporaryDirectory()
  const world = causeScene()
  const { word, sent, said, forget, cloud, ids, report, poll, checkOf, reasonsOf } = world
  let s: Scene
  const begin = async (options: Partial<SceneOptions> = {}) => {
    s = await world.begin({ directory: mkdtempSync(join(root(), 'journal-')), rules, section, ...options })
  }
  beforeEach(forget)
  afterEach(() => s.stop())

  it('tells one availability zone instead of its hypervisors, and what is left once when it is over', async () => {
    await begin()
    const hosts = ids(5, 'hv')
    cloud(Object.fromEntries(hosts.map((host) => [host, ids(4, host)])))
    for (const host of hosts) report(host, 'ok')
    await s.pass(90_000)
    assert.deepEqual(said(), [])
    for (const host of hosts.slice(0, 4)) report(host, 'down')
    await s.pass(10 * 60_000)
    assert.deepEqual(said(), ['problem az-1 critical'])
    const [{ message } = {}] = sent.filter(({ to }) => to === 'noc')
    assert.equal(message?.problem.output, 'az-1 fails: 4 of 5 hypervisors: hv-0, hv-1, hv-2 … and 1 more')
    assert.deepEqual(message?.carries, { instances: 20, projects: 1, names: ['hv-0-0', 'hv-0-1', 'hv-0-2'], more: 17 })
    const zone = await checkOf('zone', 'az-1', 'cause')
    assert.deepEqual(
      [await checkOf('connection', 'libvirt hv-2', 'connection')].map((one) => one?.cause),
      [zone?.check],
    )
    assert.ok(
      (await reasonsOf('connection', 'libvirt hv-2', 'connection')).includes(
        'counted under the problem of its availability zone',
      ),
    )

    for (const host of hosts.slice(0, 2)) report(host, 'ok')
    await s.pass(5 * 60_000)
    assert.deepEqual(said(), ['problem az-1 critical', 'problem az-1 warning'])
    assert.match(
      sent.filter(({ to }) => to === 'noc').at(-1)?.message.problem.output ?? '',
      /^az-1 works again, but 2 of 5 hypervisors still fail: hv-2, hv-3$/,
    )
    for (const host of hosts) report(host, 'ok')
    await s.pass(5 * 60_000)
    assert.deepEqual(said(), ['problem az-1 critical', 'problem az-1 warning', 'recovery az-1 ok'])
  })

  it('a single hypervisor is told as itself, after the moment in which others might have followed', async () => {
    await begin()
    cloud({ 'hv-0': ids(3), 'hv-1': ['a'], 'hv-2': ['b'] })
    for (const host of ['hv-0', 'hv-1', 'hv-2']) report(host, 'ok')
    await s.pass(90_000)
    report('hv-0', 'down')
    await s.pass(3 * 60_000)
    assert.deepEqual(said(), ['problem libvirt hv-0 critical'])
    assert.deepEqual(await reasonsOf('connection', 'libvirt hv-0', 'connection'), [
      null,
      'waiting whether it is one of many with one cause',
    ])
  })

  it('a host whose instances have fallen silent is one problem without data, not one per instance', async () => {
    const listening = rules.replace(
      /- \{ name: spoken.*/,
      '- { name: no-data, plugin: no-data, interval: 1m, attempts: 1, config: { interval: 30s, missed: 4 } }',
    )
    await begin({ rules: listening })
    const vms = ids(40)
    cloud({ 'hv-0': vms.slice(0, 30), 'hv-1': vms.slice(30) })
    for (const host of ['hv-0', 'hv-1']) report(host, 'ok')
    for (let i = 0; i < 5; i++) {
      poll(() => true)
      await s.pass(30_000)
    }
    const silent = (id: string) => Number(id.slice(3)) >= 25
    for (let i = 0; i < 16; i++) {
      poll(silent)
      await s.pass(30_000)
    }
    assert.deepEqual(said(), ['problem hv-0 nodata'])
    assert.match(
      sent.find(({ to }) => to === 'noc')?.message.problem.output ?? '',
      /^hv-0 is silent: no readings of \d+ of 30 instances: vm-0, vm-1, vm-2 … and \d+ more$/,
    )
    const summary = await s.journal.summary(everything)
    assert.deepEqual([summary.nodata, summary.unknown], [27, 0]) // 25 instances, their host, and what it means for the project
    assert.deepEqual(said('anna'), ['problem p1 nodata'])

    for (let i = 0; i < 12; i++) {
      poll((id) => silent(id) || Number(id.slice(3)) >= 3)
      await s.pass(30_000)
    }
    assert.deepEqual(said(), ['problem hv-0 nodata', 'problem hv-0 warning'])
    for (let i = 0; i < 6; i++) {
      poll(() => true)
      await s.pass(30_000)
    }
    assert.deepEqual(said(), ['problem hv-0 nodata', 'problem hv-0 warning', 'recovery hv-0 ok'])
    assert.deepEqual(said('anna'), ['problem p1 nodata', 'recovery p1 ok'])
  })

  it('what is left on a host that works again is told once, together', async () => {
    await begin()
    cloud({ 'hv-0': ids(10), 'hv-1': [] })
    report('hv-0', 'ok')
    await s.pass(90_000)
    report('hv-0', 'down')
    await s.pass(90_000)
    for (const id of ids(4)) word.set(id, 'critical')
    await s.pass(2 * 60_000)
    report('hv-0', 'ok')
    await s.pass(10 * 60_000)
    assert.deepEqual(said(), ['problem libvirt hv-0 critical', 'recovery libvirt hv-0 ok', 'problem hv-0 warning'])
    assert.match(
      sent.filter(({ to }) => to === 'noc').at(-1)?.message.problem.output ?? '',
      /^hv-0 works again, but 4 of 10 instances still fail: vm-0, vm-1, vm-2 … and 1 more$/,
    )
    // one that fails from now on is told by itself
    word.set('vm-9', 'critical')
    await s.pass(3 * 60_000)
    assert.equal(said().at(-1), 'problem vm-9 critical')
    word.clear()
    await s.pass(3 * 60_000)
    assert.deepEqual(said().slice(4).sort(), ['recovery hv-0 ok', 'recovery vm-9 ok'])
  })

  it('names a network when most of its ports fail, though their hosts work; instances elsewhere are told by themselves', async () => {
    await begin()
    const blue = ids(4, 'blue')
    cloud({ 'hv-0': [...blue.slice(0, 2), ...ids(6, 'x')], 'hv-1': [...blue.slice(2), ...ids(6, 'y')] })
    world.facts = {
      ...world.facts,
      networks: [{ id: 'n', name: 'blue', project: 'p1' }],
      ports: blue.map((id) => ({
        ...{ id: `port-${id}`, name: null, project: 'p1', network: 'n', address: null, status: 'ACTIVE', router: null, at: 0 },
        instances: [id],
      })),
    }
    await s.pass(90_000)
    for (const id of [...blue.slice(0, 3), 'x-1']) word.set(id, 'critical')
    await s.pass(3 * 60_000)
    assert.deepEqual(said().sort(), ['problem blue critical', 'problem x-1 critical'])
    assert.ok((await reasonsOf('instance', 'blue-1', 'spoken')).includes('counted under the problem of its network'))
    // the network is the project's own, so its people hear of it
    assert.deepEqual(said('anna').sort(), ['problem blue critical', 'problem x-1 critical'])
  })

  it('people of a project hear of their own instances, in their own words, and of nobody else’s', async () => {
    await begin()
    const secret = ids(6, 'secret-of-p2')
    cloud({ 'hv-secret': [...ids(3, 'own'), ...secret] }, (id) => (id.startsWith('own') ? 'p1' : 'p2'))
    world.facts = {
      ...world.facts,
      networks: [{ id: 'n', name: 'shared-net', project: 'p1' }],
      ports: [...ids(3, 'own'), ...secret].map((id) => ({
        ...{ id: `port-${id}`, name: null, project: 'p1', network: 'n', address: null, status: 'ACTIVE', router: null, at: 0 },
        instances: [id],
      })),
    }
    report('hv-secret', 'ok')
    await s.pass(90_000)
    // a network that others are in fails, then the host
    for (const id of [...ids(3, 'own'), ...secret]) word.set(id, 'critical')
    await s.pass(3 * 60_000)
    word.clear()
    await s.pass(3 * 60_000)
    report('hv-secret', 'down')
    await s.pass(4 * 60_000)
    report('hv-secret', 'ok')
    await s.pass(6 * 60_000)
    const heard = sent.filter(({ to }) => to === 'anna').map(({ message }) => message)
    assert.ok(heard.length >= 2)
    const text = JSON.stringify(heard)
    for (const name of ['secret-of-p2', 'hv-secret', 'shared-net', 'p2']) assert.ok(!text.includes(name), name)
    assert.match(text, /3 of 3 instances of the project cannot be reached, the operators know: own-0, own-1, own-2/)
    // nor does the journal tell them, whatever they ask for
    const scope = { projects: ['p1'] }
    const problems = await s.journal.problems(scope, { soft: true })
    const records = await Promise.all(
      (await Promise.all(ids(3, 'own').map((id) => s.journal.checksOf(scope, { kind: 'instance', id }))))
        .flat()
        .map(({ check }) => s.journal.notifications(scope, check, 50)),
    )
    for (const name of ['secret-of-p2', 'hv-secret', 'shared-net'])
      assert.ok(!JSON.stringify([problems.map((one) => ({ ...one, host: null })), records]).includes(name), name)
  })

  it('a silent bus explains what is known only through it', async () => {
    await begin({ rules: rules.replace('after: 1m', 'after: 30s') })
    s.health.report({ component: 'amqp one', kind: 'amqp', state: 'ok', detail: 'rabbit' })
    s.health.report({ component: 'queue one info', kind: 'queue', through: 'amqp one', state: 'ok', detail: 'empty' })
    await s.pass(60_000)
    s.health.report({ component: 'amqp one', kind: 'amqp', state: 'down', detail: 'rabbit' })
    await s.pass(60_000)
    s.health.report({ component: 'queue one info', kind: 'queue', through: 'amqp one', state: 'down', detail: 'not seen' })
    await s.pass(4 * 60_000)
    assert.deepEqual(said(), ['problem amqp one critical'])
    assert.ok(
      (await reasonsOf('connection', 'queue one info', 'connection')).includes('known only through amqp one, which is down'),
    )
  })

  it('results that stop to come from one source are one problem', async () => {
    await begin({ rules: `rules:\n  - { name: backup, plugin: passive, interval: 30s, attempts: 1, stale: 5m }${causes}` })
    cloud({ 'hv-0': ids(6), 'hv-1': ids(6, 'other') })
    await s.pass(40_000)
    await s.results.submit(
      s.inventory.all.map(({ id }) => ({ target: id, rule: 'backup', state: 'ok' as const, output: 'done' })),
    )
    await s.pass(8 * 60_000)
    assert.deepEqual(said(), ['problem backup nodata'])
    assert.match(sent[0]?.message.problem.output ?? '', /^backup is silent: no readings of \d+ of 14 targets/)
  })

  it('says up to three of the changes before a problem, in one query, and to people of projects only their own', async () => {
    const asked: ClueQuery[] = []
    const clue = (what: string, ago: number, over: Partial<Clue> = {}): Clue => ({
      ...{ kind: 'action', at: s.clock.now() - ago, what, subject: { kind: 'instance', id: 'vm-0', name: 'vm-0' } },
      ...{ project: 'p1', actor: 'anna', failed: false },
      ...over,
    })
    await begin({
      clues: {
        async before(_scope, query) {
          asked.push(query)
          return [
            clue('instance.resize', 60_000),
            clue('instance.create', 25 * 60_000),
            clue('rules', 120_000, { kind: 'settings', subject: { kind: 'settings', id: 'rules', name: null }, project: null }),
            clue('instance.live_migration', 90_000, {
              kind: 'migration',
              subject: { kind: 'instance', id: 'z', name: 'theirs' },
              project: 'p2',
            }),
            clue('instance.exists', 1000),
          ]
        },
      },
    })
    cloud({ 'hv-0': ['vm-0'] })
    await s.pass(90_000)
    word.set('vm-0', 'critical')
    await s.pass(2 * 60_000)
    assert.equal(asked.length, 1)
    const changesFor = (to: string) => sent.find((one) => one.to === to)?.message.changes?.map(({ what }) => what)
    assert.deepEqual(changesFor('noc'), ['instance.resize', 'instance.live_migration', 'rules'])
    assert.deepEqual(changesFor('anna'), ['instance.resize', 'instance.create'])
  })
})
