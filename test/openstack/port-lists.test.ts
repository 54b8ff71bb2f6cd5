import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { ipAvailability } from '../../model/ip-availability.ts'
import { placeTraffic, type TapTraffic } from '../../model/port-traffic.ts'
import { networksFrom, portsFrom, subnetsFrom } from '../../openstack/port-lists.ts'

const root = join(import.meta.dirname, '../..')
const text = (...path: string[]) => gunzipSync(readFileSync(join(root, ...path))).toString('utf8')
const replyOf = (...path: string[]): unknown =>
  ([JSON.parse(text(...path)) as object].flat()[0] as { response: { body: unknown } }).response.body

describe("a real Neutron's lists", () => {
  const [ports, subnets, networks] = ['ports', 'subnets', 'networks'].map((name) =>
    replyOf('test', 'fixtures', 'networks', `${name}.json.gz`),
  )

  it('are read whole', () => {
    assert.equal(portsFrom(ports).length, (ports as { ports: unknown[] }).ports.length)
    assert.equal(subnetsFrom(subnets).length, (subnets as { subnets: unknown[] }).subnets.length)
    const named = networksFrom(networks).map(({ id }) => id)
    for (const { network } of subnetsFrom(subnets)) assert.ok(named.includes(network))
  })

  it('lead every recorded tap to the port of its instance, its network and subnet', () => {
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
    const names = new Map(networksFrom(networks).map(({ id, name }) => [id, name]))
    for (const placed of placeTraffic(taps, portsFrom(ports))) {
      assert.ok(placed.port !== null && placed.subnet !== null, placed.device)
      // Nova's own word for where the instance is
      const server = servers.find(({ id }) => id === placed.instance)
      assert.ok(Object.keys(server?.addresses ?? {}).includes(names.get(placed.network ?? '') ?? ''), placed.device)
    }
  })

  it('leave what they counted: used and free never pass what there is', () => {
    const all = ipAvailability(subnetsFrom(subnets), portsFrom(ports))
    assert.ok(all.some(({ used }) => used > 0))
    for (const { total, used, free } of all) assert.ok(total > 0 && free >= total - used && free <= total)
  })

  it('may be anything', () => {
    for (const body of [null, 7, [], {}, { ports: 'x' }, { ports: [null, { id: 1 }, { id: 'a', network_id: '' }] }])
      assert.deepEqual(portsFrom(body), [])
  })
})
