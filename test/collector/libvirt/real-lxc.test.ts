import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { libvirtCollector } from '../../../collector/libvirt/collect.ts'
import { readOnce } from '../../../collector/libvirt/reading.ts'
import { systemClock } from '../../../model/clock.ts'
import { captured } from '../../support/captured.ts'
import { type Libvirtd, startLibvirtd } from '../../support/libvirtd.ts'
import { needs, needsFile } from '../../support/needs.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const uuid = '00000000-0000-4000-8000-0000000000c1'

/** A container that does nothing but use a processor. */
const xml = `<domain type='lxc'><name>instance-000000c1</name><uuid>${uuid}</uuid><memory unit='MiB'>64</memory><vcpu>1</vcpu>
  <os><type>exe</type><init>/bin/sh</init><initarg>-c</initarg><initarg>while :; do :; done</initarg></os>
  <devices><console type='pty'/><filesystem type='mount'><source dir='/'/><target dir='/'/></filesystem></devices></domain>`

describe('libvirt collector on real containers (LXC), whose driver has no bulk statistics', function () {
  this.timeout(60_000)
  needs('/usr/sbin/libvirtd', 'libvirt-daemon')
  needsFile(
    '/usr/lib/x86_64-linux-gnu/libvirt/connection-driver/libvirt_driver_lxc.so',
    'the LXC driver is not installed (Debian package libvirt-daemon-driver-lxc)',
  )
  const directory = temporaryDirectory()
  let libvirtd: Libvirtd
  const uri = () => libvirtd.uri.replace('qemu+unix:///system', 'lxc+unix:///system')
  const virsh = (...args: string[]) =>
    execFileSync('virsh', ['-q', '-c', uri().replace('libvirt-sock-ro', 'libvirt-sock'), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })

  before(async function () {
    libvirtd = await startLibvirtd(directory())
    writeFileSync(join(directory(), 'container.xml'), xml)
    try {
      virsh('create', join(directory(), 'container.xml'))
    } catch (error) {
      if (process.env.CI) throw error
      console.log(`      SKIPPED: no container can be started here: ${String((error as { stderr?: Buffer }).stderr).trim()}`)
      this.skip()
    }
  })
  after(() => libvirtd?.stop())

  it('reads state, CPU and memory of a container, and the host', async () => {
    const seen = captured()
    const stop = new AbortController()
    const config = { uri: uri(), host: 'hv-01', interval: 1000, timeout: 2000, chunk: 25 }
    const running = libvirtCollector(config, { ...seen, clock: systemClock }).run(stop.signal)
    const busy = await seen.await(() =>
      seen.samples.find((s) => s.tags.instance === uuid && (s.fields.host_cpu_percent ?? 0) > 5),
    )
    assert.deepEqual([busy.fields.state, busy.fields.vcpus], [1, 1])
    assert.ok((busy.fields.memory_rss_bytes ?? 0) > 4096, 'its processes occupy something')
    assert.ok(!('qemu_silent_seconds' in busy.fields), 'there is no QEMU to be silent')
    const host = await seen.await(() => seen.samples.find((s) => s.measurement === 'hypervisor' && 'cpu_percent' in s.fields))
    assert.equal(host.fields.instances_running, 1)
    assert.match(seen.hypervisors[0]?.version ?? '', /^LXC \d+\.\d+\.\d+, libvirt \d+\.\d+\.\d+$/)
    assert.equal(seen.component()?.state, 'ok')
    virsh('destroy', 'instance-000000c1')
    await seen.await(() => seen.events.find((e) => e.type === 'domain.stopped' && e.resource?.id === uuid))
    stop.abort()
    await running
    assert.deepEqual(seen.log, [])
  })

  it('is read once on the command line too', async () => {
    virsh('create', join(directory(), 'container.xml'))
    const config = { uri: uri(), host: 'hv-01', interval: 1000, timeout: 2000, chunk: 25 }
    const { hypervisor, domains } = await readOnce(config, { clock: systemClock, logger: captured().logger })
    assert.equal(hypervisor.driver, 'LXC')
    assert.deepEqual(
      domains.map(({ stats, answered }) => [stats.domain.name, stats.state, answered]),
      [['instance-000000c1', 1, true]],
    )
    assert.ok((domains[0]?.stats.cpuNs ?? 0) > 0)
  })
})
