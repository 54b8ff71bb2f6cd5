import assert from 'node:assert/strict'
import { z } from 'zod'
import { type Alerter, createAlerter } from '../../alerter/engine.ts'
import { rulesSchema } from '../../alerter/rules.ts'
import { alerterSection } from '../../alerter/section.ts'
import { healthBoard } from '../../collector/health.ts'
import { everything } from '../../model/access.ts'
import { type Clock, systemClock as clock } from '../../model/clock.ts'
import type { Check, Message, Notifier, Plugin } from '../../model/contract.ts'
import { connect, type Postgres, type PostgresConfig } from '../../store/postgres/connect.ts'
import { openSharedJournal, type SharedAlertJournal } from '../../store/postgres/open.ts'
import { checked, FakeInventory, instance, render } from '../support/alerting.ts'
import { eventually } from '../support/child-process.ts'
import { needs } from '../support/needs.ts'
import { type PostgresServer, postgresProgram, startPostgres } from '../support/postgres.ts'
import { SamplesInMemory } from '../support/samples-in-memory.ts'
import { silentLogger } from '../support/silent-logger.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const leaseMs = 800
/** Time of the engines runs so much faster than that of the database: inventories are read every 3 s, checks every tenth of one. */
const faster = 10

/** Who ran which check, and who sent what. */
const ran: { engine: string; target: string; at: number }[] = []
const sent: { engine: string; kind: Message['kind']; target: string }[] = []
const failing = new Set<string>()

const plugins = (engine: string): readonly Plugin[] => {
  const check: Check = {
    ...{ kind: 'check', name: 'world', description: 'd', targets: ['instance'], config: z.strictObject({}) },
    async run({ target }) {
      ran.push({ engine, target: target.id, at: performance.now() })
      const state = failing.has(target.id) ? 'critical' : 'ok'
      return { state, output: state, perfdata: [] }
    },
  }
  const notifier: Notifier = {
    ...{ kind: 'notifier', name: 'note', description: 'd', config: z.strictObject({}) },
    async send({ kind, problem }) {
      sent.push({ engine, kind, target: problem.target.id })
      return { ok: true }
    },
  }
  return [check, notifier]
}
const rules = `rules: [{ name: state, plugin: world, interval: 1s, retryInterval: 1s, attempts: 1, repeat: 0s }]`
const contacts = `{ note: {}, contacts: [{ name: alice, note: alice, states: [critical, recovery, downtime] }] }`

const began = clock.now()
const quick: Clock = {
  now: () => Math.round(began + (clock.now() - began) * faster),
  monotonic: () => clock.monotonic() * faster,
  sleep: (ms, signal) => clock.sleep(ms / faster, signal),
}

interface Engine {
  alerter: Alerter
  shared: SharedAlertJournal
  inventory: FakeInventory
  health: ReturnType<typeof healthBoard>
  /** It says nothing more, as if it had been killed. */
  die(): Promise<void>
}

describe('targets that only some of the engines know', function () {
  this.timeout(90_000)
  needs(postgresProgram, 'postgresql')
  const directory = temporaryDirectory()
  let server: PostgresServer
  let databases = 0
  let config: PostgresConfig
  let watch: Postgres
  const running: Engine[] = []
  before(async () => {
    server = await startPostgres(directory())
  })
  after(() => server?.stop())
  beforeEach(() => {
    config = server.database(`strays_${++databases}`)
    watch = connect(config, { most: 1, clock })
    failing.clear()
    ran.length = 0
    sent.length = 0
  })
  afterEach(async () => {
    await Promise.all(running.splice(0).map((one) => one.die()))
    await watch.close()
  })
  const both = Array.from({ length: 80 }, (_, n) => `both-${n}`)
  const strange = (name: string) => Array.from({ length: 10 }, (_, n) => `${name}-${n}`)

  async function start(name: string, ids: readonly string[]): Promise<Engine> {
    const health = healthBoard(clock)
    const inventory = new FakeInventory()
    inventory.all = ids.map((id) => instance(id))
    const logger = silentLogger()
    const shared = openSharedJournal({ ...config, engine: name, leaseMs }, { health, clock, logger })
    await shared.journal.stored()
    const mine = plugins(name)
    const alerter = createAlerter(checked(contacts, alerterSection(mine)), {
      ...{ clock: quick, inventory, plugins: mine, render, store: new SamplesInMemory(), logger, health },
      ...{ rules: checked(rules, rulesSchema(mine)).rules, live: { publish: () => undefined } },
      ...{ journal: shared.journal, cluster: { ...member(shared), leave: async () => undefined } },
    })
    const stop = new AbortController()
    const done = alerter.run(stop.signal)
    const engine = {
      ...{ alerter, shared, inventory, health },
      async die() {
        stop.abort(new Error('over'))
        await done
        await shared.close()
      },
    }
    running.push(engine)
    return engine
  }
  const member = ({ cluster }: SharedAlertJournal) => ({
    owns: cluster.owns.bind(cluster),
    knownElsewhere: cluster.knownElsewhere.bind(cluster),
    run: cluster.run.bind(cluster),
    order: cluster.order.bind(cluster),
  })
  /** Which engines ran the checks of these targets since a moment; none of them is missing. */
  const watchers = (ids: readonly string[], since: number) => {
    const recent = ran.filter(({ at, target }) => at > since && ids.includes(target))
    return ids.every((id) => recent.some(({ target }) => target === id))
      ? [...new Set(recent.map(({ engine }) => engine))].sort()
      : null
  }
  const watched = async (what: string, ids: readonly string[], by: readonly string[], patienceMs = 20_000) => {
    await eventually(
      what,
      () => {
        const now = watchers(ids, performance.now() - 600)
        return now !== null && now.join() === by.join()
      },
      patienceMs,
    )
  }
  const shared = (...engines: Engine[]) =>
    eventually(
      'all take part',
      async () =>
        (await (engines[0] as Engine).shared.engines()).filter((one) => one.alive && one.slots > 0).length === engines.length,
    )
  /** No two engines decided on one change. */
  const inOrder = async () =>
    assert.deepEqual(
      await watch.query(
        `SELECT check_id FROM (SELECT check_id, from_state, lag(to_state, 1, 'ok') OVER (PARTITION BY check_id ORDER BY seq) AS before
           FROM transition) AS t WHERE from_state <> before`,
      ),
      [],
    )
  const count = async (sql: string) => Number((await watch.query<{ n: number }>(sql))[0]?.n)

  it('are watched by the one that knows them, and told once', async () => {
    const a = await start('a', [...both, ...strange('of-a')])
    const b = await start('b', [...both, ...strange('of-b')])
    await shared(a, b)
    await watched('what both know', both, ['a', 'b'])
    await watched('what only a knows', strange('of-a'), ['a'])
    await watched('what only b knows', strange('of-b'), ['b'])
    for (const id of [...both, ...strange('of-a'), ...strange('of-b')]) failing.add(id)
    await eventually('all told', () => sent.filter(({ kind }) => kind === 'problem').length >= 100)
    await clock.sleep(1000)
    assert.equal(sent.length, 100)
    assert.equal(new Set(sent.map(({ target }) => target)).size, 100)
    const alone = (await a.shared.engines()).map((one) => one.alone)
    assert.ok(
      alone.every((n) => n > 0 && n < 10),
      alone.join(),
    )
    assert.equal(await count('SELECT count(*) AS n FROM stray'), alone[0]! + alone[1]!)
    // no ping-pong: nothing changes hands any more
    const fences = 'SELECT coalesce(max(fence), 0) + (SELECT sum(fence) FROM lease) AS n FROM stray'
    const before = await count(fences)
    await clock.sleep(8 * leaseMs)
    assert.equal(await count(fences), before)
    await inOrder()

    // whoever asks, at either: the one that decides does it
    const ofB = (await a.shared.journal.problems(everything, {})).filter(({ target }) => target.id.startsWith('of-b'))
    assert.equal(ofB.length, 10)
    for (const { check } of ofB) assert.equal(await a.alerter.commands.acknowledge(everything, check, 'eve', 'mine', false), true)
    await eventually('all taken', async () => (await b.shared.journal.problems(everything, { handled: true })).length === 10)
    const now = quick.now()
    const plan = { wholeTarget: true, by: 'bob', comment: '', start: now, end: now + 600_000, flexibleMs: null }
    const planned = await a.alerter.commands.scheduleDowntime(everything, { check: ofB[0]?.check ?? '', ...plan })
    assert.ok(planned?.ok)
    const target = ofB[0]?.target.id
    await eventually('b begins it, and tells', () => sent.some((one) => one.kind === 'downtime-start' && one.target === target))
    assert.equal(await a.alerter.commands.cancelDowntime(everything, planned.id, 'bob'), true)
    await eventually('and ends it', () => sent.some((one) => one.kind === 'downtime-cancelled' && one.target === target))
    assert.deepEqual(await a.shared.journal.openDowntimes(), [])
  })

  it('follow those who know them: from one to the other, and to their owner', async () => {
    const a = await start('a', [...both, ...strange('x')])
    const b = await start('b', both)
    await shared(a, b)
    await watched('a has them', strange('x'), ['a'])
    for (const id of strange('x')) failing.add(id)
    await eventually('told', () => sent.length === 10)
    // at once from one to the other: neither loses a check, nobody hears anything
    a.inventory.all = both.map((id) => instance(id))
    b.inventory.all = [...both, ...strange('x')].map((id) => instance(id))
    await watched('b has them', strange('x'), ['b'], 40_000)
    assert.equal((await b.shared.journal.problems(everything, {})).length, 10)
    // and when both know them, each has those of its shares
    a.inventory.all = b.inventory.all
    await eventually('none is lent', async () => (await count('SELECT count(*) AS n FROM stray')) === 0, 30_000)
    await watched('both have them', strange('x'), ['a', 'b'])
    assert.equal(sent.length, 10)
    failing.clear()
    await eventually('over', () => sent.length === 20)
    assert.ok(sent.slice(10).every(({ kind }) => kind === 'recovery'))
    await inOrder()
  })

  it('are taken over by another one that knows them, and wait for one that nobody can replace', async () => {
    const a = await start('a', both)
    const b = await start('b', [...both, ...strange('of-b'), ...strange('of-bc')])
    const c = await start('c', [...both, ...strange('of-bc')])
    await shared(a, b, c)
    await watched('what b knows', strange('of-b'), ['b'])
    for (const id of [...strange('of-b'), ...strange('of-bc')]) failing.add(id)
    await eventually('told', () => sent.length === 20)
    running.splice(running.indexOf(b), 1)
    await b.die()
    await watched('c has what it knows too', strange('of-bc'), ['c'])
    await eventually('it is said', () =>
      a.health
        .all()
        .some(
          ({ component, detail }) =>
            component === 'alert journal' && /targets are not watched: only an engine that is gone knew them/.test(detail),
        ),
    )
    const problems = async () => (await a.shared.journal.problems(everything, {})).length
    assert.equal(await problems(), 20, 'a problem is not over because nobody looks')
    assert.equal(watchers(strange('of-b').slice(0, 1), performance.now() - 400), null)
    failing.clear()
    await start('b', [...both, ...strange('of-b'), ...strange('of-bc')])
    await eventually('all recover', async () => (await problems()) === 0, 30_000)
    await eventually('and it is told, once each', () => sent.length >= 40)
    await clock.sleep(1000)
    assert.deepEqual([sent.length, new Set(sent.map(({ kind, target }) => `${kind} ${target}`)).size], [40, 40])
    await inOrder()
  })

  it('end where they were watched, and are told to be gone', async () => {
    const a = await start('a', both)
    const b = await start('b', [...both, ...strange('of-b')])
    await shared(a, b)
    await watched('b has them', strange('of-b'), ['b'])
    for (const id of strange('of-b')) failing.add(id)
    await eventually('told', () => sent.length === 10)
    b.inventory.all = both.map((id) => instance(id))
    await eventually('over', () => sent.length === 20, 70_000)
    assert.equal((await a.shared.journal.problems(everything, {})).length, 0)
    assert.equal(await count(`SELECT count(*) AS n FROM check_state WHERE target_id LIKE 'of-b%'`), 0)
  })
})
