import assert from 'node:assert/strict'
import { readRecorded } from '../../../collector/amqp/read.ts'
import { completeLists } from '../../../collector/openstack/complete-lists.ts'
import { type RoundParts, rounds } from '../../../collector/openstack/round.ts'
import { Secret } from '../../../config/fields.ts'
import { everything } from '../../../model/access.ts'
import { systemClock as clock } from '../../../model/clock.ts'
import { type CloudEvent, nativeEvent, type RecordedEvent } from '../../../model/event.ts'
import { type Cloud, openCloud } from '../../../openstack/client.ts'
import { capacityJournal } from '../../../store/journal/capacity.ts'
import { type Database, openDatabase } from '../../../store/journal/database.ts'
import { eventJournal } from '../../../store/journal/events.ts'
import { listeningLog } from '../../../store/journal/listening.ts'
import { networkInventory } from '../../../store/journal/networks.ts'
import { readingJournal } from '../../../store/journal/readings.ts'
import { usageJournal } from '../../../store/journal/usage.ts'
import { type RecordedCloud, recordedCloud } from '../../support/cloud/recorded-cloud.ts'
import { assertSameUsage } from '../../support/compare-usage.ts'
import { mainRun, messagesOf, novaUsage, type TenantUsage } from '../../support/recordings.ts'
import { silentLogger } from '../../support/silent-logger.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const minute = 60_000

describe('the APIs as second witness', function () {
  this.timeout(60_000)
  const directory = temporaryDirectory()
  let made = 0
  let db: Database
  let servers: RecordedCloud[]
  let clouds: Cloud[]

  beforeEach(() => {
    db = openDatabase(`${directory()}/${++made}`)
    ;[servers, clouds] = [[], []]
  })
  afterEach(async () => {
    for (const cloud of clouds) cloud.close()
    for (const server of servers) await server.close()
    db.close()
  })

  async function cloud(name = 'one'): Promise<RecordedCloud> {
    const server = await recordedCloud()
    servers.push(server)
    clouds.push(
      openCloud({
        ...{ name, clock: { ...clock, sleep: async () => undefined }, logger: silentLogger() },
        access: {
          ...{ authUrl: server.url, region: null, interface: 'public', ca: null, verify: true, endpoints: {} },
          credentials: { method: 'application_credential', id: 'a', secret: new Secret('s') },
        },
      }),
    )
    return server
  }
  function reader(of = 0, more: Partial<RoundParts> = {}) {
    const events = eventJournal(db)
    return rounds({
      ...{ cloud: clouds[of] as Cloud, clouds: () => clouds, together: completeLists(clouds.map(({ name }) => name)) },
      ...{ interval: 5 * minute, fullList: { every: 24 * 60 * minute, hour: 3 } },
      ...{ intake: { events: events.record }, journal: readingJournal(db), listed: events.listed, clock },
      overdue: usageJournal(db, clock).overdue,
      capacity: capacityJournal(db),
      ...more,
    })
  }
  const record = (events: readonly CloudEvent[]) =>
    eventJournal(db).record(events.map((event): RecordedEvent => ({ event, ignored: false, raw: null })))
  const dueAgain = async (name = 'one') => {
    const journal = readingJournal(db)
    await journal.setMark(name, 'full', clock.now() - 48 * 60 * minute)
  }
  const instance = (id: string) =>
    db.get<{ state: string; terminated_at: number | null; fold: string }>('SELECT * FROM instance WHERE id = ?', id)
  /** An instance that the journal believes to run, and that was heard of some hours ago. */
  const runs = (id: string, project: string, at = clock.now() - 300 * minute) =>
    record([
      nativeEvent({
        ...{ id: `x${id}`, type: 'instance.observed', time: at, service: 'nova', publisher: 'x', project, host: 'compute-1' },
        ...{ resource: { kind: 'instance', id }, instance: { state: 'active', createdAt: at, launchedAt: at } },
      }),
    ])

  it('takes in all that exists, and the second time nothing', async () => {
    const server = await cloud()
    const first = await reader().next()
    assert.ok(first.full)
    assert.deepEqual(first.complaints, [])
    const alive = server.recorded.servers.filter(({ status }) => status !== 'DELETED')
    assert.ok(alive.some(({ status }) => status === 'SOFT_DELETED')) // Nova lists these only when it is asked to
    assert.equal(db.get<{ n: number }>('SELECT count(*) AS n FROM instance')?.n, alive.length)
    assert.ok(first.news > 100)
    const before = db.get<{ n: number }>('SELECT count(*) AS n FROM event')?.n
    await dueAgain()
    const second = await reader().next()
    assert.ok(second.full)
    assert.deepEqual([second.read >= first.read, second.news, second.actions, second.gone], [true, 0, 0, 0])
    assert.equal(db.get<{ n: number }>('SELECT count(*) AS n FROM event')?.n, before)
  })

  it('reads networks and what is counted by time every hour, and forgets those that went without a word', async () => {
    const server = await cloud()
    let hours = 0
    const round = reader(0, { clock: { ...clock, now: () => clock.now() + hours * 60 * minute } })
    await round.next()
    const inventory = networkInventory(db)
    const list = server.recorded.lists['network/ports'] as { entries: Record<string, unknown>[] }
    assert.equal((await inventory.ports(everything)).length, list.entries.length)
    const moved = list.entries[0] as Record<string, unknown>
    Object.assign(moved, { fixed_ips: [{ subnet_id: 'elsewhere', ip_address: '10.9.9.9' }] })
    const gone = list.entries.pop()?.id
    db.run("UPDATE resource SET updated_at = updated_at - 7200000 WHERE kind = 'port'") // heard of long ago
    const asked = () =>
      server.requests.flatMap(
        ({ url }) => /\/(volumes|snapshots|backups|images|floatingips|networks|subnets|ports)\b/.exec(url)?.[1] ?? [],
      )
    server.requests.length = 0
    await round.next()
    assert.deepEqual(asked(), [])
    hours = 1
    server.ahead = 60 * minute
    const third = await round.next()
    assert.deepEqual([third.full, third.complaints, third.news], [false, [], 1])
    assert.deepEqual(asked(), [
      ...['volumes', 'snapshots', 'backups', 'images', 'images', 'floatingips', 'networks', 'subnets', 'ports'],
    ])
    const ports = await inventory.ports(everything)
    assert.deepEqual(ports.find(({ id }) => id === moved.id)?.fixed, [{ subnet: 'elsewhere', address: '10.9.9.9' }])
    assert.ok(!ports.some(({ id }) => id === gone) && ports.length === list.entries.length)
  })

  it('reads everything again when messages may have been lost, but not all the time', async () => {
    await cloud()
    const listening = listeningLog(db)
    let now = clock.now()
    let slow = 0
    const lists = readingJournal(db)
    const journal = {
      ...lists,
      newestEvents: (...args: Parameters<typeof lists.newestEvents>) => {
        now += slow
        return lists.newestEvents(...args)
      },
    }
    const round = reader(0, { journal, clock: { ...clock, now: () => now } })
    const away = (until: number, lost: boolean) =>
      listening.absent([{ source: 'bus', exchange: 'glance', from: until - minute, to: until, cause: 'broker', lost }])
    const full = async () => {
      now += minute
      return (await round.next()).full
    }
    assert.deepEqual([await full(), await full()], [true, false])
    await away(now, false) // our queue kept what was published
    assert.equal(await full(), false)
    await away(now, true)
    assert.deepEqual([await full(), await full()], [true, false])
    await listening.bound('bus', ['swift'], now) // whatever made the exchange was not heard
    slow = 10_000
    assert.equal(await full(), true)
    const took = now
    slow = 0
    await away(now, true)
    assert.equal(await full(), false)
    now = took + 60 * minute
    assert.deepEqual([await full(), await full()], [true, false])
  })

  it('tells of the services: what is down, and where the audit did not run', async () => {
    await cloud()
    const { servicesDown } = await reader().next()
    assert.deepEqual(servicesDown, []) // compute-1 is down, but was taken out by hand
    const events = await eventJournal(db).events(everything, { types: ['audit.log', 'service.observed'], limit: 100 })
    const log = events.find(({ type }) => type === 'audit.log')?.facts
    assert.deepEqual([log?.hosts, log?.done, log?.notRun], [3, 2, ['kvm-1']])
    assert.equal(events.find(({ facts }) => facts?.binary === 'nova-compute' && facts.up === false)?.host, 'compute-1')
  })

  it('learns which audits did not run while nobody asked, and no more than those', async () => {
    const server = await cloud()
    await reader().next()
    const asked = () => server.requests.filter(({ url }) => url.includes('audit_log/')).length
    const missed = () => db.all<{ start: number; host: string }>('SELECT start, host FROM audit_missed ORDER BY start DESC')
    assert.equal(asked(), 0)
    const [newest] = missed()
    assert.deepEqual(
      missed().map(({ host }) => host),
      ['kvm-1'],
    )
    const length = 60 * minute
    // stopped for three hours: two periods came and went
    await readingJournal(db).setMark('one', 'audits', (newest?.start as number) + length - 3 * length)
    await reader().next()
    assert.deepEqual(
      missed().map(({ start, host }) => [((newest?.start as number) - start) / length, host]),
      [
        [0, 'kvm-1'],
        [1, 'missed-1'],
        [2, 'missed-2'],
      ],
    )
    assert.equal(asked(), 2)
    await reader().next()
    assert.equal(asked(), 2)
    await readingJournal(db).setMark('one', 'audits', 0)
    await reader().next()
    assert.equal(asked(), 2 + 168)
  })

  it('heals every end that the bus lost, with the time and figures of Nova', async () => {
    const server = await cloud()
    const lost = (body: string) => /(compute\.)?instance\.(delete|shutdown)\.end/.test(body)
    const messages = messagesOf(mainRun).filter(({ body }) => !lost(body))
    await eventJournal(db).record(
      messages.flatMap((message) => {
        const read = readRecorded(message)
        return read.ok ? read.recorded : []
      }),
    )
    const nova = novaUsage(mainRun)
    const ours = async () => (await usageJournal(db, clock).parity(everything, nova)) as unknown as TenantUsage[]
    assert.throws(() => assertSameUsage([], nova.usages))
    await readingJournal(db).setMark('one', 'changes', nova.from)
    const result = await reader().next()
    assert.deepEqual(result.complaints, [])
    assertSameUsage(await ours(), nova.usages)
    assert.ok(result.actions > 500)
    assert.ok(server.requests.length < 3000)
    // and now that all is known, nothing is news
    await readingJournal(db).setMark('one', 'changes', nova.from)
    const again = await reader().next()
    assert.deepEqual([again.news, again.actions], [0, 0])
  })

  describe('ends what is gone', () => {
    it('when Nova counted it, at the time that Nova says', async () => {
      const server = await cloud()
      const ended = server.recorded.usage.flatMap(({ server_usages }) => server_usages).find(({ ended_at }) => ended_at !== null)!
      await runs(String(ended.instance_id), String(ended.tenant_id), Date.UTC(2026, 10, 22, 16, 4))
      const { gone } = await reader().next()
      assert.equal(gone, 1)
      assert.equal(instance(String(ended.instance_id))?.terminated_at, Math.floor(Date.parse(`${ended.ended_at}Z`) / 1000) * 1000)
    })

    it('when its actions tell of a deletion, then', async () => {
      const server = await cloud()
      const deletion = {
        action: 'delete',
        request_id: 'req-d',
        start_time: '2026-11-23T10:00:00.000000',
        updated_at: '2026-11-23T10:00:05.000000',
      }
      server.recorded.actions.purged = [deletion]
      await runs('purged', 'nobody')
      assert.equal((await reader().next()).gone, 1)
      assert.equal(instance('purged')?.terminated_at, Date.UTC(2026, 10, 23, 10, 0, 5))
    })

    it('else where it was last heard of, be it in a list', async () => {
      await cloud()
      const at = clock.now() - 300 * minute
      await runs('vanished', 'nobody', at)
      await eventJournal(db).listed({ kind: 'instance', readAt: at + 120 * minute, ids: ['vanished'] })
      assert.equal((await reader().next()).gone, 1)
      const row = instance('vanished')
      assert.equal(row?.state, 'deleted')
      assert.equal(row?.terminated_at, Math.floor((at + 120 * minute) / 1000) * 1000)
    })

    it('but not what is soft-deleted, or in a cell that is down', async () => {
      const server = await cloud()
      const soft = {
        ...server.recorded.servers.find(({ status }) => status === 'ACTIVE'),
        id: 'soft',
        status: 'SOFT_DELETED',
        'OS-EXT-STS:vm_state': 'soft-delete',
      }
      server.recorded.servers.push(soft, { id: 'down', status: 'UNKNOWN', tenant_id: 'p', created: '2026-11-01T00:00:00Z' })
      await runs('soft', 'p')
      await runs('down', 'p')
      assert.equal((await reader().next()).gone, 0)
      assert.deepEqual([instance('soft')?.state, instance('down')?.state], ['soft-delete', 'active'])
    })

    it('but not before every cloud has told what it has', async () => {
      await cloud('one')
      const other = await cloud('two')
      other.recorded.servers = [{ id: 'elsewhere', status: 'UNKNOWN', tenant_id: 'p' }]
      await runs('elsewhere', 'p')
      await runs('vanished', 'p')
      const together = completeLists(['one', 'two'])
      assert.equal((await reader(0, { together }).next()).gone, 0)
      other.breakOn(/servers\/detail/, { how: 'status', status: 500, body: '{"computeFault":{"message":"oops"}}' }, 1)
      const second = reader(1, { together })
      await assert.rejects(second.next(), /compute: failed \(500\)/)
      assert.equal(instance('vanished')?.terminated_at, null)
      assert.equal((await reader(1, { together }).next()).gone, 1)
      assert.deepEqual([instance('elsewhere')?.terminated_at === null, instance('vanished')?.state], [true, 'deleted'])
    })

    it('but nothing at all when most would be gone', async () => {
      await cloud()
      for (let i = 0; i < 30; i++) await runs(`elsewhere-${i}`, 'p')
      const { gone, complaints } = await reader().next()
      assert.equal(gone, 0)
      assert.match(complaints.join(), /nothing is ended; is a region missing/)
      assert.equal(instance('elsewhere-0')?.terminated_at, null)
    })
  })

  it('goes on without what it may not read, and says so', async () => {
    const server = await cloud()
    const no = { how: 'status', status: 403, body: '{"forbidden":{"code":403,"message":"no"}}' } as const
    server.breakOn(/\/users/, no, 9)
    server.breakOn(/os-instance_usage_audit_log/, no, 9)
    const reading = reader()
    const { complaints, news } = await reading.next()
    assert.ok(news > 80)
    assert.equal(complaints.length, 2)
    assert.match(complaints.join(), /needs role admin, or reader on the system/)
    // not every few minutes anew
    assert.equal((await reading.next()).full, false)
  })

  it('does not take the lists of an account that is no admin for complete ones', async () => {
    const server = await cloud()
    server.roles = ['reader']
    const told: string[] = []
    await reader(0, { listed: async ({ kind }) => void told.push(kind) }).next()
    assert.deepEqual(told, ['instance']) // Nova refuses where the others cut
  })

  it('asks each domain where Keystone cuts its list, and does without services that are not there', async () => {
    const server = await cloud()
    server.recorded.catalog = server.recorded.catalog.filter(({ type }) => type !== 'volumev3')
    const cut = JSON.stringify({ users: [], links: { next: null }, truncated: true })
    server.breakOn(/\/users\?limit=1000$/, { how: 'status', status: 200, body: cut })
    const { complaints } = await reader().next()
    assert.deepEqual(complaints, [])
    assert.ok(server.requests.some(({ url }) => /\/users\?limit=1000&domain_id=default/.test(url)))
    assert.ok((db.get<{ n: number }>(`SELECT count(*) AS n FROM event WHERE type = 'user.observed'`)?.n ?? 0) > 10)
  })

  describe('what began and was not heard of again', () => {
    /** A rebuild of which only the start was heard, in a journal that is up to date otherwise. */
    async function begun(pick: (server: { status?: unknown }) => boolean) {
      const server = await cloud()
      const found = server.recorded.servers.find(pick)
      const id = String(found?.id)
      await runs(id, String(found?.tenant_id))
      const mark = readingJournal(db)
      for (const task of ['full', 'changes']) await mark.setMark('one', task, clock.now())
      const start = (minutes: number) =>
        record([
          nativeEvent({
            ...{ id: `begun${minutes}`, type: 'instance.rebuild', phase: 'start', format: 'legacy' },
            ...{ time: clock.now() - minutes * minute, service: 'nova', publisher: 'x', resource: { kind: 'instance', id } },
            instance: { state: 'active', taskState: 'rebuilding' },
          }),
        ])
      const looks = () => server.requests.filter(({ url }) => url.endsWith(`/servers/${id}`)).length
      const overdue = async () => (await usageJournal(db, clock).overdue(clock.now())).length
      return { id, start, looks, overdue, server }
    }

    it('is over when a deletion has begun and Nova has forgotten the instance, at the end that Nova told', async () => {
      const { overdue } = await begun(({ status }) => status === 'SHUTOFF')
      const began = clock.now() - 20 * minute
      const softDeletedAt = began - 240 * minute
      // soft-deleted while its host was down, and destroyed: the host tries to reclaim it for ever
      const reclaim = (id: string, of: string, terminatedAt: number | null) =>
        record([
          nativeEvent({
            ...{ id, type: 'instance.delete', phase: 'start', format: 'legacy', time: began, service: 'nova', publisher: 'x' },
            ...{ project: 'p', resource: { kind: 'instance', id: of } },
            instance: { state: 'soft-delete', createdAt: began - 300 * minute, launchedAt: began - 290 * minute, terminatedAt },
          }),
        ])
      await reclaim('r1', 'reclaimed', softDeletedAt)
      await reclaim('r2', 'unknown', null)
      assert.equal(await overdue(), 2)
      assert.equal((await reader().next()).gone, 2)
      assert.deepEqual(
        ['reclaimed', 'unknown'].map((id) => [instance(id)?.state, instance(id)?.terminated_at]),
        [softDeletedAt, began].map((at) => ['deleted', Math.floor(at / 1000) * 1000]),
      )
      await reclaim('r3', 'reclaimed', softDeletedAt)
      assert.deepEqual([await overdue(), (await reader().next()).gone], [0, 0])
    })

    it('is not ended while a cloud knows the instance, or another cannot be asked', async () => {
      const { id, server, overdue } = await begun(({ status }) => status === 'SHUTOFF')
      await record([
        nativeEvent({
          ...{ id: 'd', type: 'instance.delete', phase: 'start', format: 'legacy', time: clock.now() - 20 * minute },
          ...{ service: 'nova', publisher: 'x', resource: { kind: 'instance', id: 'hidden' }, instance: { state: 'active' } },
        }),
      ])
      const second = await cloud('two')
      second.recorded.servers.push({ ...second.recorded.servers.find((one) => one.id === id), id: 'hidden' })
      second.breakOn(/servers\/hidden/, { how: 'status', status: 403, body: '{"forbidden":{"message":"no"}}' }, 1)
      const round = reader()
      const first = await round.next()
      assert.deepEqual([first.gone, first.complaints.length], [0, 1])
      assert.deepEqual([(await round.next()).gone, instance('hidden')?.terminated_at, await overdue()], [0, null, 0])
      assert.ok(server.requests.some(({ url }) => url.endsWith('/servers/hidden')))
    })

    it('is not looked into before its time', async () => {
      const { start, looks } = await begun(({ status }) => status === 'SHUTOFF')
      await start(29)
      await reader().next()
      assert.equal(looks(), 0)
    })

    it('is looked into, and is over when Nova says that nothing is under way', async () => {
      const { id, start, looks, overdue } = await begun(({ status }) => status === 'SHUTOFF')
      await start(31)
      assert.equal(await overdue(), 1)
      const reading = reader()
      await reading.next()
      assert.deepEqual([looks(), await overdue(), instance(id)?.state], [1, 0, 'stopped'])
      await reading.next()
      assert.equal(looks(), 1)
    })

    it('is looked into once while it goes on', async () => {
      const { start, looks, overdue, server } = await begun(({ status }) => status === 'SHUTOFF')
      const row = server.recorded.servers.find(({ status }) => status === 'SHUTOFF')
      if (row) row['OS-EXT-STS:task_state'] = 'rebuilding'
      await start(31)
      const reading = reader()
      await reading.next()
      await reading.next()
      assert.deepEqual([looks(), await overdue()], [1, 1])
    })
  })
})
