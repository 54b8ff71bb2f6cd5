import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import type { SceneOptions } from '../support/alerting.ts'
import { causeScene } from '../support/cause-scene.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const rules = `rules:
  - { name: connection, plugin: connection, interval: 15s, attempts: 1, config: { after: 1m } }
  - { name: no-data, plugin: no-data, interval: 1m, attempts: 1, config: { interval: 30s, missed: 4 } }
  - { name: cause, plugin: cause, interval: 5s, attempts: 1 }
  - { name: impact, plugin: impact, interval: 10s, attempts: 1 }`
const section = `{ kept: {}, contacts: [{ name: noc, kept: noc }, { name: anna, role: manager, projects: [p1], kept: anna }] }`

describe('while what readings come by is away', () => {
  const root = temporaryDirectory()
  const world = causeScene()
  const { sent, said, ids, cloud, report, poll, reasonsOf } = world
  const begin = async (options: Partial<SceneOptions> = {}) => {
    await world.begin({ directory: mkdtempSync(join(root(), 'journal-')), rules, section, ...options })
    cloud({ 'hv-0': ids(8), 'hv-1': ids(8, 'other') })
  }
  const part = (component: string, kind: 'openstack' | 'amqp' | 'store', state: 'ok' | 'degraded' | 'down') =>
    world.scene.health.report({ component, kind, state, detail: 'as the test says' })
  /** Time passes; every half minute those that are heard send a reading. */
  const pass = async (minutes: number, heard?: (id: string) => boolean) => {
    for (let i = 0; i < 2 * minutes; i++) {
      poll(heard)
      await world.scene.pass(30_000)
    }
  }
  const listening = (through?: string) => {
    for (const host of ['hv-0', 'hv-1']) report(host, 'ok', through)
  }
  const gone = (id: string) => Number(id.split('-')[1]) >= 3
  beforeEach(() => world.forget())
  afterEach(() => world.scene.stop())

  it('an instance that only the API could have ended is no problem of its own, and is told when the API answers and it is still silent', async () => {
    await begin()
    listening()
    part('openstack one', 'openstack', 'ok')
    await pass(3)
    part('openstack one', 'openstack', 'down')
    // hypervisors no longer know most instances: they may have been deleted
    await pass(12, gone)
    assert.deepEqual(said(), ['problem openstack one critical'])
    const [{ message } = {}] = sent
    assert.deepEqual(message?.carries, { instances: 16, projects: 1, names: ['other-0', 'other-1', 'other-2'], more: 13 })
    assert.deepEqual(said('anna'), [])
    assert.ok((await reasonsOf('instance', 'vm-1', 'no-data')).includes('known only through the OpenStack API, which is down'))
    const connection = await world.checkOf('connection', 'openstack one', 'connection')
    assert.equal((await world.checkOf('instance', 'vm-1', 'no-data'))?.cause, connection?.check)
    // the API answers: they were deleted indeed, but for one, which is told by itself
    part('openstack one', 'openstack', 'ok')
    world.scene.inventory.all = world.scene.inventory.all.filter(({ id }) => gone(id) || id === 'vm-1')
    await pass(6, gone)
    assert.deepEqual(said(), ['problem openstack one critical', 'recovery openstack one ok', 'problem vm-1 nodata'])
  })

  it('the API is not to blame as long as the bus tells what happens', async () => {
    await begin()
    listening()
    part('openstack one', 'openstack', 'ok')
    part('amqp one', 'amqp', 'ok')
    await pass(3)
    part('openstack one', 'openstack', 'down')
    await pass(8, (id) => id !== 'vm-1')
    assert.deepEqual(said().sort(), ['problem openstack one critical', 'problem vm-1 nodata'])
    assert.equal(sent.find(({ message }) => message.problem.target.id === 'openstack one')?.message.carries, null)
  })

  it('a sample store that takes nothing is one problem, whatever its checks call their silence', async () => {
    const critical = rules.replace('missed: 4', 'missed: 4, state: critical')
    await begin({ rules: critical })
    listening()
    part('store', 'store', 'ok')
    await pass(3)
    part('store', 'store', 'down')
    await pass(10, () => false)
    assert.deepEqual(said(), ['problem store critical'])
    assert.equal(sent[0]?.message.carries?.instances, 16)
    assert.deepEqual(said('anna'), [])
    part('store', 'store', 'ok')
    await pass(6)
    assert.deepEqual(said(), ['problem store critical', 'recovery store ok'])
  })

  it('agents that cannot be heard because of their broker are one problem, with what they carry', async () => {
    await begin()
    listening('agents far')
    part('agents far', 'amqp', 'ok')
    await pass(3)
    part('agents far', 'amqp', 'down')
    await pass(2, () => false)
    for (const host of ['hv-0', 'hv-1']) report(host, 'down', 'agents far')
    await pass(10, () => false)
    assert.deepEqual(said(), ['problem agents far critical'])
    assert.equal(sent[0]?.message.carries?.instances, 16)
    assert.ok(
      (await reasonsOf('connection', 'libvirt hv-0', 'connection')).includes('known only through agents far, which is down'),
    )
    part('agents far', 'amqp', 'ok')
    await pass(1, () => false)
    listening('agents far')
    await pass(5)
    assert.deepEqual(said(), ['problem agents far critical', 'recovery agents far ok'])
  })

  it('a hypervisor’s own figures are counted under the connection to it', async () => {
    const figures = `
  - { name: host-cpu, plugin: metric, interval: 1m, attempts: 1, config: { measurement: hypervisor, field: cpu_percent, window: 2m, warn: "95" } }`
    await begin({ rules: rules + figures })
    listening()
    const measure = (...hosts: string[]) => {
      const { store, clock } = world.scene
      const fresh = hosts.map((host) => ({
        ...{ measurement: 'hypervisor', tags: { host }, fields: { cpu_percent: 10 }, time: clock.now() },
      }))
      store.samples = [...store.samples, ...fresh]
    }
    for (let i = 0; i < 6; i++) {
      measure('hv-0', 'hv-1')
      await pass(0.5)
    }
    report('hv-0', 'down')
    for (let i = 0; i < 16; i++) {
      measure('hv-1')
      await pass(0.5, (id) => id.startsWith('other'))
    }
    assert.deepEqual(said(), ['problem libvirt hv-0 critical'])
    assert.equal((await world.checkOf('hypervisor', 'hv-0', 'host-cpu'))?.state, 'nodata')
    // and one that is silent although its connection stands is a problem
    measure('hv-0')
    listening()
    for (let i = 0; i < 16; i++) {
      measure('hv-1')
      await pass(0.5)
    }
    assert.deepEqual(said(), ['problem libvirt hv-0 critical', 'recovery libvirt hv-0 ok', 'problem hv-0 nodata'])
  })
})
