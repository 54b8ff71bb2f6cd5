import assert from 'node:assert/strict'
import { join } from 'node:path'
import { command } from '../../cli/libvirt.ts'
import { startDemoHypervisor } from '../../collector/demo/hypervisor.ts'
import { systemClock } from '../../model/clock.ts'
import { demoDomains } from '../support/demo-domains.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

async function run(...args: string[]) {
  const out: string[] = []
  const err: string[] = []
  const code = await command.run(args, { out: (text) => out.push(text), err: (text) => err.push(text) })
  return { code, out, err }
}

describe('specola libvirt', () => {
  const directory = temporaryDirectory()
  const hypervisor = () =>
    startDemoHypervisor({
      socketPath: join(directory(), 'demo.sock'),
      host: 'kvm-1',
      domains: demoDomains('steady', 'busy').map((domain, i) => (i === 0 ? domain : { ...domain, power: 'stopped' as const })),
      clock: systemClock,
      origin: systemClock.now() - 60_000,
    })

  it('prints a table of the domains', async () => {
    const demo = await hypervisor()
    const { code, out, err } = await run(demo.uri)
    await demo.close()
    assert.deepEqual([code, err], [0, []])
    const lines = out.join('\n').split('\n')
    assert.match(lines[0] ?? '', /^DOMAIN +NAME +STATE +VCPUS/)
    assert.match(lines[1] ?? '', /^instance-00000001 +steady <1> +running +2 +\d/)
    assert.match(lines[2] ?? '', /^instance-00000002 +busy <2> +shutOff +-/)
  })

  it('prints JSON lines', async () => {
    const demo = await hypervisor()
    const { out } = await run(demo.uri, '--json')
    await demo.close()
    const [first] = out.map((line) => JSON.parse(line))
    assert.deepEqual([first.host, first.instance.project.name, first.answered], ['kvm-1', 'web-tv', true])
    assert.equal(first.disks[0].device, 'vda')
  })

  it('says what is wrong with the call, or with the hypervisor', async () => {
    await assert.rejects(run(), { code: 'usage' })
    await assert.rejects(run('qemu:///system', 'more'), { code: 'usage' })
    await assert.rejects(run('qemu+tcp://a/system'), { code: 'usage', message: /plain TCP/ })
    await assert.rejects(run(`qemu+unix:///system?socket=${join(directory(), 'none')}`), { code: 'unreachable' })
  })
})
