import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { gangliaCollector } from '../../../collector/ganglia/collect.ts'
import { gangliaSection } from '../../../collector/ganglia/section.ts'
import { systemClock } from '../../../model/clock.ts'
import type { Inventory, Target } from '../../../model/contract.ts'
import { plugin as gangliaCheck } from '../../../plugins/check-ganglia/plugin.ts'
import { instance } from '../../support/alerting.ts'
import { captured } from '../../support/captured.ts'
import { eventually, spawnKept, stopProcess } from '../../support/child-process.ts'
import { freePort } from '../../support/free-port.ts'
import {
  type Gmetad,
  type Gmond,
  gangliaModules,
  gmetadProgram,
  gmondProgram,
  startGmetad,
  startGmond,
} from '../../support/ganglia.ts'
import { needs } from '../../support/needs.ts'
import { SamplesInMemory } from '../../support/samples-in-memory.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

describe('real gmond and gmetad', function () {
  this.timeout(60_000)
  needs(gmondProgram, 'ganglia-monitor')
  needs(gmetadProgram, 'gmetad')
  const directory = temporaryDirectory()
  const group = '239.2.11.99'
  let hosts: Gmond[]
  let guests: Gmond[]
  let gmetad: Gmetad

  before(async function () {
    this.timeout(60_000)
    // A multicast cluster of two hypervisors, a unicast one of two guests, and a gmetad over both.
    const channel = { multicast: group, port: await freePort() }
    const one = (host: string, address: string) => startGmond(directory(), { cluster: 'compute', host, address, channel })
    hosts = [await one('hv-01.cloud', '10.3.0.1'), await one('hv-02', '10.3.0.2')]
    const collecting = await startGmond(directory(), {
      ...{ cluster: 'guests', host: 'web', address: '10.1.0.5' },
      channel: { unicast: null },
    })
    const sending = await startGmond(directory(), {
      ...{ cluster: 'guests', host: 'db', address: '10.1.0.6' },
      channel: { unicast: collecting.heardAt },
    })
    guests = [collecting, sending]
    gmetad = await startGmetad(directory(), [
      { cluster: 'compute', ports: hosts.map(({ port }) => port) },
      { cluster: 'guests', ports: [collecting.port] },
    ])
  })
  after(async () => {
    await gmetad?.stop()
    for (const gmond of [...(hosts ?? []), ...(guests ?? [])]) await gmond.stop()
  })

  const inventory = {
    instances: async () => ({
      rows: [
        instance('vm-web', { name: 'web-01', project: 'p1', addresses: [{ address: '10.1.0.5' }] }),
        instance('vm-db', { name: 'db-01', project: 'p2', addresses: [{ address: '10.1.0.6' }] }),
      ],
      total: 2,
    }),
    hypervisors: async () =>
      ['hv-01', 'hv-02'].map((host) => ({ host, uri: null, cpus: null, memoryBytes: null, version: null, seenAt: 0 })),
  } satisfies Pick<Inventory, 'instances' | 'hypervisors'>

  function collect(source: Record<string, unknown>) {
    const caught = captured()
    const [config] = gangliaSection.parse([{ name: 'test', interval: '1s', timeout: '3s', ...source }])
    assert.ok(config)
    const abort = new AbortController()
    const running = gangliaCollector(config, { ...caught, inventory, clock: systemClock }).run(abort.signal)
    return {
      ...caught,
      async stop() {
        abort.abort()
        await running
      },
      /** The newest value of a machine's metric, waited for. */
      value: (tags: Record<string, string>) =>
        eventually(JSON.stringify(tags), () =>
          caught.samples.findLast((sample) => Object.entries(tags).every(([tag, value]) => sample.tags[tag] === value)),
        ),
    }
  }

  it('one gmond of a multicast cluster tells of all', async () => {
    const reading = collect({ addresses: [`127.0.0.1:${hosts[0]?.port}`] })
    const first = await reading.value({ host: 'hv-01', metric: 'cpu_num' })
    assert.deepEqual(first.tags, { cluster: 'compute', machine: 'hv-01.cloud', metric: 'cpu_num', host: 'hv-01' })
    assert.equal(first.fields.value, Number(execFileSync('nproc', ['--all'], { encoding: 'utf8' })))
    const other = await reading.value({ host: 'hv-02', metric: 'mem_free' })
    assert.ok((other.fields.value ?? 0) > 1000 && (other.fields.tmax ?? 0) > 0)
    assert.ok(Math.abs(other.time - systemClock.now()) < 15_000)
    const machine = await eventually('facts', () =>
      reading.machines.find(({ name, facts }) => name === 'hv-02' && facts.os_name !== undefined),
    )
    assert.equal(machine.facts.os_name, 'Linux')
    assert.equal(machine.metrics.mem_free?.unit, 'KB')
    await reading.stop()
  })

  it('a gmetad tells of several clusters, guests matched by address with their projects', async () => {
    const reading = collect({ addresses: [`127.0.0.1:${gmetad.port}`] })
    const web = await reading.value({ instance: 'vm-web', metric: 'load_one' })
    assert.deepEqual(web.tags, { cluster: 'guests', machine: 'web', metric: 'load_one', instance: 'vm-web', project: 'p1' })
    assert.equal((await reading.value({ instance: 'vm-db', metric: 'heartbeat' })).tags.project, 'p2')
    await reading.value({ host: 'hv-01', metric: 'load_one' })
    const detail = await eventually('all four', () =>
      reading.component()?.numbers.matched === 4 ? reading.component()?.detail : null,
    )
    assert.match(detail, /^4 machines \(4 known as hypervisors or instances\) from 127\.0\.0\.1:\d+$/)
    await reading.stop()
  })

  it("a gmetad's interactive port is asked for the wanted clusters only", async () => {
    const reading = collect({
      addresses: [`127.0.0.1:${gmetad.interactivePort}`],
      interactive: true,
      clusters: ['guests', 'nothing'],
    })
    await reading.value({ instance: 'vm-web', metric: 'load_one' })
    assert.deepEqual([...new Set(reading.samples.map(({ tags }) => tags.cluster))], ['guests'])
    await reading.stop()
  })

  it('machines are hypervisors only where they may be', async () => {
    const reading = collect({ addresses: [`127.0.0.1:${hosts[0]?.port}`], machines: ['instances'] })
    assert.equal((await reading.value({ machine: 'hv-02', metric: 'load_one' })).tags.host, undefined)
    await reading.stop()
  })

  it('what gmetric sends comes with its unit, title and slope', async () => {
    const conf = join(directory(), 'gmetric.conf')
    writeFileSync(conf, `udp_send_channel {\n host = 127.0.0.1\n port = ${guests[0]?.heardAt}\n}\n`)
    const send = (value: number) =>
      execFileSync('gmetric', [
        ...['-c', conf, '-S', '10.1.0.5:web', '-n', 'requests', '-v', String(value), '-t', 'uint32'],
        ...['-u', 'requests', '-s', 'positive', '-x', '30', '-d', '60', '-T', 'Served <b>requests</b>'],
      ])
    const reading = collect({ addresses: [`127.0.0.1:${guests[0]?.port}`] })
    send(1000)
    await reading.value({ instance: 'vm-web', metric: 'requests' })
    await systemClock.sleep(3000)
    send(1300)
    const grown = await eventually('a rate', () =>
      reading.samples.find(({ tags, fields }) => tags.metric === 'requests' && fields.rate),
    )
    assert.ok((grown.fields.rate ?? 0) > 50 && (grown.fields.rate ?? 0) < 151, String(grown.fields.rate))
    const machine = await eventually('its unit', () => reading.machines.findLast(({ metrics }) => metrics.requests))
    assert.deepEqual(machine.metrics.requests, {
      ...{ title: 'Served <b>requests</b>', unit: 'requests', group: machine.metrics.requests?.group ?? null },
      ...{ type: 'uint32', slope: 'positive' },
    })
    await reading.stop()
  })

  it('one killed: its values stay as old as they are, the check says so, and the other is asked', async () => {
    const reading = collect({ addresses: hosts.map(({ port }) => `127.0.0.1:${port}`) })
    await reading.value({ host: 'hv-01', metric: 'load_one' })
    await reading.value({ host: 'hv-02', metric: 'load_one' })
    await hosts[0]?.stop('SIGKILL')
    const killedAt = systemClock.now()
    await eventually('the second gmond is asked', () => reading.component()?.detail.includes(`:${hosts[1]?.port}`))
    // Ganglia gives a host 20 s; the check is told to go by a tenth of that.
    await systemClock.sleep(6000)
    const store = new SamplesInMemory()
    store.samples = reading.samples
    const check = (host: string) =>
      gangliaCheck.run({
        config: gangliaCheck.config.parse({ stale: 1 }),
        target: { kind: 'hypervisor', id: host, name: host, project: null, host, instance: null } satisfies Target,
        ...{ store, health: { all: () => [] }, now: killedAt + 30_000, signal: new AbortController().signal },
      })
    const newest = (host: string) => Math.max(...reading.samples.filter(({ tags }) => tags.host === host).map(({ time }) => time))
    assert.ok(newest('hv-01') <= killedAt, 'nothing new of the dead one')
    assert.ok(newest('hv-02') > killedAt + 2000, 'the living one goes on')
    assert.match((await check('hv-01'))?.output ?? '', /^STALE: gmond last reported (29|3\d) s ago \(limit 20 s\)$/)
    assert.equal((await check('hv-01'))?.state, 'nodata')
    store.samples = reading.samples.map((sample) => ({ ...sample, time: sample.time + 24_000 }))
    assert.equal((await check('hv-02'))?.state, 'ok')
    await reading.stop()
  })

  it('takes the configuration that the shipped user data puts into a guest', async () => {
    const { write_files: files } = parse(
      readFileSync(join(import.meta.dirname, '../../../config/guest-agents.yaml'), 'utf8'),
    ) as {
      write_files: { path: string; content: string }[]
    }
    const conf = join(directory(), 'guest.conf')
    const text = files.find(({ path }) => path.endsWith('gmond.conf'))?.content ?? ''
    const ready = text
      .replace('daemonize = yes', 'daemonize = no')
      .replace('setuid = yes', 'setuid = no')
      .replace('GMOND_COLLECTOR', '127.0.0.1')
      .replace('8649', String(guests[0]?.heardAt))
      .replace(/path = "(mod\w+\.so)"/g, `path = "${gangliaModules}/$1"`)
    writeFileSync(conf, ready)
    const { child, output } = spawnKept(gmondProgram, ['-c', conf, '-f'], { PATH: process.env.PATH })
    const reading = collect({ addresses: [`127.0.0.1:${guests[0]?.port}`] })
    // its own address is this machine's, not that of a known guest
    const free = await reading.value({ metric: 'part_max_used' })
    assert.ok((free.fields.value ?? 0) > 0, output())
    assert.equal(free.tags.cluster, 'guests')
    await reading.stop()
    await stopProcess(child)
  })

  it('none left: the connection is down, and says why', async () => {
    const reading = collect({ addresses: [`127.0.0.1:${hosts[0]?.port}`] })
    await eventually('down', () => reading.component()?.state === 'down')
    assert.match(reading.component()?.detail ?? '', /^127\.0\.0\.1:\d+: nobody listens there$/)
    await reading.stop()
  })
})
