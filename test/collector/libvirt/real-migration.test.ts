import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { libvirtCollector } from '../../../collector/libvirt/collect.ts'
import { systemClock } from '../../../model/clock.ts'
import type { Sample } from '../../../model/sample.ts'
import { type Captured, captured } from '../../support/captured.ts'
import { type Libvirtd, startLibvirtd } from '../../support/libvirtd.ts'
import { needs } from '../../support/needs.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const name = 'instance-00000001'
const uuid = '00000000-0000-4000-8000-000000000001'
const nova = { name: 'walker', project: 'p'.repeat(32), user: 'u'.repeat(32), flavor: 'm1.tiny' }

describe('a live migration between two real libvirtd', function () {
  this.timeout(90_000)
  needs('/usr/sbin/libvirtd', 'libvirt-daemon')
  needs('/usr/bin/qemu-system-x86_64', 'qemu-system-x86')
  const directory = temporaryDirectory()
  const hosts: { libvirtd: Libvirtd; seen: Captured }[] = []
  const stop = new AbortController()
  const running: Promise<void>[] = []

  before(async function () {
    for (const host of ['hv-01', 'hv-02']) {
      const home = join(directory(), host)
      mkdirSync(home)
      const host_uuid = `${host === 'hv-01' ? '1' : '2'}1111111-1111-4111-8111-111111111111`
      const libvirtd = await startLibvirtd(home, { settings: { host_uuid } })
      const seen = captured()
      hosts.push({ libvirtd, seen })
      const config = { uri: libvirtd.uri, host, interval: 500, timeout: 3000, chunk: 25 }
      running.push(libvirtCollector(config, { ...seen, clock: systemClock }).run(stop.signal))
    }
    if (!hosts[0]?.libvirtd.uri.includes('/system')) this.skip() // a session daemon migrates nothing
    hosts[0]?.libvirtd.create({ name, uuid, nova, dirtiesMemory: true })
  })
  after(async () => {
    stop.abort()
    await Promise.all(running)
    for (const { libvirtd } of hosts) await libvirtd.stop()
  })

  const host = (n: number) => hosts[n] as { libvirtd: Libvirtd; seen: Captured }
  const of = (n: number, measurement: string) =>
    host(n).seen.samples.filter((s) => s.measurement === measurement && s.tags.instance === uuid)

  it('is one instance all the way, and its progress is seen', async () => {
    const [source, target] = [host(0), host(1)]
    await source.seen.await(() => of(0, 'instance').find(({ fields }) => (fields.cpu_percent ?? 0) > 20))
    const writable = (uri: string) => uri.replace('libvirt-sock-ro', 'libvirt-sock')
    const way = ['--desturi', writable(target.libvirtd.uri), '--migrateuri', `unix://${join(directory(), 'migration')}`]
    const options = ['--live', '--unsafe', '--bandwidth', '4', name, ...way]
    const virsh = spawn('virsh', ['-q', '-c', writable(source.libvirtd.uri), 'migrate', ...options], { stdio: 'inherit' })
    const over = new Promise<number | null>((resolve) => virsh.once('exit', resolve))

    const seen = (field: string, wanted: (value: number) => boolean) =>
      source.seen.await(() => of(0, 'instance_migration').find(({ fields }) => wanted(fields[field] ?? Number.NaN)))
    const early = await seen('remaining_bytes', (bytes) => bytes > 2 * 2 ** 20)
    assert.deepEqual(early.tags, { instance: uuid, project: nova.project, host: 'hv-01' })
    assert.ok((early.fields.total_bytes ?? 0) > 16 * 2 ** 20)
    assert.ok((early.fields.progress_percent ?? 100) < 90)
    const dirty = await seen('dirty_rate', (rate) => rate > 0)
    assert.ok((dirty.fields.iteration ?? 0) >= 2)
    assert.ok((dirty.fields.throughput ?? 0) > 0 && (dirty.fields.downtime ?? -1) >= 0 && (dirty.fields.elapsed ?? 0) > 1)
    assert.ok(target.libvirtd.virsh('list', '--name').includes(name), 'it is on both hosts now')
    assert.deepEqual(of(1, 'instance'), [], 'and counts on one')
    assert.deepEqual(target.seen.instances, [])
    const counted = (n: number) => host(n).seen.samples.findLast((s) => s.measurement === 'hypervisor')?.fields.instances
    assert.deepEqual([counted(0), counted(1)], [1, 0])

    source.libvirtd.virsh('migrate-setmaxdowntime', name, '20000') // it would never end by itself
    assert.equal(await over, 0)
    const arrived = await target.seen.await(() => of(1, 'instance').find(({ fields }) => 'cpu_percent' in fields))
    await target.seen.await(() => target.seen.instances.find(({ id }) => id === uuid))
    const event = (n: number, type: string) => host(n).seen.events.find((e) => e.type === type && e.resource?.id === uuid)
    const job = await source.seen.await(() => event(0, 'domain.job_completed'))
    assert.match(String(job.facts?.reason), /^outgoing migration, \d+\.\d s, downtime \d+ ms/)
    await source.seen.await(() => (event(0, 'domain.stopped')?.facts?.reason === 'migrated' ? true : undefined))
    await target.seen.await(() => event(1, 'domain.resumed'))
    const before = source.seen.samples.length
    await source.seen.await(() => source.seen.samples.slice(before).find((s) => s.measurement === 'hypervisor'))
    assert.deepEqual([counted(0), counted(1)], [0, 1])

    const last = Math.max(...of(0, 'instance').map(({ time }) => time))
    const first = Math.min(...of(1, 'instance').map(({ time }) => time))
    assert.ok(last <= first + 500, 'no moment at which both count it')
    const plausible = ({ measurement, fields }: Sample) =>
      Object.entries(fields).every(
        ([field, value]) => value >= 0 && (!field.endsWith('_percent') || value <= 400 || measurement === ''),
      )
    for (const { seen } of hosts)
      assert.deepEqual(
        seen.samples.filter((sample) => !plausible(sample)),
        [],
      )
    assert.ok((arrived.fields.host_cpu_percent ?? 0) <= 200)
  })
})
