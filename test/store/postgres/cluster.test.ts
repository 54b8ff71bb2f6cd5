import assert from 'node:assert/strict'
import { type AddressInfo, createServer, connect as dial, type Server, type Socket } from 'node:net'
import { untold } from '../../../alerter/tell.ts'
import { healthBoard } from '../../../collector/health.ts'
import { everything } from '../../../model/access.ts'
import type { CheckOrder } from '../../../model/alert-cluster.ts'
import { systemClock as clock } from '../../../model/clock.ts'
import { AppError, type Message } from '../../../model/contract.ts'
import { steady } from '../../../model/flapping.ts'
import { slotOf, slots } from '../../../model/slot.ts'
import { pending } from '../../../model/state.ts'
import type { AlertBatch, StoredCheck } from '../../../model/tracked-check.ts'
import { connect, type PostgresConfig } from '../../../store/postgres/connect.ts'
import { openSharedJournal } from '../../../store/postgres/open.ts'
import { authority } from '../../support/certificates.ts'
import { eventually } from '../../support/child-process.ts'
import { freePort } from '../../support/free-port.ts'
import { needs } from '../../support/needs.ts'
import { type PostgresServer, postgresProgram, startPostgres } from '../../support/postgres.ts'
import { silentLogger } from '../../support/silent-logger.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const leaseMs = 1000
const empty: AlertBatch = {
  ...{ checks: [], removed: [], transitions: [], notifications: [], held: [], downtimes: [], comments: [] },
}

const check = (id: string, state: 'ok' | 'critical' = 'critical'): StoredCheck => ({
  ...{ id, rule: 'r', plugin: 'p', target: { kind: 'instance', id }, targetName: id, project: 'p1', host: null, maxAttempts: 1 },
  ...{ longOutput: null, perfdata: [], nextCheck: 5, acknowledgement: null, told: untold, flapping: steady },
  state: { ...pending, state, hard: true, checked: true, lastCheck: 1, lastStateChange: 1, output: state },
})

const change = (id: string): AlertBatch['transitions'][number] => ({
  ...{ check: id, rule: 'r', target: { kind: 'instance', id }, targetName: id, project: 'p1', time: 1 },
  ...{ from: 'ok', to: 'critical', hard: true, attempt: 1, output: '' },
})

const news = (id: string) => ({
  ...{ contact: 'alice', notifier: 'email', to: 'a@example.org' },
  message: {
    ...{ kind: 'problem', transition: null, acknowledgement: null, link: null, instances: null, time: 1 },
    ...{ zone: 'UTC', language: 'en' },
    problem: { ...check(id), check: id, state: 'critical', since: 1, output: '', hard: true, attempt: 1, lastCheck: 1 },
  } as unknown as Message,
})

describe('engines that share a PostgreSQL', function () {
  this.timeout(30_000)
  needs(postgresProgram, 'postgresql')
  const directory = temporaryDirectory()
  let server: PostgresServer
  let config: PostgresConfig
  let databases = 0
  const opened: Member[] = []
  before(async () => {
    server = await startPostgres(directory())
  })
  after(() => server?.stop())
  beforeEach(() => {
    config = server.database(`cluster_${++databases}`)
  })
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.end()
  })

  /** An engine that remembers what it hears. */
  const join = async (engine: string, known = 100, at = config) => {
    const shared = openSharedJournal({ ...at, engine, leaseMs }, { health, clock, logger: silentLogger() })
    await shared.journal.stored()
    const heard = { orders: [] as CheckOrder[], reloaded: [] as string[], followed: [] as string[], downtimes: [] as string[] }
    let stop = new AbortController()
    let running: Promise<void> = Promise.resolve()
    const member: Member = {
      ...shared,
      heard,
      share: () => Array.from({ length: slots }, (_, n) => n).filter((n) => shared.cluster.owns(targetIn(n))).length,
      resume() {
        stop = new AbortController()
        running = shared.cluster.run(
          {
            known: () => known,
            targets: () => [],
            reload: (_, checks) => heard.reloaded.push(...checks.map(({ id }) => id)),
            follow: (checks) => heard.followed.push(...checks.map(({ id }) => id)),
            downtimes: (open) => {
              heard.downtimes = open.map(({ id, active }) => `${id} ${active}`)
            },
            people: async () => undefined,
            async obey(id, order) {
              heard.orders.push(order)
              await shared.journal.commit({ ...empty, orders: [id] })
            },
          },
          stop.signal,
        )
      },
      async pause() {
        stop.abort(new Error('paused'))
        await running
      },
      async end() {
        stop.abort(new Error('over'))
        await running
        await shared.close()
      },
    }
    member.resume()
    opened.push(member)
    return member
  }
  const health = healthBoard(clock)
  const shares = (...wanted: [Member, number][]) =>
    eventually(`shares ${wanted.map(([, n]) => n)}`, () => wanted.every(([member, n]) => member.share() === n), 10_000)

  it('share the checks evenly, and again when one joins, leaves or dies', async () => {
    const a = await join('a')
    await shares([a, 64])
    const b = await join('b')
    await shares([a, 32], [b, 32])
    const c = await join('c')
    await eventually('three shares', () => [a, b, c].every((one) => one.share() >= 21))
    assert.equal(a.share() + b.share() + c.share(), slots)
    await c.pause()
    await c.cluster.leave()
    await shares([a, 32], [b, 32])
    const began = performance.now()
    await b.pause() // as if it were killed: it says nothing more
    await shares([a, 64])
    assert.ok(performance.now() - began > leaseMs * 0.7, 'not before the lease has run out')
    const engines = await a.engines()
    assert.deepEqual(
      engines.map(({ name, slots: held, alive }) => [name, held, alive]),
      [
        ['a', 64, true],
        ['b', 0, false],
      ],
    )
  })

  it('leave the checks to those that know them', async () => {
    const a = await join('a', 1000)
    await shares([a, 64])
    const b = await join('b', 12)
    await eventually('b is seen', async () => (await a.engines()).length === 2)
    await clock.sleep(leaseMs)
    assert.deepEqual([a.share(), b.share()], [64, 0])
    assert.match(
      health.all().find(({ component }) => component === 'alert journal')?.detail ?? '',
      /does not know all checks yet/,
    )
  })

  it('write nothing for a check that was taken over, and all the rest', async () => {
    const a = await join('a')
    await shares([a, 64])
    await a.journal.commit({ ...empty, checks: [check('one'), check('two')] })
    const stale: AlertBatch = {
      ...{ ...empty, checks: [check('one', 'ok'), check('two', 'ok')], removed: ['two'], transitions: [change('one')] },
      ...{ notifications: [news('one')], comments: [{ check: 'one', time: 1, author: 'x', text: 'y' }] },
      held: [{ ...{ check: 'one', time: 1, kind: 'problem', state: 'critical', contact: '', notifier: '' }, ...suppressed }],
    }
    a.journal.decided?.(stale) // and then the process is stopped for a while
    await a.pause()
    const b = await join('b')
    await shares([b, 64])
    await b.journal.commit({ ...empty, checks: [{ ...check('one'), rule: 'of b' }] })
    assert.deepEqual([...(await a.journal.commit(stale))].sort(), ['one', 'two'])
    assert.deepEqual((await b.journal.stored()).map(({ id, rule, state }) => [id, rule, state.state]).sort(), [
      ['one', 'of b', 'critical'],
      ['two', 'r', 'critical'],
    ])
    assert.deepEqual(await b.journal.transitions(everything, { limit: 10 }), [])
    assert.equal((await b.journal.waiting()).count, 0)
    // back again, it reads what holds, and takes its half
    a.resume()
    await shares([a, 32], [b, 32])
    assert.deepEqual(new Set(a.heard.reloaded), new Set(['one', 'two']))
  })

  it('refuse what was decided under an earlier lease, also when the check came back since', async () => {
    const a = await join('a')
    await shares([a, 64])
    const stale: AlertBatch = { ...empty, checks: [check('one')] }
    a.journal.decided?.(stale)
    await a.pause()
    const b = await join('b')
    await shares([b, 64])
    await b.pause()
    a.resume()
    await eventually('a notices', () => a.share() === 0)
    await shares([a, 64])
    assert.deepEqual(await a.journal.commit(stale), ['one'])
    assert.deepEqual(await a.journal.commit({ ...empty, checks: [check('one')] }), [])
  })

  it('write a batch once, however often it is tried', async () => {
    const a = await join('a')
    await shares([a, 64])
    const batch: AlertBatch = { ...empty, checks: [check('one')], transitions: [change('one')], notifications: [news('one')] }
    for (let tries = 0; tries < 3; tries++) assert.deepEqual(await a.journal.commit(batch), [])
    assert.equal((await a.journal.transitions(everything, { limit: 10 })).length, 1)
    assert.equal((await a.journal.waiting()).count, 1)
  })

  it('send each notification from one of them; what a dead one had claimed is sent by another', async () => {
    const [a, b] = [await join('a'), await join('b')]
    await shares([a, 32], [b, 32])
    const ids = Array.from({ length: 40 }, (_, n) => `c${n}`)
    for (const one of [a, b]) {
      const own = ids.filter((id) => one.cluster.owns({ kind: 'instance', id }))
      await one.journal.commit({ ...empty, checks: own.map((id) => check(id)), notifications: own.map(news) })
    }
    const lane = { notifier: 'email', to: 'a@example.org' }
    assert.deepEqual(await b.journal.dueReceivers(10), [lane])
    const first = await a.journal.waitingFor(lane, 10, 25)
    assert.equal(first.length, 25)
    assert.deepEqual(await b.journal.waitingFor(lane, 10, 25), [], 'one serves a receiver')
    assert.deepEqual(await b.journal.dueReceivers(10), [lane], 'there is more for it, which waits')
    const [taken] = first
    assert.ok(taken)
    assert.equal(await a.journal.begin?.(taken.id), true)
    assert.equal(await b.journal.begin?.(taken.id), false)
    await a.pause()
    await shares([b, 64])
    assert.equal(await a.journal.begin?.(taken.id), false, 'an engine that was taken for dead sends nothing')
    const rest = await b.journal.waitingFor(lane, 10, 100)
    assert.ok(rest.some(({ id }) => id === taken.id))
    await b.journal.settle([{ id: taken.id, time: 11, outcome: 'sent', deliveryId: null, bundle: null }], [])
    a.resume()
    await eventually('a lives', async () => (await a.engines()).every(({ alive }) => alive))
    assert.equal(await a.journal.begin?.(taken.id), false, 'it was sent')
  })

  it('hear of each other within a moment: states, downtimes, and orders for the owner', async () => {
    const [a, b] = [await join('a'), await join('b')]
    await shares([a, 32], [b, 32])
    const ofB = Array.from({ length: 100 }, (_, n) => `c${n}`).find((id) => b.cluster.owns({ kind: 'instance', id })) as string
    await b.journal.commit({ ...empty, checks: [check(ofB)] })
    await eventually('a follows', () => a.heard.followed.includes(ofB), 1500)
    const order: CheckOrder = { do: 'acknowledge', check: ofB, by: 'bob', comment: '\0;--', sticky: false, options: {} }
    const began = performance.now()
    await a.cluster.order({ kind: 'instance', id: ofB }, order)
    assert.ok(performance.now() - began < 1500)
    assert.deepEqual(b.heard.orders, [{ ...order, comment: '\ufffd;--' }])
    assert.deepEqual(a.heard.orders, [])
    await a.journal.commit({ ...empty, downtimes: [planned] })
    await eventually('b hears of the downtime', () => b.heard.downtimes.includes('d1 false'), 1500)
  })

  it('tell of a downtime once when two begin it at the same time', async () => {
    const [a, b] = [await join('a'), await join('b')]
    await shares([a, 32], [b, 32])
    await a.journal.commit({ ...empty, downtimes: [planned] })
    const begun: AlertBatch = {
      ...{ ...empty, downtimes: [{ ...planned, active: true }], notifications: [{ ...news('one'), downtime: 'd1' }] },
    }
    await Promise.all([a.journal.commit({ ...begun }), b.journal.commit({ ...begun })])
    assert.equal((await a.journal.waiting()).count, 1)
    await b.journal.commit({ ...empty, downtimes: [{ ...planned, endedAt: 9, outcome: 'cancelled' }] })
    await a.journal.commit({ ...begun })
    assert.deepEqual(await a.journal.openDowntimes(), [], 'what is over does not begin again')
    assert.equal((await a.journal.waiting()).count, 1)
  })

  it('are taken over when the network is cut, and do no harm when it is back', async () => {
    const cut = await cuttable(server.port)
    try {
      const a = await join('a', 100, { ...config, url: config.url.replace(`:${server.port}`, `:${cut.port}`) })
      await shares([a, 64])
      const b = await join('b')
      await shares([a, 32], [b, 32])
      cut.cut()
      const began = performance.now()
      await shares([b, 64])
      assert.ok(performance.now() - began < 5000)
      const late: AlertBatch = { ...empty, checks: Array.from({ length: 20 }, (_, n) => check(`c${n}`)) }
      const writing = a.journal.commit(late)
      await b.journal.commit({ ...empty, checks: [check('c1', 'ok')] })
      cut.heal()
      assert.equal((await writing.catch(() => late.checks)).length, 20)
      assert.deepEqual(
        (await b.journal.stored()).map(({ id }) => id),
        ['c1'],
      )
    } finally {
      await cut.close()
    }
  })

  it('bring the database to the newest schema together, and refuse one that is not UTF-8 or of a newer Specola', async () => {
    await Promise.all([join('a'), join('b'), join('c')])
    const postgres = connect(config, { most: 1, clock })
    await postgres.query(`INSERT INTO specola_migration VALUES ('9999-to-come', now())`)
    await postgres.close()
    await assert.rejects(join('d'), /newer Specola/)
    const latin = server.database('latin', 'SQL_ASCII')
    await assert.rejects(join('e', 0, latin), /SQL_ASCII.*UTF8/)
  })

  it('say what is wrong without saying the password', async () => {
    const asking = async (wrong: PostgresConfig, code: AppError['code'], says: RegExp) => {
      const postgres = connect(wrong, { most: 1, clock })
      await assert.rejects(postgres.query('SELECT 1'), (error: AppError) => {
        assert.ok(error instanceof AppError)
        assert.equal(error.code, code, error.message)
        assert.match(error.message, says)
        assert.doesNotMatch(error.message, /observe|wrong-word/)
        return true
      })
      await postgres.close()
    }
    await asking(
      { ...config, url: `postgres://specola@127.0.0.1:${await freePort()}/x` },
      'unreachable',
      /does not answer.*REFUSED/,
    )
    await asking({ ...config, password: { reveal: () => 'wrong-word' } }, 'unreachable', /refuses the sign-in/)
    await asking({ ...config, url: config.url.replace(/[^/]+$/, 'nowhere') }, 'unreachable', /no such database/)
    await asking({ ...config, tls }, 'unreachable', /SSL/)
  })

  it('speak TLS, and only with a server that they were told to trust', async () => {
    const files = temporaryDirectory()()
    const [ours, other] = [authority(files, 'ours'), authority(files, 'other')]
    const signed = ours.sign('127.0.0.1')
    const secure = await startPostgres(temporaryDirectory()(), [], signed)
    try {
      const ask = async (ca: string, verify = true) => {
        const postgres = connect({ ...secure.config, tls: { ...tls, ca, verify } }, { most: 1, clock })
        try {
          return await postgres.query<{ ssl: boolean }>('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')
        } finally {
          await postgres.close()
        }
      }
      assert.deepEqual(await ask(ours.ca), [{ ssl: true }])
      await assert.rejects(ask(other.ca), /certificate/)
      assert.deepEqual(await ask(other.ca, false), [{ ssl: true }])
    } finally {
      await secure.stop()
    }
  })
})

const tls = { ca: null, cert: null, key: null, servername: null, verify: true }
const suppressed = { outcome: 'suppressed', reason: 'r', attempts: 0 } as const
const planned = {
  ...{ id: 'd1', subject: 'check:one', fixed: true, start: 1, end: 1e15, durationMs: 0, triggeredBy: null, author: 'bob' },
  ...{ comment: '', active: false, since: null, endedAt: null, outcome: null },
}

interface Member extends ReturnType<typeof openSharedJournal> {
  heard: { orders: CheckOrder[]; reloaded: string[]; followed: string[]; downtimes: string[] }
  share(): number
  /** Says nothing any more, and does nothing of itself. */
  pause(): Promise<void>
  resume(): void
  end(): Promise<void>
}

/** Some target of a slot. */
function targetIn(slot: number) {
  for (let n = 0; ; n++) if (slotOf({ kind: 'x', id: String(n) }) === slot) return { kind: 'x', id: String(n) }
}

/** A way to a port that can be cut as a cable is: nothing arrives, and nobody is told. */
async function cuttable(port: number) {
  const pairs: [Socket, Socket][] = []
  let open = true
  const listener: Server = createServer((near) => {
    const far = dial(port, '127.0.0.1')
    for (const socket of [near, far]) socket.on('error', () => undefined)
    pairs.push([near, far])
    if (open) join(near, far)
  })
  const join = (near: Socket, far: Socket) => {
    near.pipe(far)
    far.pipe(near)
  }
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  return {
    port: (listener.address() as AddressInfo).port,
    cut() {
      open = false
      for (const [near, far] of pairs) for (const socket of [near, far]) socket.unpipe()
    },
    heal() {
      open = true
      for (const [near, far] of pairs) join(near, far)
    },
    async close() {
      for (const pair of pairs) for (const socket of pair) socket.destroy()
      await new Promise((resolve) => listener.close(resolve))
    },
  }
}
