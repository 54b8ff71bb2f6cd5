import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { everything } from '../../model/access.ts'
import type { Check, Delivery } from '../../model/contract.ts'
import { plugin as connection } from '../../plugins/check-connection/plugin.ts'
import { plugin as cpu } from '../../plugins/check-cpu/plugin.ts'
import { plugin as noData } from '../../plugins/check-no-data/plugin.ts'
import { plugin as state } from '../../plugins/check-state/plugin.ts'
import { instance, type Scene, type SceneOptions, scene } from '../support/alerting.ts'
import { spokenScene } from '../support/spoken.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const { word, sent, answers, spoken, plugins: fake, forget } = spokenScene()
const plugins = [...fake, state, noData, connection, cpu] as SceneOptions['plugins']
const section = `{ kept: {}, publicUrl: 'https://specola.example/', contacts: [{ name: alice, kept: alice }] }`
const spokenRules = `rules: [{ name: spoken, plugin: spoken, interval: 1m, retryInterval: 10s, attempts: 2, repeat: 10m }]`
const said = () => sent.map(({ message }) => `${message.kind} ${message.problem.targetName} ${message.problem.state}`)

describe('the alerter', () => {
  const root = temporaryDirectory()
  let s: Scene
  const begin = async (options: Partial<SceneOptions> = {}) => {
    s = await scene({ directory: mkdtempSync(join(root(), 'journal-')), rules: spokenRules, section, plugins, ...options })
    return s
  }
  beforeEach(forget)
  afterEach(() => s.stop())

  const withInstances = async (...ids: string[]) => {
    s.inventory.all = ids.map((id) => instance(id))
    await s.pass(31_000)
    await s.pass(12_000)
  }

  it('has first results within seconds of its start', async () => {
    await begin()
    s.inventory.all = [instance('a'), instance('b'), instance('c')]
    await s.restart()
    await s.pass(11_000)
    assert.equal((await s.journal.summary(everything)).ok, 3)
  })

  it('tells a problem once it is confirmed, and its recovery', async () => {
    await begin()
    await withInstances('web')
    word.set('web', 'critical')
    await s.pass(90_000)
    assert.deepEqual(said(), ['problem web critical'])
    assert.equal(sent[0]?.message.link, `https://specola.example/checks/${sent[0]?.message.problem.check}`)
    const [problem] = await s.journal.problems(everything, {})
    assert.equal(problem?.output, 'it is critical')
    word.set('web', 'ok')
    await s.pass(90_000)
    assert.deepEqual(said(), ['problem web critical', 'recovery web ok'])
    assert.deepEqual(
      (await s.journal.transitions(everything, { limit: 10 })).map(({ to, hard, attempt }) => [to, hard, attempt]),
      [
        ['ok', true, 2],
        ['critical', true, 2],
        ['critical', false, 1],
      ],
    )
    assert.ok(s.changes.some((change) => change.kind === 'problem' && change.state === 'critical' && change.hard))
  })

  it('tells an unacknowledged problem again, and an acknowledged one no more; its recovery is told', async () => {
    await begin()
    await withInstances('web')
    word.set('web', 'critical')
    await s.pass(90_000)
    await s.pass(11 * 60_000)
    assert.equal(said().length, 2)
    const [problem] = await s.journal.problems(everything, {})
    assert.equal(await s.commands.acknowledge(everything, problem?.check ?? '', 'bob', 'on it', false), true)
    await s.pass(2000)
    assert.equal(said().at(-1), 'acknowledgement web critical')
    const taken = await s.journal.check(everything, problem?.check ?? '')
    assert.deepEqual([taken?.acknowledgement?.author, taken?.acknowledgement?.comment], ['bob', 'on it'])
    await s.pass(60 * 60_000)
    assert.equal(said().length, 3)
    const reasons = (await s.journal.notifications(everything, problem?.check ?? '', 10)).map(({ reason }) => reason)
    assert.ok(reasons.includes('acknowledged by bob'))
    word.set('web', 'ok')
    await s.pass(90_000)
    assert.equal(said().at(-1), 'recovery web ok')
    assert.equal((await s.journal.check(everything, problem?.check ?? ''))?.acknowledgement, null)
  })

  it('refuses to acknowledge what is not in the scope, or not a problem', async () => {
    await begin()
    await withInstances('web')
    word.set('web', 'critical')
    await s.pass(90_000)
    const [problem] = await s.journal.problems(everything, {})
    const id = problem?.check ?? ''
    assert.equal(await s.commands.acknowledge({ projects: ['p2'] }, id, 'eve', '', false), false)
    assert.equal(await s.commands.acknowledge({ projects: [] }, id, 'eve', '', false), false)
    assert.equal(await s.commands.acknowledge({ projects: ['p1'] }, id, 'bob', '', false), true)
    assert.equal(await s.commands.unacknowledge({ projects: ['p2'] }, id, 'eve'), false)
    assert.equal(await s.commands.unacknowledge({ projects: ['p1'] }, id, 'bob'), true)
    word.set('web', 'ok')
    await s.pass(90_000)
    assert.equal(await s.commands.acknowledge(everything, id, 'bob', '', false), false)
  })

  it('goes on after a restart where it was: states, acknowledgements, and no second mail', async () => {
    await begin()
    await withInstances('web')
    word.set('web', 'critical')
    await s.pass(90_000)
    const [problem] = await s.journal.problems(everything, {})
    await s.commands.acknowledge(everything, problem?.check ?? '', 'bob', 'on it', true)
    await s.pass(2000)
    const before = said().length
    await s.restart()
    await s.pass(30 * 60_000)
    assert.equal(said().length, before)
    const after = await s.journal.check(everything, problem?.check ?? '')
    assert.equal(after?.acknowledgement?.author, 'bob')
    assert.equal(after?.since, problem?.since)
  })

  it('keeps what cannot be delivered on disk, over a restart, and delivers problem before recovery', async () => {
    await begin()
    await withInstances('web')
    answers.set('kept', { ok: false, retry: true, reason: 'the mail server is away' })
    word.set('web', 'critical')
    await s.pass(90_000)
    assert.deepEqual(said(), [])
    assert.equal(s.health.all().find(({ component }) => component === 'notify-kept')?.state, 'down')
    word.set('web', 'ok')
    await s.pass(90_000)
    assert.equal((await s.journal.waiting()).count, 2)
    await s.restart()
    answers.set('kept', { ok: true })
    await s.pass(16 * 60_000)
    assert.deepEqual(said(), ['problem web critical', 'recovery web ok'])
    assert.equal((await s.journal.waiting()).count, 0)
    assert.equal(s.health.all().find(({ component }) => component === 'notify-kept')?.state, 'ok')
    const [check] = await s.journal.checksOf(everything, { kind: 'instance', id: 'web' })
    const told = await s.journal.notifications(everything, check?.check ?? '', 10)
    assert.ok(told.some(({ outcome, attempts, kind }) => outcome === 'sent' && kind === 'problem' && attempts > 1))
  })

  it('gives up what is refused for good, and says so', async () => {
    await begin()
    await withInstances('web')
    answers.set('kept', { ok: false, retry: false, reason: 'no such mailbox' })
    word.set('web', 'critical')
    await s.pass(90_000)
    const [problem] = await s.journal.problems(everything, {})
    const [record] = await s.journal.notifications(everything, problem?.check ?? '', 1)
    assert.deepEqual([record?.outcome, record?.reason, record?.attempts], ['failed', 'no such mailbox', 1])
    assert.match(s.health.all().find(({ component }) => component === 'notify-kept')?.detail ?? '', /alice: no such mailbox/)
  })

  it('a notifier that hangs or throws loses nothing and holds up nothing', async () => {
    await begin()
    await withInstances('web')
    answers.set('kept', () => new Promise<Delivery>(() => {}))
    word.set('web', 'critical')
    await s.pass(90_000)
    assert.deepEqual(said(), [])
    answers.set('kept', () => Promise.reject(new Error('broken')))
    await s.restart()
    await s.pass(60_000)
    answers.set('kept', { ok: true })
    await s.pass(60_000)
    assert.deepEqual(said(), ['problem web critical'])
  })

  it('alerts an unreachable hypervisor once, with its instances counted under it', async () => {
    await begin({
      rules: `rules:
        - { name: connection, plugin: connection, interval: 15s, attempts: 1, config: { after: 1m } }
        - { name: no-data, plugin: no-data, interval: 1m, attempts: 1, config: { interval: 30s, missed: 4 } }`,
    })
    const ids = Array.from({ length: 50 }, (_, i) => `vm-${i}`)
    s.inventory.all = ids.map((id) => instance(id))
    const poll = () => {
      s.store.samples = ids.map((id) => ({
        ...{ measurement: 'instance', tags: { instance: id, host: 'hv-1' }, fields: { state: 1 }, time: s.clock.now() },
      }))
    }
    const report = (state: 'ok' | 'down') =>
      s.health.report({ component: 'libvirt hv-1', kind: 'libvirt', host: 'hv-1', state, detail: 'qemu+tls://hv-1' })
    report('ok')
    for (let i = 0; i < 4; i++) {
      poll()
      await s.pass(30_000)
    }
    assert.deepEqual(said(), [])
    report('down')
    await s.pass(10 * 60_000)
    assert.deepEqual(said(), ['problem libvirt hv-1 critical'])
    assert.equal(sent[0]?.message.instances, 50)
    assert.equal((await s.journal.problems(everything, { limit: 100 })).length, 51)
    const [silent] = await s.journal.checksOf(everything, { kind: 'instance', id: 'vm-7' })
    const [held] = await s.journal.notifications(everything, silent?.check ?? '', 5)
    assert.equal(held?.outcome, 'suppressed')
    assert.match(held?.reason ?? '', /^counted under the problem of its host/)

    report('ok')
    // All but one are heard from again.
    for (let i = 0; i < 10; i++) {
      poll()
      s.store.samples = s.store.samples.filter(({ tags }) => tags.instance !== 'vm-7')
      await s.pass(30_000)
    }
    assert.deepEqual(said(), ['problem libvirt hv-1 critical', 'recovery libvirt hv-1 ok', 'problem vm-7 nodata'])
  })

  it('asks the store at most ten times for 10,000 instances, however many results change', async () => {
    await begin({ rules: 'rules: [{ name: cpu, plugin: cpu, interval: 1m, attempts: 1 }]' })
    s.inventory.all = Array.from({ length: 10_000 }, (_, i) => instance(`i-${i}`))
    s.store.samples = s.inventory.all.map(({ id }, i) => ({
      ...{
        measurement: 'instance',
        tags: { instance: id, host: 'hv-1' },
        fields: { cpu_percent: i % 100 },
        time: s.clock.now() - 1000,
      },
    }))
    await s.restart()
    await s.pass(12_000)
    assert.ok(s.store.queries <= 10, `${s.store.queries} queries`)
    const summary = await s.journal.summary(everything)
    assert.deepEqual([summary.ok, summary.warning, summary.critical], [8100, 1500, 400])
  }).timeout(60_000)

  it('keeps states while the store does not answer, says so, and goes on by itself', async () => {
    await begin({ rules: 'rules: [{ name: cpu, plugin: cpu, interval: 1m, attempts: 1 }]' })
    s.store.samples = [{ measurement: 'instance', tags: { instance: 'web' }, fields: { cpu_percent: 99 }, time: s.clock.now() }]
    s.inventory.all = [instance('web')]
    await s.restart()
    await s.pass(12_000)
    assert.deepEqual(said(), ['problem web critical'])
    s.store.broken = new Error('disk full')
    await s.pass(5 * 60_000)
    assert.deepEqual(said(), ['problem web critical'])
    assert.equal((await s.journal.problems(everything, {}))[0]?.state, 'critical')
    assert.match(s.health.all().find(({ component }) => component === 'alerter')?.detail ?? '', /no answer from the sample store/)
    s.store.broken = null
    s.store.samples = [{ measurement: 'instance', tags: { instance: 'web' }, fields: { cpu_percent: 1 }, time: s.clock.now() }]
    await s.pass(90_000)
    assert.deepEqual(said(), ['problem web critical', 'recovery web ok'])
  })

  it('decides nothing new while the journal refuses, and goes on with nothing lost when it takes states again', async () => {
    await begin()
    await withInstances('web')
    const { journal } = s
    const commit = journal.commit
    journal.commit = () => Promise.reject(new Error('disk full'))
    word.set('web', 'critical')
    await s.pass(10 * 60_000)
    assert.deepEqual(said(), [])
    assert.match(
      s.health.all().find(({ component }) => component === 'alerter')?.detail ?? '',
      /the journal refuses check states: disk full/,
    )
    assert.equal(s.logger.lines.filter(({ level }) => level === 'error').length, 1)
    journal.commit = commit
    await s.pass(2 * 60_000)
    assert.deepEqual(said(), ['problem web critical'])
    const history = (await s.journal.transitions(everything, { limit: 10 })).map(({ hard }) => hard)
    assert.deepEqual(history, [true, false])
  })

  it('looks at once where something has just changed', async () => {
    await begin({ rules: 'rules: [{ name: spoken, plugin: spoken, interval: 1h, attempts: 1 }]' })
    await withInstances('web')
    word.set('web', 'critical')
    s.checkNow([{ kind: 'instance', id: 'web' }])
    await s.pass(2000)
    assert.deepEqual(said(), ['problem web critical'])
  })

  it('ends the problem of an instance that is deleted, and tells those who heard of it', async () => {
    await begin()
    await withInstances('web')
    word.set('web', 'critical')
    await s.pass(90_000)
    s.inventory.all = []
    await s.pass(3 * 60_000)
    assert.deepEqual(said(), ['problem web critical', 'recovery web ok'])
    assert.equal(sent[1]?.message.problem.output, 'the instance is gone; no longer checked')
    assert.deepEqual(await s.journal.problems(everything, {}), [])
    assert.equal((await s.journal.checksOf(everything, { kind: 'instance', id: 'web' })).length, 0)
  })

  it('blames no instance and ends no problem because Specola itself was away', async () => {
    await begin({
      rules: `rules:
        - { name: connection, plugin: connection, interval: 15s, attempts: 1, config: { after: 1m } }
        - { name: no-data, plugin: no-data, interval: 1m, attempts: 1, config: { interval: 30s, missed: 4 } }`,
    })
    const report = (host: string, state: 'ok' | 'down' | 'starting') =>
      s.health.report({ component: `libvirt ${host}`, kind: 'libvirt', host, state, detail: host })
    s.inventory.all = [instance('web'), instance('db')]
    const poll = () => {
      s.store.samples = ['web', 'db'].map((id) => ({
        ...{ measurement: 'instance', tags: { instance: id, host: 'hv-1' }, fields: { state: 1 }, time: s.clock.now() - 1 },
      }))
    }
    report('hv-1', 'ok')
    report('hv-2', 'down')
    poll()
    await s.pass(2 * 60_000)
    assert.deepEqual(said(), ['problem libvirt hv-2 critical'])
    await s.stop()
    await s.pass(3 * 3_600_000)
    report('hv-1', 'starting')
    report('hv-2', 'starting')
    await s.restart()
    await s.pass(20_000)
    report('hv-1', 'ok')
    for (let i = 0; i < 10; i++) {
      await s.pass(30_000)
      poll()
    }
    assert.deepEqual(said(), ['problem libvirt hv-2 critical'])
  })

  it('keeps its targets while the inventory does not answer', async () => {
    await begin()
    await withInstances('web')
    s.inventory.broken = new Error('away')
    word.set('web', 'critical')
    await s.pass(5 * 60_000)
    assert.deepEqual(said(), ['problem web critical'])
  })

  it('is not stopped by a clock that is set back', async () => {
    await begin()
    await withInstances('web')
    const real = s.clock.now.bind(s.clock)
    s.clock.now = () => real() - 6 * 3_600_000
    word.set('web', 'critical')
    await s.pass(3 * 60_000)
    assert.deepEqual(said(), ['problem web critical'])
  })

  it('tells nobody without contacts, and still keeps states', async () => {
    await begin({ section: '{}' })
    await withInstances('web')
    word.set('web', 'critical')
    await s.pass(90_000)
    const [problem] = await s.journal.problems(everything, {})
    assert.equal(problem?.state, 'critical')
    assert.equal((await s.journal.notifications(everything, problem?.check ?? '', 1))[0]?.reason, 'no contact wants it')
  })

  it('tells a contact of projects only of its projects, and never of a hypervisor', async () => {
    await begin({
      rules: `rules:
        - { name: spoken, plugin: spoken, interval: 1m, attempts: 1 }
        - { name: connection, plugin: connection, interval: 15s, attempts: 1, config: { after: 1s } }`,
      section: `kept: {}
contacts:
  - { name: noc, kept: noc }
  - { name: tenant, kept: tenant, role: manager, projects: [p2] }
  - { name: night, kept: night, rules: [connection], states: [critical] }`,
    })
    s.inventory.all = [instance('one'), instance('two', { project: 'p2', host: 'hv-2' })]
    s.health.report({ component: 'libvirt hv-1', kind: 'libvirt', host: 'hv-9', state: 'down', detail: 'away' })
    word.set('one', 'critical')
    word.set('two', 'critical')
    await s.restart()
    await s.pass(60_000)
    const heard = (to: string) =>
      sent
        .filter((one) => one.to === to)
        .map(({ message }) => message.problem.targetName)
        .sort()
    assert.deepEqual(heard('noc'), ['libvirt hv-1', 'one', 'two'])
    assert.deepEqual(heard('tenant'), ['two'])
    assert.deepEqual(heard('night'), ['libvirt hv-1'])
  })

  it('a check that throws or hangs is unknown, the others are as they should be', async () => {
    const bad: Check = {
      ...spoken,
      name: 'bad',
      run: ({ target }) => (target.id === 'hang' ? new Promise(() => {}) : Promise.reject(new Error('a bug'))),
    }
    await begin({
      plugins: [...plugins, bad],
      rules: `rules:
        - { name: spoken, plugin: spoken, interval: 1m, attempts: 1 }
        - { name: bad, plugin: bad, interval: 1m, attempts: 1, targets: { names: ['hang', 'th*w'] } }`,
      section: '{}',
    })
    s.inventory.all = ['hang', 'throw', 'fine'].map((id) => instance(id))
    await s.restart()
    await s.pass(60_000)
    const outputs = (await s.journal.problems(everything, {})).map(({ targetName, state: is, output }) => [
      targetName,
      is,
      output,
    ])
    assert.deepEqual(outputs.sort(), [
      ['hang', 'unknown', 'could not check: no answer within 30 s'],
      ['throw', 'unknown', 'could not check: a bug'],
    ])
    assert.ok((await s.journal.summary(everything)).ok >= 3)
  })
})
