import assert from 'node:assert/strict'
import { placementReader } from '../../../collector/openstack/placement.ts'
import { Secret } from '../../../config/fields.ts'
import { everything } from '../../../model/access.ts'
import { systemClock as clock } from '../../../model/clock.ts'
import { type FittingFlavor, fitting } from '../../../model/fitting.ts'
import { hostsOf, promisedOf, providerFinder } from '../../../model/placement.ts'
import { type Cloud, openCloud } from '../../../openstack/client.ts'
import { candidatesUsage, inventoriesFrom, providersFrom, textsFrom, usagesFrom } from '../../../openstack/placement.ts'
import { capacityJournal } from '../../../store/journal/capacity.ts'
import { type Database, openDatabase } from '../../../store/journal/database.ts'
import { type RecordedCloud, recordedCloud } from '../../support/cloud/recorded-cloud.ts'
import { fixture } from '../../support/fixture.ts'
import { silentLogger } from '../../support/silent-logger.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

describe('Placement', () => {
  const directory = temporaryDirectory()
  let made = 0
  let db: Database
  let server: RecordedCloud
  let cloud: Cloud

  beforeEach(async () => {
    db = openDatabase(`${directory()}/${++made}`)
    server = await recordedCloud()
    cloud = openCloud({
      ...{ name: 'one', clock: { ...clock, sleep: async () => undefined }, logger: silentLogger() },
      access: {
        ...{ authUrl: server.url, region: null, interface: 'public', ca: null, verify: true, endpoints: {} },
        credentials: { method: 'application_credential', id: 'a', secret: new Secret('s') },
      },
    })
  })
  afterEach(async () => {
    cloud.close()
    await server.close()
    db.close()
  })

  const read = () => placementReader(cloud, capacityJournal(db)).read()
  const kept = async () => hostsOf((await capacityJournal(db).readings(everything)).flatMap(({ providers }) => providers))
  const asked = () => server.requests.map(({ url }) => url).filter((url) => url.startsWith('/8778/'))

  it('lets in as many of a flavor as it is said to, with shared disks, GPUs of their own providers and full hosts', async () => {
    await read()
    const { hosts, shared } = await kept()
    const { fits } = JSON.parse(fixture('placement/placement.json.gz')) as { fits: Record<string, number> }
    const added = hosts.filter(({ name }) => !name.startsWith('compute-'))
    const cases: [string, FittingFlavor][] = [
      ['VCPU:4,MEMORY_MB:8192,DISK_GB:80', { vcpus: 4, memoryMb: 8192, diskGb: 80 }],
      [
        'VCPU:2,MEMORY_MB:2048,VGPU:3,DISK_GB:20',
        { vcpus: 2, memoryMb: 2048, diskGb: 20, extraSpecs: { 'resources:VGPU': '3' } },
      ],
    ]
    for (const [request, flavor] of cases) assert.equal(fitting(added, flavor, shared).total, fits[request], request)
    assert.equal(Object.keys(fits).length, cases.length)
  })

  it('tells what is promised of each resource, and how much may be', async () => {
    await read()
    const { hosts } = await kept()
    const host = hosts.find(({ name }) => name === 'compute-1')
    assert.deepEqual(host && promisedOf(host, ['VCPU']), {
      ...{ total: 1000, reserved: 0, ratio: 16, capacity: 16_000, allocated: 26 },
    })
    assert.deepEqual(host && promisedOf(host, ['MEMORY_MB']), {
      ...{ total: 800_000, reserved: 512, ratio: 1.5, capacity: 1_199_232, allocated: 30_208 },
    })
    const full = hosts.find(({ name }) => name === 'hv-full')
    assert.equal(full && promisedOf(full, ['VCPU'])?.allocated, 8, 'no candidate, so asked by itself')
    assert.equal(promisedOf({ inventories: {} }, ['VCPU']), null)
  })

  it('is asked for the list and the usages alone while no provider changes, and by itself only for what changed', async () => {
    await read()
    const first = asked().length
    server.requests.length = 0
    await read() // another reader: what is known is in the journal
    const again = asked()
    assert.ok(first > 20 && again.length < 10, `${first}, then ${again.length}: ${again.join(' ')}`)
    assert.ok(!again.some((url) => /inventories|traits/.test(url)))

    const list = server.placement.get('/resource_providers')?.body as {
      resource_providers: { name: string; generation: number; uuid: string }[]
    }
    const changed = list.resource_providers.find(({ name }) => name === 'compute-2')
    assert.ok(changed)
    changed.generation++
    const inventory = server.placement.get(`/resource_providers/${changed.uuid}/inventories`)?.body as {
      inventories: { VCPU: { allocation_ratio: number } }
    }
    inventory.inventories.VCPU.allocation_ratio = 4
    server.requests.length = 0
    await read()
    assert.equal(asked().filter((url) => /inventories|traits/.test(url)).length, 2)
    const host = (await kept()).hosts.find(({ name }) => name === 'compute-2')
    assert.equal(host && promisedOf(host, ['VCPU'])?.ratio, 4)
  })

  it('forgets a provider that is gone, and keeps what it knows when it may not look', async () => {
    await read()
    const list = server.placement.get('/resource_providers')?.body as { resource_providers: { name: string }[] }
    list.resource_providers = list.resource_providers.filter(({ name }) => name !== 'hv-full')
    await read()
    assert.ok(!(await kept()).hosts.some(({ name }) => name === 'hv-full'))
    server.breakOn(/8778\/resource_providers/, { how: 'status', status: 403, body: '{"errors":[{"detail":"no"}]}' })
    await assert.rejects(read(), /403.*role admin/)
    assert.ok((await kept()).hosts.length >= 5)
  })

  it('goes on when a provider is deleted while it is read', async () => {
    const gone = [...server.placement.keys()].find((key) => key.endsWith('/inventories')) ?? ''
    for (const what of ['inventories', 'usages', 'traits']) server.placement.delete(gone.replace('inventories', what))
    assert.ok(((await read()) ?? 0) >= 7)
  })

  it('is told of to nobody who sees single projects only', async () => {
    await read()
    assert.deepEqual(await capacityJournal(db).readings({ projects: ['p'] }), [])
  })

  it('may answer anything', () => {
    for (const body of [null, 1, [], 'x', {}, { inventories: [] }, { inventories: { VCPU: 1, x: {}, PCPU: { total: '9' } } }]) {
      assert.deepEqual(providersFrom(body), [])
      assert.deepEqual(inventoriesFrom(body), {})
      assert.deepEqual(usagesFrom(body), {})
      assert.deepEqual(textsFrom(body, 'traits'), [])
      assert.equal(candidatesUsage(body).size, 0)
    }
    assert.deepEqual(hostsOf([]), { hosts: [], shared: [] })
  })
})

describe("a host's provider", () => {
  const find = providerFinder(['hv-01.example.org', 'HV-02', 'a.x', 'a.y'].map((name) => ({ name })))
  const finds = (host: string, name: string | null) =>
    it(`of ${host} is ${name ?? 'not known'}`, () => assert.equal(find(host)?.name ?? null, name))
  finds('hv-01.example.org', 'hv-01.example.org')
  finds('hv-01', 'hv-01.example.org')
  finds('hv-02.example.org', 'HV-02')
  finds('hv-01.other.org', null)
  finds('a', null)
  finds('a.y', 'a.y')
  finds('', null)
})
