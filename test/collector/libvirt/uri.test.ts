import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { libvirtSection } from '../../../collector/libvirt/section.ts'
import { sshArguments } from '../../../collector/libvirt/ssh-transport.ts'
import { parseLibvirtUri, type Route } from '../../../collector/libvirt/uri.ts'

describe('a libvirt URI', () => {
  const leads = (uri: string, driverUri: string, route: Partial<Route> & { first?: string }, environment = {}) =>
    it(`${uri} opens ${driverUri} over ${route.kind}`, () => {
      const { first, ...rest } = route
      const address = parseLibvirtUri(uri, environment)
      assert.equal(address.driverUri, driverUri)
      assert.partialDeepStrictEqual(address.route, rest)
      if (first !== undefined) assert.equal('sockets' in address.route && address.route.sockets[0], first)
    })
  leads('qemu:///system', 'qemu:///system', { kind: 'unix', first: '/run/libvirt/virtqemud-sock-ro' })
  leads('lxc:///system', 'lxc:///system', { kind: 'unix', first: '/run/libvirt/virtlxcd-sock-ro' })
  leads('xen:///system', 'xen:///system', { kind: 'unix', first: '/run/libvirt/virtxend-sock-ro' })
  leads('test:///default', 'test:///default', { kind: 'unix', first: '/run/libvirt/libvirt-sock-ro' })
  leads('qemu+unix:///system?socket=/srv/x.sock', 'qemu:///system', { kind: 'unix', sockets: ['/srv/x.sock'] })
  leads(
    'qemu:///session',
    'qemu:///session',
    { kind: 'unix', first: '/run/user/7/libvirt/virtqemud-sock-ro' },
    { XDG_RUNTIME_DIR: '/run/user/7' },
  )
  leads('qemu+tls://hv-07.example.org/system', 'qemu:///system', { kind: 'tls', host: 'hv-07.example.org', port: 16514 })
  leads('qemu://hv-07:7/system', 'qemu:///system', { kind: 'tls', host: 'hv-07', port: 7 })
  leads('qemu+tls://[fd00::7]:1/system', 'qemu:///system', { kind: 'tls', host: 'fd00::7', port: 1 })
  leads('qemu+ssh://nova@hv-07/system', 'qemu:///system', {
    ...{ kind: 'ssh', user: 'nova', host: 'hv-07', port: null, helper: { uri: 'qemu:///system', access: 'read-only' } },
  })
  leads('qemu+ssh://hv-07:2222/system?socket=/srv/x', 'qemu:///system', {
    kind: 'ssh',
    port: 2222,
    helper: null,
    first: '/srv/x',
  })

  leads('xen+tls://dom0.example.org/system', 'xen:///system', { kind: 'tls', host: 'dom0.example.org' })
  leads('esx://root@esx-01/?no_verify=1', 'esx://root@esx-01/?no_verify=1', {
    kind: 'unix',
    first: '/run/libvirt/libvirt-sock-ro',
  })
  leads('vpx://vcenter/dc/cluster/esx-01?socket=/srv/x', 'vpx://vcenter/dc/cluster/esx-01', { kind: 'unix', sockets: ['/srv/x'] })
  leads('hyperv://win-01/?transport=http', 'hyperv://win-01/?transport=http', {
    ...{ kind: 'unix', first: '/run/libvirt/libvirt-sock-ro' },
  })

  it('tries the read-only sockets first, the modular daemon before the old one', () => {
    const { route } = parseLibvirtUri('qemu:///system')
    assert.deepEqual(route.kind === 'unix' && route.sockets.map((path) => path.split('/').at(-1)), [
      'virtqemud-sock-ro',
      'libvirt-sock-ro',
      'virtqemud-sock',
      'libvirt-sock',
    ])
  })

  it('leads to the read-write sockets only for whom read-only is not enough', () => {
    const sockets = (uri: string) => {
      const { route } = parseLibvirtUri(uri, {}, 'read-write')
      return 'sockets' in route ? route.sockets : []
    }
    assert.deepEqual(sockets('qemu:///system'), ['/run/libvirt/virtqemud-sock', '/run/libvirt/libvirt-sock'])
    assert.deepEqual(sockets('qemu+unix:///system?socket=/srv/libvirt-sock-ro'), ['/srv/libvirt-sock'])
  })

  const refuses = (uri: string, message: RegExp) => it(`refuses ${uri}`, () => assert.throws(() => parseLibvirtUri(uri), message))
  refuses('qemu', /not a libvirt URI/)
  refuses('qemu+tcp://hv-07/system', /plain TCP sends everything readable/)
  refuses('qemu+ext://hv-07/system', /none of the transports/)
  refuses('qemu+unix://hv-07/system', /has no host/)
  refuses('qemu+ssh://-oProxyCommand=evil/system', /not a host/)
  refuses('qemu+ssh://-l@hv-07/system', /not a host/)
  refuses('qemu+ssh://hv-07;reboot/system', /not a host/)
  refuses('qemu+ssh:///system', /not a host/)
  refuses('esx+ssh://esx-01/', /opened by the libvirtd of this machine: write esx:\/\/user@host\//)
  refuses('esx://root:secret@esx-01/', /not a host/)
  refuses('esx:///', /not a host/)
  refuses('hyperv://', /not a libvirt URI .*hyperv:\/\/user@host\//)
  refuses('qemu+tls://hv-07:0/system', /0 is not a port/)

  it('is checked when the config is read, with durations in their units', () => {
    assert.deepEqual(libvirtSection.parse(undefined), [])
    assert.deepEqual(libvirtSection.parse([{ uri: 'qemu:///system' }]), [
      { uri: 'qemu:///system', interval: 30_000, timeout: 5000, chunk: 25 },
    ])
  })

  const wrong = (what: string, connection: object, message: RegExp) =>
    it(`is refused with ${what}`, () => {
      const { error } = libvirtSection.safeParse([connection])
      assert.match(error?.issues.map(({ message }) => message).join('; ') ?? '', message)
    })
  wrong('settings of another transport', { uri: 'qemu+ssh://a/system', tls: {} }, /reached over ssh, not over tls/)
  wrong('half a certificate', { uri: 'qemu+tls://a/system', tls: { cert: 'a.pem' } }, /cert and key belong together/)
  wrong(
    'a password written down',
    { uri: 'qemu+tls://a/system', sasl: { user: 'a', password: 'b' } },
    /a secret is not written here/,
  )
})

describe('ssh', () => {
  const { route } = parseLibvirtUri("qemu+ssh://nova@hv-07:2222/system?socket=/srv/it's.sock")
  assert.ok(route.kind === 'ssh')
  const args = sshArguments(route, { program: 'ssh', key: '/k', knownHosts: '/h' }, 1500)

  it('is told where to go and how, and asks nobody', () => {
    assert.deepEqual(args.slice(0, -1), [
      ...['-T', '-e', 'none', '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=2', '-o', 'UserKnownHostsFile=/h'],
      ...['-i', '/k', '-o', 'IdentitiesOnly=yes', '-p', '2222', '-l', 'nova', '--', 'hv-07'],
    ])
  })

  it('runs a script over there in which a path stays a path', () => {
    const said = spawnSync('sh', ['-c', args.at(-1) ?? ''], { encoding: 'utf8' })
    assert.deepEqual([said.status, said.stderr], [1, 'no libvirt socket there: /srv/it?s.sock\n'])
  })
})
