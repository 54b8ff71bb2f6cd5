import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { everything } from '../../../model/access.ts'
import type { NetworkInventory } from '../../../model/contract.ts'
import type { CloudEvent, RecordedEvent } from '../../../model/event.ts'
import { ipAvailability } from '../../../model/ip-availability.ts'
import { placeTraffic, type TapTraffic } from '../../../model/port-traffic.ts'
import { networksObserved, portsObserved, subnetsObserved } from '../../../openstack/networks.ts'
import { readingsOf } from '../../../openstack/readings.ts'
import { type Database, openDatabase } from '../../../store/journal/database.ts'
import { eventJournal } from '../../../store/journal/events.ts'
import { networkInventory } from '../../../store/journal/networks.ts'
import { eventsOf, readGzipped, recordings } from '../../support/recordings.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const root = join(import.meta.dirname, '../../..')
const text = (...path: string[]) => gunzipSync(readFileSync(join(root, ...path))).toString('utf8')
const replyOf = (...path: string[]): unknown =>
  ([JSON.parse(text(...path)) as object].flat()[0] as { response: { body: unknown } }).response.body
const recorded = (events: readonly CloudEvent[]): RecordedEvent[] => events.map((event) => ({ event, ignored: false, raw: null }))

describe('the inventory of networks', function () {
  this.timeout(60_000)
  const directory = temporaryDirectory()
  const databases: Database[] = []
  const open = () => {
    const db = openDatabase(`${directory()}/${databases.length}`)
    databases.push(db)
    return db
  }
  after(() => {
    for (const db of databases) db.close()
  })
  async function knowing(events: readonly RecordedEvent[]): Promise<NetworkInventory & { db: Database }> {
    const db = open()
    await eventJournal(db).record(events)
    return { ...networkInventory(db), db }
  }

  for (const recording of recordings)
    it(`heard on the bus is what Neutron lists afterwards (${recording.name})`, async () => {
      const readings = (file: string) =>
        (JSON.parse(readGzipped(file)) as { time: string; response: { body: unknown } }[]).flatMap(({ time, response }) =>
          recorded(readingsOf(response.body, Date.parse(time))),
        )
      const heard = await knowing([...readings(recording.before), ...eventsOf(recording)])
      const listed = await knowing(readings(recording.after))
      // a port that Neutron makes for a floating IP is nobody's, and nobody tells of it
      const owned = async (from: NetworkInventory) => (await from.ports(everything)).filter(({ project }) => project !== null)
      const byId = <T extends { id: string }>(rows: T[]) => rows.sort((a, b) => (a.id < b.id ? -1 : 1))
      assert.ok((await owned(listed)).length > 10)
      assert.deepEqual(byId(await owned(heard)), byId(await owned(listed)))
      assert.deepEqual(byId(await heard.subnets(everything)), byId(await listed.subnets(everything)))
      assert.deepEqual(byId(await heard.networks(everything)), byId(await listed.networks(everything)))
    })

  describe("of a real Neutron's lists", () => {
    const [ports, subnets, networks] = ['ports', 'subnets', 'networks'].map((name) =>
      replyOf('test', 'fixtures', 'networks', `${name}.json.gz`),
    ) as [{ ports: unknown[] }, { subnets: unknown[] }, { networks: unknown[] }]
    let known: Awaited<ReturnType<typeof knowing>>
    const readAt = Date.UTC(2026, 10, 22, 16)
    before(async () => {
      known = await knowing(
        recorded([...portsObserved(ports, readAt), ...subnetsObserved(subnets, readAt), ...networksObserved(networks, readAt)]),
      )
    })

    it('has everything', async () => {
      assert.equal((await known.ports(everything)).length, ports.ports.length)
      assert.equal((await known.subnets(everything)).length, subnets.subnets.length)
      const named = (await known.networks(everything)).map(({ id }) => id)
      for (const { network, pools } of await known.subnets(everything)) assert.ok(named.includes(network) && pools.length > 0)
    })

    it('leads every recorded tap to the port of its instance, its network and subnet', async () => {
      const { servers } = replyOf('collector', 'demo', 'recording', 'servers-before.json.gz') as {
        servers: { id: string; 'OS-EXT-SRV-ATTR:instance_name': string; addresses: Record<string, { addr: string }[]> }[]
      }
      const taps: TapTraffic[] = []
      let domain = ''
      for (const line of text('collector', 'demo', 'recording', 'domstats.txt.gz').split('\n')) {
        domain = /^Domain: '(.+)'/.exec(line)?.[1] ?? domain
        const device = /net\.\d+\.name=(\S+)/.exec(line)?.[1]
        const server = servers.find((one) => one['OS-EXT-SRV-ATTR:instance_name'] === domain)
        if (device && server && !taps.some((tap) => tap.device === device))
          taps.push({ instance: server.id, project: null, device, rxBytes: 1, txBytes: 1, drops: 0 })
      }
      assert.ok(taps.length >= 3, `${taps.length} taps`)
      const names = new Map((await known.networks(everything)).map(({ id, name }) => [id, name]))
      for (const placed of placeTraffic(taps, await known.ports(everything))) {
        assert.ok(placed.port !== null && placed.subnet !== null, placed.device)
        // Nova's own word for where the instance is
        const server = servers.find(({ id }) => id === placed.instance)
        assert.ok(Object.keys(server?.addresses ?? {}).includes(names.get(placed.network ?? '') ?? ''), placed.device)
      }
    })

    it('leaves what was counted: used and free never pass what there is', async () => {
      const all = ipAvailability(await known.subnets(everything), await known.ports(everything))
      assert.ok(all.some(({ used }) => used > 0))
      for (const { total, used, free } of all) assert.ok(total > 0 && free >= total - used && free <= total)
    })

    it('shows each project its own, and the names of what everybody may use', async () => {
      const all = await known.ports(everything)
      const projects = new Set(all.flatMap(({ project }) => project ?? []))
      assert.ok(projects.size > 1)
      for (const project of projects) {
        const scope = { projects: [project] }
        const own = all.filter((port) => port.project === project).map(({ id }) => id)
        const seen = await known.ports(scope)
        for (const port of seen)
          if (port.project === null) assert.deepEqual([port.device, port.mac], [null, null])
          else assert.equal(port.project, project)
        assert.deepEqual(seen.flatMap((port) => (port.project === null ? [] : port.id)).sort(), own.sort())
        for (const subnet of await known.subnets(scope))
          assert.ok(subnet.project === project || (subnet.project === null && subnet.pools.length === 0))
      }
      assert.deepEqual(await known.ports({ projects: [] }), [])
      assert.deepEqual(
        (await known.subnets({ projects: [] })).filter(({ project, pools }) => project ?? pools[0]),
        [],
      )
    })
  })

  const at = Date.UTC(2026, 10, 24)
  const network = { id: 'n1', name: '<script>alert(1)</script>', project_id: 'p1', 'router:external': false }
  const subnet = {
    ...{ id: 's1', name: '=HYPERLINK("x")', network_id: 'n1', project_id: 'p1', cidr: '10.0.0.0/29' },
    allocation_pools: [{ start: '10.0.0.2', end: '10.0.0.6' }],
  }
  const port = (id: string, address: string, project = 'p1') => ({
    ...{ id, name: '', network_id: 'n1', project_id: project, device_id: `i-${id}`, mac_address: 'fa:16:3e:00:00:01' },
    ...{ device_owner: 'compute:nova', fixed_ips: [{ subnet_id: 's1', ip_address: address }] },
  })
  const small = (readAt: number) => [
    ...networksObserved({ networks: [network] }, readAt),
    ...subnetsObserved({ subnets: [subnet] }, readAt),
    ...portsObserved({ ports: [port('a', '10.0.0.2'), port('b', '10.0.0.3'), port('c', '10.0.0.4', 'p2')] }, readAt),
  ]
  const used = async (known: NetworkInventory, scope = everything) =>
    ipAvailability(await known.subnets(scope), await known.ports(scope)).map(({ used, free }) => [used, free])

  it("counts others' ports of a project's own subnet, and says nothing else of them", async () => {
    const known = await knowing(recorded(small(at)))
    assert.deepEqual(await used(known, { projects: ['p1'] }), [[3, 2]])
    assert.deepEqual(
      (await known.ports({ projects: ['p1'] })).find(({ id }) => id === 'c'),
      { id: 'c', network: 'n1', project: null, device: null, mac: null, fixed: [{ subnet: 's1', address: '10.0.0.4' }] },
    )
    assert.deepEqual(
      (await known.ports({ projects: ['p2'] })).map(({ id }) => id),
      ['c'],
    )
    assert.deepEqual(await known.subnets({ projects: ['p2'] }), [])
    assert.deepEqual(await known.networks({ projects: ['p2'] }), [])
    assert.deepEqual(await known.networks({ projects: ['p1'] }), [{ id: 'n1', name: '<script>alert(1)</script>' }])
  })

  it('leaves out what the newest complete list lacks, has it back when a later one lists it, and what came since', async () => {
    const known = await knowing(recorded(small(at)))
    const journal = eventJournal(known.db)
    const hour = 3_600_000
    await journal.listed({ kind: 'port', readAt: at + hour, ids: ['a', 'c'] })
    assert.deepEqual(await used(known), [[2, 3]])
    await journal.record(recorded(portsObserved({ ports: [port('d', '10.0.0.5')] }, at + hour + 1)))
    assert.deepEqual(await used(known), [[3, 2]])
    await journal.listed({ kind: 'port', readAt: at + 2 * hour, ids: ['a', 'b', 'c', 'd'] })
    assert.deepEqual(await used(known), [[4, 1]])
    await journal.listed({ kind: 'port', readAt: at, ids: [] })
    assert.deepEqual(await used(known), [[4, 1]], 'an older list says nothing new')
  })

  it('loses what lies in a network with the network', async () => {
    const known = await knowing(recorded(small(at)))
    await eventJournal(known.db).record(
      recorded([{ ...(small(at + 1)[0] as CloudEvent), id: 'gone', type: 'network.delete', phase: 'end' }]),
    )
    assert.deepEqual(
      [await known.ports(everything), await known.subnets(everything), await known.networks(everything)],
      [[], [], []],
    )
  })

  it('takes anything for an answer', async () => {
    for (const fixed of [null, 7, 'x', [null, 1, {}, { subnet_id: 's' }, { subnet_id: 1, ip_address: 2 }], { 0: 'x' }]) {
      const ports = [{ id: 'a', network_id: 'n1', project_id: 'p1', fixed_ips: fixed, mac_address: [], device_id: {} }]
      const known = await knowing(recorded(portsObserved({ ports }, at)))
      const [first] = await known.ports(everything)
      assert.deepEqual([first?.fixed, first?.mac, first?.device], [[], null, null])
    }
    for (const body of [null, 7, [], {}, { ports: 'x' }, { ports: [null, { id: '' }, { name: 'a' }] }])
      assert.deepEqual(portsObserved(body, at), [])
  })
})
