import assert from 'node:assert/strict'
import { z } from 'zod'
import { type Alerter, createAlerter } from '../../alerter/engine.ts'
import { rulesSchema } from '../../alerter/rules.ts'
import { alerterSection } from '../../alerter/section.ts'
import { healthBoard } from '../../collector/health.ts'
import { everything } from '../../model/access.ts'
import { systemClock as clock } from '../../model/clock.ts'
import type { Change, Check, Message, Notifier, Plugin } from '../../model/contract.ts'
import type { PostgresConfig } from '../../store/postgres/connect.ts'
import { openSharedJournal, type SharedAlertJournal } from '../../store/postgres/open.ts'
import { checked, FakeInventory, instance, render } from '../support/alerting.ts'
import { eventually } from '../support/child-process.ts'
import { needs } from '../support/needs.ts'
import { type PostgresServer, postgresProgram, startPostgres } from '../support/postgres.ts'
import { SamplesInMemory } from '../support/samples-in-memory.ts'
import { silentLogger } from '../support/silent-logger.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** What all instances are, as every engine sees it. */
let world: 'ok' | 'critical' = 'critical'
const sent: { engine: string; message: Message }[] = []

const plugins = (engine: string): readonly Plugin[] => {
  const seen: Check = {
    ...{ kind: 'check', name: 'world', description: 'd', targets: ['instance'], config: z.strictObject({}) },
    run: async () => ({ state: world, output: world, perfdata: [] }),
  }
  const passive: Check = {
    ...{ kind: 'check', name: 'passive', description: 'd', targets: ['instance'], config: z.strictObject({}) },
    run: async () => null,
  }
  const notifier: Notifier = {
    ...{ kind: 'notifier', name: 'note', description: 'd', config: z.strictObject({}) },
    async send(message) {
      sent.push({ engine, message })
      return { ok: true }
    },
  }
  return [seen, passive, notifier]
}
const rules = `rules:
  - { name: state, plugin: world, interval: 1s, retryInterval: 1s, attempts: 1, repeat: 0s }
  - { name: backup, plugin: passive, interval: 1s, attempts: 1, repeat: 0s }`
const contacts = `{ note: {}, contacts: [{ name: alice, note: alice, states: [critical, recovery, downtime] }] }`

interface Engine {
  name: string
  alerter: Alerter
  shared: SharedAlertJournal
  health: ReturnType<typeof healthBoard>
  changes: Change[]
  stop(): Promise<void>
}

function startEngine(name: string, config: PostgresConfig): Engine {
  const health = healthBoard(clock)
  const logger = silentLogger()
  const changes: Change[] = []
  const inventory = new FakeInventory()
  inventory.all = Array.from({ length: 40 }, (_, n) => instance(`i${n}`))
  const shared = openSharedJournal({ ...config, engine: name, leaseMs: 4000 }, { health, clock, logger })
  const mine = plugins(name)
  const alerter = createAlerter(checked(contacts, alerterSection(mine)), {
    ...{ clock, inventory, plugins: mine, render, store: new SamplesInMemory(), logger, health },
    ...{ rules: checked(rules, rulesSchema(mine)).rules, live: { publish: (change: Change) => void changes.push(change) } },
    ...{ journal: shared.journal, cluster: shared.cluster },
  })
  const stop = new AbortController()
  const running = alerter.run(stop.signal)
  return {
    ...{ name, alerter, shared, health, changes },
    async stop() {
      stop.abort(new Error('over'))
      await running
      await shared.close()
    },
  }
}

describe('two alerters on one journal', function () {
  this.timeout(40_000)
  needs(postgresProgram, 'postgresql')
  const directory = temporaryDirectory()
  let server: PostgresServer
  let engines: [Engine, Engine]
  before(async () => {
    server = await startPostgres(directory())
    const config = server.database('alerts')
    await server.stop()
    engines = [startEngine('a', config), startEngine('b', config)]
  })
  after(async () => {
    for (const engine of engines ?? []) await engine.stop()
    await server?.stop()
  })

  it('wait for a database that is away, and say so', async () => {
    for (const { health } of engines)
      await eventually('it is said', () =>
        health
          .all()
          .some(({ component, state, detail }) => component === 'alerter' && state === 'down' && /5432|127/.test(detail)),
      )
    await server.start()
    for (const { shared } of engines)
      await eventually('both work', async () => {
        const seen = await shared.engines().catch(() => [])
        return seen.length === 2 && seen.every(({ slots }) => slots === 32)
      })
  })

  it('show the same, whoever decided it, and tell each problem once', async () => {
    const [a, b] = engines
    await eventually('all are problems', async () => (await a.shared.journal.problems(everything, {})).length === 40, 15_000)
    assert.deepEqual(await a.shared.journal.problems(everything, {}), await b.shared.journal.problems(everything, {}))
    await eventually('all are told', () => sent.length === 40)
    assert.equal(new Set(sent.map(({ message }) => message.problem.check)).size, 40)
    await eventually('pages of both hear of all', () =>
      engines.every(({ changes }) => new Set(changes.map((change) => change.kind === 'problem' && change.check)).size >= 40),
    )
  })

  it('take acknowledgements and results at either, for checks of the other', async () => {
    const [a, b] = engines
    const all = await a.shared.journal.problems(everything, {})
    const mine = engines.flatMap(({ shared }) => all.filter(({ target }) => shared.cluster.owns(target)).slice(0, 3))
    assert.equal(mine.length, 6)
    sent.length = 0
    const began = performance.now()
    for (const { check } of mine)
      assert.equal(await a.alerter.commands.acknowledge(everything, check, 'bob', 'mine', false), true)
    for (const { check } of mine) assert.equal((await b.shared.journal.check(everything, check))?.acknowledgement?.author, 'bob')
    assert.ok(performance.now() - began < 5000)
    assert.equal(await b.alerter.commands.unacknowledge(everything, mine[0]?.check ?? '', 'bob'), true)
    await eventually('it is gone', async () => {
      const [first] = mine
      return (await a.shared.journal.check(everything, first?.check ?? ''))?.acknowledgement === null
    })
    const results = Array.from(
      { length: 6 },
      (_, n) => ({ target: `i${n}`, rule: 'backup', state: 'critical', output: 'late' }) as const,
    )
    assert.ok((await b.alerter.results.submit(results)).every(({ ok }) => ok))
    const taken = await a.shared.journal.problems(everything, { q: 'late' })
    assert.equal(taken.length, 6)
    await eventually(
      'they are told, once each',
      () => sent.filter(({ message }) => message.problem.rule === 'backup').length >= 6,
    )
    await clock.sleep(1500)
    assert.equal(sent.filter(({ message }) => message.problem.rule === 'backup').length, 6)
  })

  it('begin and end a downtime in both, and tell of it once', async () => {
    const [a, b] = engines
    sent.length = 0
    const problems = await a.shared.journal.problems(everything, { handled: false, q: 'critical' })
    const now = clock.now()
    const plan = { wholeTarget: true, by: 'bob', comment: 'kernel', start: now, end: now + 3_600_000, flexibleMs: null }
    const ids: string[] = []
    for (const { check } of problems.slice(0, 6)) {
      const planned = await a.alerter.commands.scheduleDowntime(everything, { check, ...plan })
      assert.ok(planned?.ok)
      ids.push(planned.id)
    }
    await eventually('b knows', async () => (await b.alerter.commands.cancelDowntime(everything, ids[0] ?? '', 'bob')) === true)
    world = 'ok'
    const silent = problems.slice(1, 6).map(({ check }) => check)
    await eventually('the others recover', () => sent.filter(({ message }) => message.kind === 'recovery').length >= 30, 15_000)
    await clock.sleep(1500)
    const told = sent.filter(({ message }) => silent.includes(message.problem.check)).map(({ message }) => message.kind)
    assert.deepEqual([...new Set(told)], ['downtime-start'])
    assert.equal(told.length, 5)
    const kinds = sent.filter(({ message }) => message.kind.startsWith('downtime')).map(({ message }) => message.kind)
    assert.deepEqual(kinds.sort(), [...Array(1).fill('downtime-cancelled'), ...Array(6).fill('downtime-start')])
  })

  it('go on after the database was restarted', async () => {
    const [a] = engines
    await server.crash()
    world = 'critical'
    await eventually(
      'it is said',
      () => a.health.all().some(({ component, state }) => component === 'alert journal' && state === 'down'),
      15_000,
    )
    await server.start()
    sent.length = 0
    const undisturbed = async () => (await a.shared.journal.problems(everything, { q: 'critical' }).catch(() => [])).length
    await eventually('all are problems again', async () => (await undisturbed()) === 40, 20_000)
    await eventually('it is over', () =>
      a.health.all().every(({ component, state }) => component !== 'alert journal' || state === 'ok'),
    )
  })
})
