import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { startDemoHypervisor } from '../../../collector/demo/hypervisor.ts'
import { parseNumaCells } from '../../../collector/libvirt/capabilities-xml.ts'
import { HostParts } from '../../../collector/libvirt/host-parts.ts'
import { freePages } from '../../../collector/libvirt/host-procedures.ts'
import { openHypervisor } from '../../../collector/libvirt/open-hypervisor.ts'
import { libvirtSection } from '../../../collector/libvirt/section.ts'
import { systemClock } from '../../../model/clock.ts'
import type { Sample } from '../../../model/sample.ts'
import { type Libvirtd, startLibvirtd } from '../../support/libvirtd.ts'
import { needs } from '../../support/needs.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

async function partsOf(uri: string): Promise<Sample[]> {
  const [config] = libvirtSection.parse([{ uri, host: 'hv-01' }])
  assert.ok(config)
  const { client } = await openHypervisor(config, systemClock)
  try {
    const parts = new HostParts(client, 'hv-01', systemClock)
    const samples = await parts.read()
    assert.deepEqual(await parts.read(), [], 'once a minute')
    return samples
  } finally {
    client.close()
  }
}

describe('parts of a real host', function () {
  this.timeout(60_000)
  needs('/usr/sbin/libvirtd', 'libvirt-daemon')
  const directory = temporaryDirectory()
  let libvirtd: Libvirtd
  before(async () => {
    libvirtd = await startLibvirtd(directory())
  })
  after(() => libvirtd?.stop())
  const ofTestDriver = () => libvirtd.uri.replace('qemu', 'test').replace(/\/(system|session)\?/, '/default?')

  it('are its NUMA cells, as virsh tells them', async () => {
    const cells = (await partsOf(libvirtd.uri)).filter(({ measurement }) => measurement === 'numa_cell')
    const told = libvirtd.virsh('capabilities').matchAll(/<cell id='(\d+)'>\s*<memory unit='KiB'>(\d+)</g)
    assert.deepEqual(
      cells.map(({ tags, fields }) => [tags.host, tags.cell, fields.memory_total_bytes]),
      [...told].map(([, id, kib]) => ['hv-01', id, Number(kib) * 1024]),
    )
    assert.ok(cells.length > 0)
    for (const { fields } of cells) {
      assert.ok((fields.memory_free_bytes ?? 0) > 0 && (fields.memory_free_bytes ?? 0) < (fields.memory_total_bytes ?? 0))
      assert.ok((fields.cpus ?? 0) > 0)
    }
  })

  it('are its free pages, counted as virsh counts them', async () => {
    const [config] = libvirtSection.parse([{ uri: libvirtd.uri, host: 'hv-01' }])
    assert.ok(config)
    const { client } = await openHypervisor(config, systemClock)
    const [free] = await client.call(freePages, { sizesKib: [4], cell: 0 })
    client.close()
    const told = Number(/4KiB:\s+(\d+)/.exec(libvirtd.virsh('freepages', '0', '4'))?.[1])
    assert.ok(told > 0 && Math.abs((free ?? 0) - told) < told * 0.2, `${free} ${told}`)
  })

  it('are its storage pools, as virsh tells them', async () => {
    const path = join(directory(), 'pool')
    mkdirSync(path, { recursive: true })
    const uri = ofTestDriver()
    const pools = (await partsOf(uri)).filter(({ measurement }) => measurement === 'storage_pool')
    const names = libvirtd.virsh('-c', uri, 'pool-list', '--all', '--name').trim().split('\n')
    assert.deepEqual(pools.map(({ tags }) => tags.pool).sort(), names.map((name) => name.trim()).sort())
    for (const { tags, fields } of pools) {
      const info = libvirtd.virsh('-c', uri, 'pool-info', '--bytes', tags.pool ?? '')
      assert.equal(fields.capacity_bytes, Number(/Capacity:\s+(\d+)/.exec(info)?.[1]))
      assert.equal(fields.allocated_bytes, Number(/Allocation:\s+(\d+)/.exec(info)?.[1]))
      assert.equal(fields.available_bytes, Number(/Available:\s+(\d+)/.exec(info)?.[1]))
      assert.equal(fields.active, 1)
    }
  })

  it('are left out where the daemon does not know them', async () => {
    const demo = await startDemoHypervisor({
      socketPath: join(directory(), 'd.sock'),
      host: 'x',
      domains: [],
      clock: systemClock,
    })
    const samples = await partsOf(demo.uri)
    assert.ok(samples.every(({ measurement }) => ['storage_pool', 'numa_cell', 'huge_pages'].includes(measurement)))
    await demo.close()
  })
})

describe("NUMA cells in a host's capabilities", () => {
  const cell = (inner: string) =>
    `<capabilities><host><topology><cells num='1'><cell id='1'>${inner}</cell></cells></topology></host></capabilities>`
  it('have pages of every size', () =>
    assert.deepEqual(
      parseNumaCells(
        cell(
          "<memory unit='KiB'>16777216</memory><pages unit='KiB' size='4'>100</pages><pages unit='KiB' size='2048'>512</pages><cpus num='8'><cpu id='0'/></cpus>",
        ),
      ),
      [
        {
          id: 1,
          memoryKib: 16_777_216,
          cpus: 8,
          pages: [
            { sizeKib: 4, total: 100 },
            { sizeKib: 2048, total: 512 },
          ],
        },
      ],
    ))
  it('may be missing', () => assert.deepEqual(parseNumaCells('<capabilities><host/></capabilities>'), []))
  it('are refused with a document type', () =>
    assert.throws(() => parseNumaCells('<!DOCTYPE x><capabilities/>'), /document type/))
})
