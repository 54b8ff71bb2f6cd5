import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { amqpSection } from '../../collector/amqp/section.ts'
import { gangliaSection } from '../../collector/ganglia/section.ts'
import { libvirtSection } from '../../collector/libvirt/section.ts'
import { type OpenstackSource, openstackSection } from '../../collector/openstack/section.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

type Section = typeof amqpSection | typeof libvirtSection | typeof gangliaSection

const saysOf = (section: Section, value: unknown) => {
  const parsed = section.safeParse(value)
  return parsed.success ? [] : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
}

describe('what is configured of brokers and hypervisors', () => {
  const accepts = (title: string, section: Section, value: unknown) =>
    it(title, () => assert.deepEqual(saysOf(section, value), []))
  const refuses = (title: string, section: Section, value: unknown, says: RegExp) =>
    it(`is refused: ${title}`, () => assert.match(saysOf(section, value).join('\n'), says))

  accepts('takes several nodes of one broker', amqpSection, [{ urls: ['amqp://u@a:5672', 'amqps://u@b:5671/'] }])
  accepts('takes several brokers', amqpSection, [
    { name: 'a', urls: ['amqp://a'] },
    { name: 'b', urls: ['amqp://b'] },
  ])
  accepts('takes several hypervisors', libvirtSection, [{ uri: 'qemu:///system' }, { uri: 'qemu:///system', host: 'hv-2' }])
  refuses('a password in an address', amqpSection, [{ urls: ['amqp://u:hush@a'] }], /0\.urls\.0: a password is not written here/)
  refuses('a virtual host in an address', amqpSection, [{ urls: ['amqp://u@a/nova'] }], /it goes into `vhost`/)
  refuses('an address of something else', amqpSection, [{ urls: ['http://a'] }], /not an AMQP address/)
  refuses(
    'two brokers of one name',
    amqpSection,
    [
      { name: 'a', urls: ['amqp://a'] },
      { name: 'a', urls: ['amqp://b'] },
    ],
    /1\.name: there is a source "a" already/,
  )
  refuses(
    "a queue of the services' own",
    amqpSection,
    [{ urls: ['amqp://a'], queue: 'notifications.info' }],
    /other consumers would lose/,
  )
  refuses(
    'two hypervisors of one name',
    libvirtSection,
    [
      { uri: 'qemu:///system', host: 'h' },
      { uri: 'test:///default', host: 'h' },
    ],
    /1\.host: there is a hypervisor "h" already/,
  )
  refuses(
    'two hypervisors without a name',
    libvirtSection,
    [{ uri: 'qemu:///system' }, { uri: 'test:///default' }],
    /1\.host: missing/,
  )

  accepts('takes gmonds and gmetads', gangliaSection, [
    { name: 'a', addresses: ['hv-01:8649', '[fe80::1]:8649'] },
    { name: 'b', addresses: ['10.0.0.1:8652'], interactive: true, clusters: ['guests'] },
  ])
  refuses(
    'a gmond without a port',
    gangliaSection,
    [{ name: 'a', addresses: ['hv-01'] }],
    /0\.addresses\.0: not an address: "hv-01"/,
  )
  refuses(
    'an interactive gmetad without clusters',
    gangliaSection,
    [{ name: 'a', addresses: ['g:8652'], interactive: true }],
    /0\.clusters: an interactive gmetad is asked for clusters by name/,
  )
  refuses(
    'a cluster that would be another question',
    gangliaSection,
    [{ name: 'a', addresses: ['g:8652'], interactive: true, clusters: ['a\n/b'] }],
    /has no \/ and no \?/,
  )
})

describe('what is configured of clouds', () => {
  const directory = temporaryDirectory()
  const secret = () => {
    const file = join(directory(), 'secret')
    writeFileSync(file, 'hush\n')
    return { file }
  }
  const cloudsYaml = () => {
    const file = join(directory(), 'clouds.yaml')
    writeFileSync(
      file,
      'clouds:\n  mine: { region_name: one, auth: { auth_url: "https://x", username: anna, password: hush } }\n',
    )
    return file
  }
  const authUrl = 'https://cloud.example.org:5000/v3'
  const credential = () => ({ authUrl, applicationCredential: { id: 'a1', secret: secret() } })
  const parse = (value: unknown) => openstackSection.parse([value])[0] as OpenstackSource
  const refuses = (title: string, value: () => unknown, says: RegExp) =>
    it(`is refused: ${title}`, () => {
      const parsed = openstackSection.safeParse([value()])
      assert.match(
        parsed.success ? '' : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'),
        says,
      )
    })

  it('takes an application credential, with everything else by default', () => {
    const { name, interval, fullList, rate, access } = parse(credential())
    assert.deepEqual([name, interval, fullList, rate], ['openstack', 300_000, { every: 86_400_000, hour: 3 }, 20])
    assert.deepEqual([access.region, access.interface, access.ca, access.verify], [null, 'public', null, true])
    assert.doesNotMatch(JSON.stringify(access), /hush/)
  })
  it('takes a user, whose domains are names or ids', () => {
    const user = { name: 'specola', domainId: 'default', password: secret(), project: 'admin', projectDomain: 'Default' }
    const { credentials } = parse({ authUrl, user }).access
    assert.deepEqual(JSON.parse(JSON.stringify(credentials)), {
      method: 'password',
      user: { name: 'specola', domain: { id: 'default' } },
      password: '***',
      scope: { kind: 'project', project: { name: 'admin', domain: { name: 'Default' } } },
    })
  })
  it('takes an entry of a clouds.yaml, with what is said beside it', () => {
    const { access } = parse({ cloud: 'mine', cloudsYaml: cloudsYaml(), region: 'two', interface: 'internal', ca: '/ca.pem' })
    assert.deepEqual([access.authUrl, access.region, access.interface, access.ca], ['https://x', 'two', 'internal', '/ca.pem'])
  })

  refuses('no way to sign in', () => ({ authUrl }), /says not how to sign in/)
  refuses('two ways', () => ({ ...credential(), cloud: 'mine' }), /only one way to sign in/)
  refuses('no address', () => ({ applicationCredential: { id: 'a', secret: secret() } }), /0\.authUrl: is missing/)
  refuses(
    'no such cloud',
    () => ({ cloud: 'yours', cloudsYaml: cloudsYaml() }),
    /0\.cloud: .*there is no cloud "yours"; there are: mine/,
  )
  refuses(
    'a secret in the open',
    () => ({ authUrl, applicationCredential: { id: 'a', secret: 'hush' } }),
    /a secret is not written here/,
  )
  refuses('an interval that is a load', () => ({ ...credential(), interval: '1s' }), /0\.interval: at least 10s/)
  it('is refused: two clouds of one name', () => {
    const parsed = openstackSection.safeParse([credential(), credential()])
    assert.match(parsed.success ? '' : String(parsed.error.issues[0]?.message), /there is a cloud "openstack" already/)
  })
})
