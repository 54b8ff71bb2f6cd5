import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startDemoHypervisor } from '../../../collector/demo/hypervisor.ts'
import { libvirtCollector, retryDelayMs } from '../../../collector/libvirt/collect.ts'
import { systemClock } from '../../../model/clock.ts'
import { type Captured, captured } from '../../support/captured.ts'
import { demoDomains } from '../../support/demo-domains.ts'
import { type Libvirtd, startLibvirtd } from '../../support/libvirtd.ts'
import { needs } from '../../support/needs.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

/** A hypervisor that is not there yet. */
function laterHypervisor(path: string) {
  const socketPath = join(path, 'later.sock')
  const start = () => startDemoHypervisor({ socketPath, host: 'hv-01', domains: demoDomains('idle'), clock: systemClock })
  return { socketPath, start }
}

const uuid = (n: number) => `00000000-0000-4000-8000-00000000000${n}`
const nova = { name: 'web &amp; co', project: 'p'.repeat(32), user: 'u'.repeat(32), flavor: 'm1.tiny' }
const guestsOf = (taps: boolean) =>
  [1, 2, 3, 4].map((n) => ({
    name: `instance-0000000${n}`,
    uuid: uuid(n),
    vcpus: n === 2 ? 2 : 1,
    ...(taps ? { tap: `tapguest${n}` } : {}),
    networkBoot: n === 3,
    define: n === 4,
    nova,
  }))
const guests = guestsOf(false)

describe('libvirt collector on a real libvirtd with real QEMU guests', function () {
  this.timeout(60_000)
  needs('/usr/sbin/libvirtd', 'libvirt-daemon')
  needs('/usr/bin/qemu-system-x86_64', 'qemu-system-x86')
  const directory = temporaryDirectory()
  let libvirtd: Libvirtd
  let seen: Captured
  let stop: AbortController
  let running: Promise<void>

  const collect = (chunk = 25) => {
    seen = captured()
    stop = new AbortController()
    const config = { uri: libvirtd.uri, host: 'hv-01', interval: 1000, timeout: 1500, chunk }
    running = libvirtCollector(config, { ...seen, clock: systemClock }).run(stop.signal)
  }
  const latest = (measurement: string, instance: string, field: string) =>
    seen.samples.findLast((s) => s.measurement === measurement && s.tags.instance === instance && field in s.fields)
  const event = (type: string, id: string) => () => seen.events.find((e) => e.type === type && e.resource?.id === id)

  /** What these guests cannot do was not measured. */
  const plausible = () => {
    for (const { measurement, fields } of seen.samples)
      for (const [field, value] of Object.entries(fields)) {
        assert.ok(value >= 0, `${measurement} ${field} = ${value}`)
        if (field.endsWith('_percent')) assert.ok(value <= 400, `${field} = ${value}`)
        if (/_ops$|_packets$/.test(field)) assert.ok(value <= 20_000, `${field} = ${value}`)
        if (/(read|write|rx|tx)_bytes$/.test(field)) assert.ok(value <= 1e8, `${field} = ${value}`)
      }
  }

  before(async () => {
    libvirtd = await startLibvirtd(directory())
    libvirtd.create(...guestsOf(libvirtd.taps))
  })
  after(() => libvirtd?.stop())
  beforeEach(() => {
    const last = guests.at(-1)?.name ?? '' // the one that some tests kill
    if (libvirtd.virsh('domstate', last).trim() !== 'running') libvirtd.virsh('start', last)
    collect()
  })
  afterEach(async () => {
    stop.abort()
    await running
  })

  it('reads CPU, memory, disk and network of each guest', async () => {
    await seen.await(() => latest('instance', uuid(1), 'cpu_percent'))
    const { fields, tags } = await seen.await(() => latest('instance', uuid(1), 'disk_write_ops'))
    assert.deepEqual(tags, { host: 'hv-01', instance: uuid(1), project: nova.project, user: nova.user, flavor: 'm1.tiny' })
    const between = (field: string, low: number, high: number) =>
      assert.ok((fields[field] ?? Number.NaN) >= low && (fields[field] ?? Number.NaN) <= high, `${field} = ${fields[field]}`)
    between('state', 1, 1)
    between('vcpus', 1, 1)
    between('cpu_percent', 0, 100)
    between('steal_percent', 0, 100)
    between('host_cpu_percent', 0, 250)
    between('memory_current_bytes', 16 * 2 ** 20, 16 * 2 ** 20)
    between('memory_rss_bytes', 10e6, 500e6)
    between('disk_read_ops', 0.1, 100)
    between('disk_write_bytes', 50, 50_000)
    between('disk_capacity_bytes', 2 ** 20, 2 ** 20)
    between('disk_write_latency', 0.001, 2000)
    assert.ok(!('memory_used_bytes' in fields), 'a guest without a memory driver has no "memory used"')
    const disk = latest('instance_disk', uuid(1), 'write_ops')
    assert.equal(disk?.tags.device, 'vda')
    assert.equal(latest('instance', uuid(2), 'vcpus')?.fields.vcpus, 2)
    if (!libvirtd.taps) return // nobody may make interfaces here
    assert.equal(latest('instance_nic', uuid(1), 'rx_packets')?.tags.device, 'tapguest1')
    const sending = await seen.await(() => seen.samples.find((s) => (s.fields.net_tx_packets ?? 0) > 0))
    assert.equal(sending.tags.instance, uuid(3), 'only the guest that boots from the network sends')
    assert.ok((sending.fields.net_tx_bytes ?? 0) >= 60 * (sending.fields.net_tx_packets ?? 0))
  })

  it('reads the host and who owns the instances', async () => {
    const host = await seen.await(() => seen.samples.find((s) => s.measurement === 'hypervisor' && 'cpu_percent' in s.fields))
    const { cpus = 0, cpu_percent = -1, memory_total_bytes = 0, memory_used_bytes = 0, instances } = host.fields
    assert.ok(cpus >= 1 && cpu_percent >= 0 && cpu_percent <= 100)
    assert.ok(memory_used_bytes > 0 && memory_used_bytes < memory_total_bytes)
    assert.equal(instances, 4)
    const instance = await seen.await(() => seen.instances.find(({ id }) => id === uuid(3)))
    assert.equal(instance.name, 'web & co')
    assert.deepEqual(instance.project, { id: nova.project, name: 'web' })
    assert.equal(instance.createdAt, Date.UTC(2026, 10, 22, 14))
    const hypervisor = await seen.await(() => seen.hypervisors[0])
    assert.match(hypervisor.version ?? '', /^QEMU \d+\.\d+\.\d+, libvirt \d+\.\d+\.\d+$/)
    await seen.await(() => (seen.component()?.state === 'ok' ? true : undefined))
    assert.equal(seen.component()?.numbers.domains, 4)
  })

  it('turns pause, resume, reset and destroy into events, and never into an absurd rate', async () => {
    await seen.await(() => latest('instance', uuid(4), 'cpu_percent'))
    libvirtd.virsh('suspend', guests[3]?.name ?? '')
    const suspended = await seen.await(event('domain.suspended', uuid(4)))
    assert.deepEqual([suspended.service, suspended.host, suspended.project], ['libvirt', 'hv-01', nova.project])
    await seen.await(() => (latest('instance', uuid(4), 'state')?.fields.state === 3 ? true : undefined))
    libvirtd.virsh('resume', guests[3]?.name ?? '')
    await seen.await(event('domain.resumed', uuid(4)))
    libvirtd.virsh('reset', guests[3]?.name ?? '')
    await seen.await(event('domain.reboot', uuid(4)))
    libvirtd.virsh('destroy', guests[3]?.name ?? '')
    const stopped = await seen.await(event('domain.stopped', uuid(4)))
    assert.equal(stopped.facts?.reason, 'destroyed')
    await seen.await(() => (latest('instance', uuid(4), 'state')?.fields.state === 5 ? true : undefined))
    libvirtd.virsh('start', guests[3]?.name ?? '')
    await seen.await(event('domain.started', uuid(4)))
    const began = seen.samples.length
    await seen.await(() =>
      seen.samples.slice(began).find((s) => s.tags.instance === uuid(4) && 'cpu_percent' in s.fields) ? true : undefined,
    )
    plausible()
    assert.equal(seen.events.filter(({ type }) => type === 'domain.reboot').length, 1, 'one reset is one event')
    assert.equal(new Set(seen.events.map(({ id }) => id)).size, seen.events.length)
  })

  it('follows a disk that is plugged and unplugged, and an instance that is renamed, without an absurd rate', async () => {
    const name = guests[3]?.name ?? ''
    const image = join(directory(), 'plugged.img')
    writeFileSync(image, Buffer.alloc(1024 * 1024))
    const disk = (from: number) =>
      seen.samples
        .slice(from)
        .find((s) => s.measurement === 'instance_disk' && s.tags.instance === uuid(4) && s.tags.device === 'sda')
    const polled = async () => {
      const from = seen.samples.length
      await seen.await(() => seen.samples.slice(from).find((s) => s.tags.instance === uuid(4) && 'disk_write_ops' in s.fields))
      return from
    }
    for (let n = 0; n < 2; n++) {
      libvirtd.virsh('attach-disk', name, image, 'sda', '--targetbus', 'scsi', '--live')
      const from = seen.samples.length
      await seen.await(() => disk(from))
      libvirtd.virsh('detach-disk', name, 'sda', '--live')
      await polled()
      assert.equal(disk(await polled()), undefined, 'an unplugged disk is not told of any more')
    }
    libvirtd.virsh('destroy', name)
    await seen.await(event('domain.stopped', uuid(4)))
    libvirtd.virsh('domrename', name, `${name}-renamed`)
    libvirtd.virsh('start', `${name}-renamed`)
    await polled()
    libvirtd.virsh('destroy', `${name}-renamed`)
    libvirtd.virsh('domrename', `${name}-renamed`, name)
    plausible()
  })

  it('goes on by itself after the daemon was killed, tells of the outage once, and finds what changed meanwhile', async () => {
    await seen.await(() => latest('instance', uuid(4), 'cpu_percent'))
    await libvirtd.kill()
    await seen.await(() => (seen.component()?.state === 'down' ? true : undefined))
    process.kill(libvirtd.qemu(guests[3]?.name ?? ''), 'SIGKILL')
    const before = seen.samples.length
    await libvirtd.restart()
    await seen.await(() => seen.samples.slice(before).find((s) => s.tags.instance === uuid(1) && 'cpu_percent' in s.fields))
    await seen.await(event('domain.stopped', uuid(4)))
    await seen.await(() => (seen.component()?.state === 'ok' ? true : undefined))
    // one word when it went and one when it was back; a busy machine may have been too slow for it once more since
    const levels = seen.log.map(({ level }) => level)
    assert.deepEqual(levels.slice(0, 2), ['warn', 'info'])
    assert.ok(
      levels.every((level, n) => level === (n % 2 === 0 ? 'warn' : 'info')),
      levels.join(),
    )
  })

  const frozenOnes = (names: readonly string[]) =>
    it(`keeps reading the others while ${names.length} of the QEMUs hang, and says which`, async () => {
      await seen.await(() => latest('instance', uuid(4), 'cpu_percent'))
      const ids = guests.filter(({ name }) => names.includes(name)).map((guest) => guest.uuid)
      const frozen = names.map((name) => libvirtd.qemu(name))
      for (const pid of frozen) process.kill(pid, 'SIGSTOP')
      const finding = `QEMU not answering: ${names.join(', ')}`
      try {
        // The freeze may fall into the middle of a poll: until all are found the finding names fewer.
        await seen.await(() => (seen.component('qemu')?.detail === finding ? true : undefined))
        const before = seen.samples.length
        const since = (instance: string, field: string) =>
          seen.samples.slice(before).find((s) => s.tags.instance === instance && field in s.fields)
        for (const guest of guests)
          await seen.await(() => since(guest.uuid, ids.includes(guest.uuid) ? 'state' : 'disk_write_ops'))
        for (const id of ids) {
          assert.equal(since(id, 'cpu_percent'), undefined)
          assert.ok((since(id, 'qemu_silent_seconds')?.fields.qemu_silent_seconds ?? 0) >= 1.5)
        }
        assert.deepEqual([seen.component('qemu')?.state, seen.component('libvirt')?.state], ['degraded', 'ok'])
        assert.equal(seen.component('qemu')?.detail, finding)
        assert.ok((seen.component('libvirt')?.numbers.orphans ?? 99) <= names.length)
      } finally {
        for (const pid of frozen) process.kill(pid, 'SIGCONT')
      }
      await seen.await(() => (seen.component('qemu')?.state === 'ok' ? true : undefined))
      const after = seen.samples.length
      for (const id of ids)
        await seen.await(() =>
          seen.samples.slice(after).find((s) => s.tags.instance === id && s.fields.qemu_silent_seconds === 0),
        )
      await seen.await(() => (seen.component('libvirt')?.numbers.orphans === 0 ? true : undefined))
    })
  frozenOnes(['instance-00000002'])
  frozenOnes(['instance-00000001', 'instance-00000002'])
})

describe('libvirt collector on the test driver, which has states and events but no statistics', function () {
  this.timeout(30_000)
  needs('/usr/sbin/libvirtd', 'libvirt-daemon')
  const directory = temporaryDirectory()
  let libvirtd: Libvirtd
  before(async () => {
    libvirtd = await startLibvirtd(directory())
  })
  after(() => libvirtd?.stop())

  it('gives the state of its domain, and is content', async () => {
    const seen = captured()
    const stop = new AbortController()
    const config = {
      uri: libvirtd.uri.replace(/^qemu\+unix:\/\/\/\w+/, 'test+unix:///default'),
      interval: 1000,
      timeout: 1000,
      chunk: 5,
    }
    const running = libvirtCollector(config, { ...seen, clock: systemClock }).run(stop.signal)
    const { tags } = await seen.await(() => seen.samples.find(({ fields }) => fields.state === 1))
    assert.equal(tags.instance, '6695eb01-f6a4-8304-79aa-97f2502e193f')
    await seen.await(() => (seen.component()?.state === 'ok' ? true : undefined))
    assert.deepEqual([seen.component()?.numbers.stuck, seen.log], [0, []])
    stop.abort()
    await running
    assert.equal(seen.component()?.state, 'stopped')
  })
})

describe('libvirt collector on the session daemon of an ordinary user', function () {
  this.timeout(60_000)
  needs('/usr/sbin/libvirtd', 'libvirt-daemon')
  needs('/usr/bin/qemu-system-x86_64', 'qemu-system-x86')
  const directory = temporaryDirectory()
  let libvirtd: Libvirtd
  before(async () => {
    libvirtd = await startLibvirtd(directory(), { session: true })
    libvirtd.create(...guests.slice(0, 1))
  })
  after(() => libvirtd?.stop())

  it('reads its guests too', async () => {
    const seen = captured()
    const stop = new AbortController()
    const config = { uri: libvirtd.uri, host: 'desk', interval: 1000, timeout: 2000, chunk: 5 }
    const running = libvirtCollector(config, { ...seen, clock: systemClock }).run(stop.signal)
    const { fields } = await seen.await(() => seen.samples.find((sample) => (sample.fields.disk_write_ops ?? 0) > 0))
    assert.ok((fields.cpu_percent ?? -1) >= 0)
    stop.abort()
    await running
  })
})

describe('libvirt collector without a daemon', () => {
  const directory = temporaryDirectory()

  it('waits for one that starts later', async function () {
    this.timeout(30_000)
    const { socketPath, start } = laterHypervisor(directory())
    const seen = captured()
    const stop = new AbortController()
    const config = { uri: `qemu+unix:///system?socket=${socketPath}`, host: 'hv-01', interval: 1000, timeout: 1000, chunk: 5 }
    const running = libvirtCollector(config, { ...seen, clock: systemClock }).run(stop.signal)
    await seen.await(() => (seen.component()?.state === 'down' ? true : undefined))
    assert.match(seen.component()?.detail ?? '', /no such socket; next attempt within \d+ s/)
    const hypervisor = await start()
    await seen.await(() => (seen.component()?.state === 'ok' ? true : undefined))
    stop.abort()
    await running
    await hypervisor.close()
    assert.deepEqual(
      seen.log.map(({ level }) => level),
      ['warn', 'info'],
    )
  })

  it('waits longer and longer, but never more than half a minute', () => {
    assert.deepEqual(
      [1, 2, 3, 4, 5, 6, 7, 1000].map(retryDelayMs),
      [1, 2, 4, 8, 16, 30, 30, 30].map((s) => s * 1000),
    )
  })
})
