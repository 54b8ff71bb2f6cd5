import assert from 'node:assert/strict'
import { readRecorded } from '../../../collector/amqp/read.ts'
import { everything, type Scope } from '../../../model/access.ts'
import type { Clock } from '../../../model/clock.ts'
import { type CloudEvent, nativeEvent, type RecordedEvent } from '../../../model/event.ts'
import { type Database, openDatabase } from '../../../store/journal/database.ts'
import { eventJournal } from '../../../store/journal/events.ts'
import { inventory } from '../../../store/journal/inventory.ts'
import { resourceJournal } from '../../../store/journal/resources.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const start = Date.UTC(2026, 9, 1)
const at = (minutes: number) => start + minutes * 60_000
let number = 0

/** A bus notification as the collector hands it over. */
function message(event_type: string, minutes: number, payload: unknown, id = `m${number++}`): RecordedEvent {
  const timestamp = new Date(at(minutes)).toISOString().replace('T', ' ').replace('Z', '')
  const body = JSON.stringify({
    message_id: id,
    event_type,
    publisher_id: 'p',
    timestamp,
    payload,
    _context_user_id: 'u1',
    _context_project_id: 'p1',
  })
  const exchange = /^(volume|snapshot)/.test(event_type) ? 'cinder' : event_type.startsWith('image') ? 'glance' : 'neutron'
  const read = readRecorded({ exchange, routing_key: 'notifications.info', properties: {}, body })
  assert.ok(read.ok && !read.recorded.ignored)
  return read.recorded
}
const native = (event: Parameters<typeof nativeEvent>[0]): RecordedEvent => ({
  event: nativeEvent(event),
  ignored: false,
  raw: null,
})
const volume = (id: string, more: Record<string, unknown> = {}) => ({
  volume_id: id,
  tenant_id: 'p1',
  user_id: 'u1',
  size: 10,
  status: 'available',
  display_name: `name of ${id}`,
  created_at: '2026-10-01T00:00:00',
  volume_attachment: [],
  ...more,
})
const floatingIp = (id: string, port: string | null) => ({
  floatingip: { id, project_id: 'p1', floating_ip_address: '192.0.2.7', port_id: port, created_at: '2026-10-01T00:00:00Z' },
})

describe('the journal of resources', () => {
  const directory = temporaryDirectory()
  let db: Database
  let now = at(1000)
  const clock = { now: () => now } as Clock
  beforeEach(() => {
    db = openDatabase(`${directory()}/${number++}`)
    now = at(1000)
  })
  afterEach(() => db.close())
  const resources = () => resourceJournal(db, clock)
  const spans = async (kind: 'volume' | 'floatingip', id: string) =>
    (await resources().segments(everything, kind, id)).map(
      ({ from, to, state }) => `${(from - start) / 60_000}-${to === null ? '' : (to - start) / 60_000} ${state}`,
    )

  it('lets subnets go with their network, of which Neutron says nothing, in whichever order it is heard', async () => {
    const told = [
      message('network.create.end', 0, { network: { id: 'n1', name: 'n', project_id: 'p1' } }),
      message('subnet.create.end', 1, {
        subnet: { id: 's1', name: 's', network_id: 'n1', project_id: 'p1', cidr: '10.0.0.0/24' },
      }),
      message('subnet.create.end', 1, {
        subnet: { id: 's2', name: 's', network_id: 'n2', project_id: 'p1', cidr: '10.0.1.0/24' },
      }),
      message('network.delete.end', 9, { network_id: 'n1' }),
    ]
    for (const order of [told, told.toReversed()]) {
      const { record } = eventJournal(db)
      for (const one of order) await record([one])
      const ends = () =>
        db.all<{ id: string; at: number | null }>("SELECT id, deleted_at AS at FROM resource WHERE kind = 'subnet' ORDER BY id")
      const wanted = [
        ['s1', at(9)],
        ['s2', null],
      ]
      const found = () => ends().map((row) => [row.id, row.at])
      assert.deepEqual(found(), wanted)
      await record([message('subnet.update.end', 5, { subnet: { id: 's1', name: 'new', network_id: 'n1', project_id: 'p1' } })])
      assert.deepEqual(found(), wanted)
      db.close()
      db = openDatabase(`${directory()}/${number++}`)
    }
  })

  it('takes a message about several things once, whole, or not at all', async () => {
    const journal = eventJournal(db)
    const port = (id: string) => ({ id, project_id: 'p1', network_id: 'n', fixed_ips: [] })
    const bulk = message('port.create.end', 1, { ports: [port('a'), port('b'), port('c')] }, 'bulk')
    assert.deepEqual(await journal.record([bulk, bulk]), { events: 1, duplicates: 1, ignored: 0 })
    assert.deepEqual(await journal.record([bulk]), { events: 0, duplicates: 1, ignored: 0 })
    assert.equal(await journal.count(), 1)
    assert.deepEqual(
      (await resources().resources(everything, { kind: 'port', limit: 10 })).rows.map(({ id }) => id),
      ['a', 'b', 'c'],
    )
    const [first, second] = await journal.events(everything, { resource: { kind: 'port', id: 'b' }, limit: 5 })
    assert.ok(first && !second)
    assert.match((await journal.event(everything, first.seq))?.raw ?? '', /"ports"/)
  })

  it('frees a floating IP in silence when its port goes, whichever was heard of first', async () => {
    const story = [
      message('floatingip.create.end', 0, floatingIp('f', null)),
      message('floatingip.update.end', 10, floatingIp('f', 'port')),
      message('port.delete.end', 30, { port_id: 'port' }),
      message('floatingip.delete.end', 90, { floatingip_id: 'f' }),
    ]
    for (const order of [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
      [2, 0, 1, 3],
      [2, 1, 0, 3],
      [1, 3, 2, 0],
    ]) {
      const own = openDatabase(`${directory()}/${number++}`)
      const journal = eventJournal(own)
      for (const i of order) await journal.record([story[i] as RecordedEvent])
      const segments = await resourceJournal(own, clock).segments(everything, 'floatingip', 'f')
      assert.deepEqual(
        segments.map(({ from, to, state }) => [(from - start) / 60_000, ((to ?? 0) - start) / 60_000, state]),
        [
          [0, 10, 'idle'],
          [10, 30, 'in_use'],
          [30, 90, 'idle'],
        ],
        order.join(),
      )
      own.close()
    }
  })

  it('goes on where it was after a restart', async () => {
    await eventJournal(db).record([message('volume.create.end', 0, volume('v'))])
    await eventJournal(db).record([
      message(
        'volume.attach.end',
        10,
        volume('v', { status: 'in-use', volume_attachment: [{ instance_uuid: 'i', attach_status: 'attached' }] }),
      ),
    ])
    await eventJournal(db).record([message('volume.delete.end', 60, volume('v'))])
    assert.deepEqual(await spans('volume', 'v'), ['0-10 idle', '10-60 in_use'])
  })

  it('closes what a complete list does not have, whatever came late, and opens it again when it is heard of', async () => {
    const journal = eventJournal(db)
    await journal.record([message('volume.create.end', 0, volume('gone')), message('volume.create.end', 0, volume('there'))])
    await journal.listed({ kind: 'volume', readAt: at(100), ids: ['there'] })
    assert.deepEqual(await spans('volume', 'gone'), [])
    assert.deepEqual(
      (await resources().resources(everything, { kind: 'volume', limit: 10 })).rows.map(({ id }) => id),
      ['there'],
    )
    await journal.record([message('volume.attach.end', 50, volume('gone', { status: 'in-use' }))])
    assert.deepEqual(await spans('volume', 'gone'), ['0-50 idle'])
    await journal.record([message('volume.create.end', 20, volume('late'))])
    await journal.listed({ kind: 'volume', readAt: at(90), ids: ['gone'] })
    assert.deepEqual(await spans('volume', 'late'), ['0-20 idle'], 'not in the newest list, which is younger')
    await journal.record([message('volume.update.end', 200, volume('gone'))])
    assert.deepEqual(await spans('volume', 'gone'), ['0-50 idle', '50-200 in_use', '200- idle'])
    assert.deepEqual(await spans('volume', 'there'), ['0- idle'])
  })

  it('lists of one kind say nothing of another', async () => {
    const journal = eventJournal(db)
    await journal.record([message('volume.create.end', 0, volume('v'))])
    await journal.listed({ kind: 'snapshot', readAt: at(100), ids: [] })
    assert.deepEqual(await spans('volume', 'v'), ['0- idle'])
  })

  it('a failed batch leaves nothing behind, on disk or in memory', async () => {
    const journal = eventJournal(db)
    await journal.record([message('volume.create.end', 0, volume('v'))])
    const broken = { event: null as unknown as CloudEvent, ignored: false, raw: null }
    await assert.rejects(journal.record([message('volume.resize.end', 10, volume('v', { size: 99 })), broken]))
    await journal.record([message('volume.update.end', 20, volume('v', { display_name: 'new' }))])
    assert.deepEqual(await spans('volume', 'v'), ['0- idle'])
    assert.equal((await resources().resource(everything, 'volume', 'v'))?.about.sizeGib, 10)
  })

  it('names outlive what they name, and what is found by them', async () => {
    const journal = eventJournal(db)
    await journal.record([message('volume.create.end', 0, volume('v')), message('volume.delete.end', 5, volume('v'))])
    assert.equal((await resources().resources(everything, { kind: 'volume', q: 'name of', limit: 10 })).total, 0)
    const found = await resources().resources(everything, { kind: 'volume', q: 'NAME OF', deleted: true, limit: 10 })
    assert.deepEqual(
      found.rows.map(({ name, deletedAt }) => [name, deletedAt]),
      [['name of v', at(5)]],
    )
    assert.deepEqual(await inventory(db).names('volume', ['v', 'w']), new Map([['v', 'name of v']]))
    assert.deepEqual(await inventory(db).names("x' OR 1=1 --", ['v']), new Map())
    assert.deepEqual(
      (await resources().usage(everything, { from: start, to: now, by: 'resource' })).map(({ name, hours }) => [name, hours]),
      [['name of v', 5 / 60]],
    )
  })

  it('knows volume types by name where somebody told it, and subnets gone with their network', async () => {
    const type = '3706aa72-cb65-4971-83e8-48e1477efd1d'
    await eventJournal(db).record([
      message('volume.create.end', 0, volume('v', { volume_type: type })),
      native({
        id: 'n1',
        type: 'volume_type.observed',
        time: at(1),
        service: 'cinder',
        publisher: 'openstack api',
        resource: { kind: 'volume_type', id: type },
        about: { name: 'fast' },
      }),
      message('network.create.end', 0, { network: { id: 'net', project_id: 'p1', name: 'net', shared: false } }),
      message('subnet.create.end', 1, { subnet: { id: 'sub', project_id: 'p1', network_id: 'net', cidr: '10.0.0.0/24' } }),
    ])
    assert.deepEqual(
      (await resources().usage(everything, { from: start, to: now, by: 'type', kind: 'volume' })).map(({ key }) => key),
      ['fast'],
    )
    const subnets = async () => (await resources().resources(everything, { kind: 'subnet', limit: 9 })).total
    assert.equal(await subnets(), 1)
    await eventJournal(db).record([message('network.delete.end', 9, { network_id: 'net' })])
    assert.equal(await subnets(), 0)
  })

  it('shows a project its own and what is shared, without whose it is', async () => {
    const image = (id: string, owner: string, visibility: string) => ({
      id,
      owner,
      name: `img ${id}`,
      status: 'active',
      size: 1024 ** 3,
      visibility,
      created_at: '2026-10-01T00:00:00Z',
      properties: { instance_uuid: 'secret instance' },
    })
    await eventJournal(db).record([
      message('image.create', 0, image('own', 'p1', 'private')),
      message('image.create', 0, image('foreign', 'p2', 'private')),
      message('image.create', 0, image('public', 'p2', 'public')),
    ])
    const scope: Scope = { projects: ['p1'] }
    const { rows, total } = await resources().resources(scope, { kind: 'image', limit: 10 })
    assert.equal(total, 2)
    assert.deepEqual(
      rows.map(({ id, project }) => [id, project]),
      [
        ['own', 'p1'],
        ['public', null],
      ],
    )
    assert.doesNotMatch(JSON.stringify(rows[1]), /p2|secret/)
    assert.equal((await resources().resources(scope, { kind: 'image', project: 'p2', limit: 10 })).total, 0)
    assert.equal(await resources().resource(scope, 'image', 'foreign'), null)
    assert.deepEqual(await resources().segments(scope, 'image', 'public'), [])
    assert.deepEqual(
      (await resources().usage(scope, { from: start, to: now, by: 'resource' })).map(({ key }) => key),
      ['own'],
    )
    assert.deepEqual([...resources().segmentsWithin({ projects: [] }, { from: start, to: now })], [])
  })

  it("does not give what an administrator made to the administrator's project", async () => {
    const asked = { _context_user_id: 'u1', _context_project_id: 'p1' }
    const nova = (event_type: string, payload: Record<string, unknown>) => {
      const data = {
        'nova_object.data': payload,
        'nova_object.name': 'X',
        'nova_object.version': '1.0',
        'nova_object.namespace': 'nova',
      }
      const body = JSON.stringify({
        message_id: `${event_type} ${payload.name}`,
        event_type,
        timestamp: '2026-10-01 00:00:00',
        payload: data,
        ...asked,
      })
      const read = readRecorded({ exchange: 'nova', routing_key: 'x', properties: {}, body })
      assert.ok(read.ok)
      return read.recorded
    }
    const user = { message_id: 'u', event_type: 'identity.user.created', timestamp: '2026-10-01 00:00:00' }
    const keystone = readRecorded({
      exchange: 'keystone',
      routing_key: 'x',
      properties: {},
      body: JSON.stringify({ ...user, payload: { resource_info: 'u9', initiator: { user_id: 'u1', project_id: 'p1' } } }),
    })
    assert.ok(keystone.ok)
    await eventJournal(db).record([
      nova('aggregate.create.end', { uuid: 'a1', name: 'fast hosts', hosts: ['hv-1'] }),
      nova('service.create', { uuid: 's1', host: 'hv-1', binary: 'nova-compute' }),
      nova('flavor.create', { flavorid: 'f1', name: 'private', vcpus: 1, memory_mb: 1, is_public: false }),
      nova('flavor.create', { flavorid: 'f2', name: 'open', vcpus: 1, memory_mb: 1, is_public: true }),
      keystone.recorded,
    ])
    for (const [kind, all, own] of [
      ['aggregate', 1, 0],
      ['service', 1, 0],
      ['user', 1, 0],
      ['flavor', 2, 1],
    ] as const) {
      assert.equal((await resources().resources(everything, { kind, limit: 9 })).total, all, kind)
      assert.equal((await resources().resources({ projects: ['p1'] }, { kind, limit: 9 })).total, own, kind)
    }
  })

  it('lists projects and users that only a request ever named', async () => {
    await inventory(db).name('project', [{ id: 'p9', name: 'quiet' }], at(1))
    await eventJournal(db).record([
      native({
        id: 'n2',
        type: 'project.observed',
        time: at(2),
        service: 'keystone',
        publisher: 'openstack api',
        resource: { kind: 'project', id: 'p1' },
        project: 'p1',
        about: { name: 'web' },
        names: { project: 'web' },
      }),
    ])
    const projects = async (scope: Scope) =>
      (await resources().resources(scope, { kind: 'project', limit: 9 })).rows.map(({ id, name }) => [id, name])
    assert.deepEqual(await projects(everything), [
      ['p9', 'quiet'],
      ['p1', 'web'],
    ])
    assert.deepEqual(await projects({ projects: ['p1'] }), [['p1', 'web']])
  })
})
