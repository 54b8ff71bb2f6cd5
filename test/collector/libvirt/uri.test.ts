import assert from 'node:assert/strict'
import { libvirtSection } from '../../../collector/libvirt/section.ts'
import { parseLibvirtUri } from '../../../collector/libvirt/uri.ts'

describe('a libvirt URI', () => {
  const leads = (uri: string, driverUri: string, first: string, environment = {}) =>
    it(`${uri} opens ${driverUri} by way of ${first}`, () => {
      const address = parseLibvirtUri(uri, environment)
      assert.deepEqual([address.driverUri, address.sockets[0]], [driverUri, first])
    })
  leads('qemu:///system', 'qemu:///system', '/run/libvirt/virtqemud-sock-ro')
  leads('test:///default', 'test:///default', '/run/libvirt/virtqemud-sock-ro')
  leads('qemu+unix:///system?socket=/srv/x.sock', 'qemu:///system', '/srv/x.sock')
  leads('qemu:///session', 'qemu:///session', '/run/user/7/libvirt/virtqemud-sock-ro', { XDG_RUNTIME_DIR: '/run/user/7' })

  it('tries the read-only sockets first', () => {
    assert.deepEqual(
      parseLibvirtUri('qemu:///system').sockets.map((path) => path.split('/').at(-1)),
      ['virtqemud-sock-ro', 'libvirt-sock-ro', 'virtqemud-sock', 'libvirt-sock'],
    )
  })

  const refuses = (uri: string, message: RegExp) => it(`refuses ${uri}`, () => assert.throws(() => parseLibvirtUri(uri), message))
  refuses('qemu+tls://hv-07/system', /only the local unix socket/)
  refuses('qemu://hv-07/system', /only the local unix socket/)
  refuses('qemu', /not a libvirt URI/)

  it('is checked when the config is read, with durations in their units', () => {
    assert.deepEqual(libvirtSection.parse(undefined), [])
    assert.deepEqual(libvirtSection.parse([{ uri: 'qemu:///system' }]), [
      { uri: 'qemu:///system', interval: 30_000, timeout: 5000, chunk: 25 },
    ])
    assert.match(libvirtSection.safeParse([{ uri: 'qemu+ssh://a/system' }]).error?.issues[0]?.message ?? '', /only the local/)
  })
})
