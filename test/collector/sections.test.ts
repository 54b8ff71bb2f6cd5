import assert from 'node:assert/strict'
import { amqpSection } from '../../collector/amqp/section.ts'
import { gangliaSection } from '../../collector/ganglia/section.ts'
import { libvirtSection } from '../../collector/libvirt/section.ts'

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
