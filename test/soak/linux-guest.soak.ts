/** A real Linux guest with a memory driver and an agent: what it says of itself, and when that is not believed any more. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { libvirtCollector } from '../../collector/libvirt/collect.ts'
import { systemClock } from '../../model/clock.ts'
import { type Captured, captured } from '../support/captured.ts'
import { type Libvirtd, startLibvirtd } from '../support/libvirtd.ts'
import { needs } from '../support/needs.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const uuid = '00000000-0000-4000-8000-0000000000d1'
const name = 'instance-000000d1'
const periodMs = 2000

const xml = (
  home: string,
) => `<domain type='qemu'><name>${name}</name><uuid>${uuid}</uuid><memory unit='MiB'>160</memory><vcpu>2</vcpu>
<metadata><nova:instance xmlns:nova="http://openstack.org/xmlns/libvirt/nova/1.1"><nova:name>linux</nova:name>
<nova:owner><nova:user uuid="u">u</nova:user><nova:project uuid="p">p</nova:project></nova:owner></nova:instance></metadata>
<os><type arch='x86_64' machine='pc'>hvm</type><kernel>${home}/vmlinuz</kernel><initrd>${home}/initrd</initrd><cmdline>console=ttyS0 panic=0</cmdline></os>
<features><acpi/></features>
<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${home}/disk'/><target dev='vda' bus='virtio'/></disk>
<interface type='ethernet'><target dev='tapsoak'/><model type='virtio'/><rom enabled='no'/></interface>
<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
<serial type='file'><source path='${home}/console'/></serial>
<memballoon model='virtio'><stats period='${periodMs / 1000}'/></memballoon><video><model type='none'/></video>
<controller type='usb' model='none'/></devices></domain>`

describe('a real Linux guest', function () {
  this.timeout(300_000)
  needs('/usr/sbin/libvirtd', 'libvirt-daemon')
  needs('/usr/bin/qemu-system-x86_64', 'qemu-system-x86')
  needs('/usr/sbin/mke2fs', 'e2fsprogs')
  const directory = temporaryDirectory()
  let libvirtd: Libvirtd
  let seen: Captured
  const stop = new AbortController()
  let running: Promise<void>
  before(async () => {
    execFileSync(join(import.meta.dirname, 'linux-guest', 'build.sh'), [directory()], { stdio: 'inherit' })
    libvirtd = await startLibvirtd(directory())
    writeFileSync(join(directory(), 'linux.xml'), xml(directory()))
    libvirtd.virsh('create', join(directory(), 'linux.xml'))
    seen = captured()
    const config = { uri: libvirtd.uri, host: 'hv-01', interval: 1000, timeout: 3000, chunk: 25, agent: 2000 }
    running = libvirtCollector(config, { ...seen, clock: systemClock }).run(stop.signal)
  })
  after(async () => {
    stop.abort()
    await running
    await libvirtd?.stop()
  })
  const of = (measurement: string, field: string, from = 0) =>
    seen.samples.slice(from).find((s) => s.measurement === measurement && s.tags.instance === uuid && field in s.fields)

  it('tells of its memory in three honest numbers', async () => {
    const { fields } = await seen.await(() => of('instance', 'memory_used_bytes'))
    const mib = (field: string) => (fields[field] ?? Number.NaN) / 2 ** 20
    console.log(
      `      used ${mib('memory_used_bytes').toFixed(0)}, with caches ${mib('memory_used_caches_bytes').toFixed(0)}, sees ${mib('memory_available_bytes').toFixed(0)}, given ${mib('memory_current_bytes').toFixed(0)}, on the host ${mib('memory_rss_bytes').toFixed(0)} MiB`,
    )
    assert.ok(mib('memory_used_bytes') > 5 && mib('memory_used_bytes') <= mib('memory_used_caches_bytes'))
    assert.ok(mib('memory_available_bytes') < 160 && mib('memory_available_bytes') > 80)
    assert.equal(mib('memory_current_bytes'), 160)
    await seen.await(() => of('instance', 'major_faults'))
    const flush = await seen.await(() => seen.samples.find((s) => (s.fields.disk_flush_ops ?? 0) > 0))
    assert.ok((flush.fields.disk_flush_latency ?? 0) > 0)
    assert.ok(seen.samples.some((s) => s.measurement === 'instance_vcpu' && s.tags.device === 'vcpu1'))
  })

  it('tells through its agent of file systems and addresses', async () => {
    const { tags, fields } = await seen.await(() => of('instance_filesystem', 'used_percent'))
    assert.equal(tags.device, '/mnt')
    assert.ok((fields.total_bytes ?? 0) > 20 * 2 ** 20 && (fields.used_percent ?? 0) > 1 && (fields.used_percent ?? 100) < 90)
    const instance = await seen.await(() => seen.instances.findLast(({ addresses }) => addresses.length > 0))
    assert.deepEqual(
      instance.addresses.map(({ address, label }) => [address, label]),
      [['10.77.0.2', 'guest']],
    )
  })

  it('is not believed any more when it is paused: its last words are old', async () => {
    libvirtd.virsh('suspend', name)
    const paused = systemClock.now()
    await systemClock.sleep(4 * periodMs)
    const from = seen.samples.length
    const later = await seen.await(() => of('instance', 'memory_rss_bytes', from))
    assert.ok(!('memory_used_bytes' in later.fields) && !('major_faults' in later.fields), 'host figures only')
    const last = seen.samples.findLast((s) => s.tags.instance === uuid && 'memory_used_bytes' in s.fields)
    assert.ok((last?.time ?? 0) - paused <= 3 * periodMs + 2000, `believed for ${(last?.time ?? 0) - paused} ms`)
    libvirtd.virsh('resume', name)
    const again = seen.samples.length
    await seen.await(() => of('instance', 'memory_used_bytes', again))
  })

  it('never shows an absurd rate through a reset', async () => {
    libvirtd.virsh('reset', name)
    const from = seen.samples.length
    await seen.await(() => seen.events.find(({ type }) => type === 'domain.reboot'))
    await systemClock.sleep(4 * periodMs) // the old words go on being told until the new driver speaks
    await seen.await(() => of('instance', 'memory_used_bytes', from + 20))
    await seen.await(() => of('instance', 'major_faults', from + 40))
    for (const { measurement, fields } of seen.samples)
      for (const [field, value] of Object.entries(fields)) {
        assert.ok(value >= 0, `${measurement} ${field} = ${value}`)
        if (field.endsWith('_percent')) assert.ok(value <= 400, `${field} = ${value}`)
        if (field === 'major_faults') assert.ok(value <= 10_000, `${field} = ${value}`)
      }
  })
})
