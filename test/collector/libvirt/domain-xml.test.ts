import assert from 'node:assert/strict'
import { maxXmlBytes, parseDomainXml } from '../../../collector/libvirt/domain-xml.ts'
import { libvirtFixture } from '../../support/recorded-domstats.ts'

const domain = (inside: string) =>
  `<domain type='kvm'><name>instance-1</name><uuid>11111111-2222-4333-8444-555555555555</uuid>${inside}</domain>`

const nova = (version: string, inside: string, prefix = 'nova') =>
  domain(
    `<metadata><${prefix}:instance xmlns:${prefix}="http://openstack.org/xmlns/libvirt/nova/${version}">${inside}</${prefix}:instance></metadata>`,
  )

describe('the XML of a domain', () => {
  it('of Nova 26 tells owner, flavor, image, ports and disks', () => {
    assert.deepEqual(parseDomainXml(libvirtFixture('domain-nova-1.1.xml')), {
      uuid: '309a1499-af40-4e0a-aa72-4013e0161507',
      name: 'instance-00000179',
      nova: {
        name: 'carico-02',
        createdAt: Date.UTC(2026, 10, 22, 15, 56, 21),
        flavor: { name: 'm1.tiny', vcpus: 1, memoryMb: 512, diskGb: 1 },
        user: { id: 'ace252d1fc124fe3ac6c3ed18448bc4e', name: 'giulia.conti' },
        project: { id: '2af47b26a38245838f5cce7675e3f6bb', name: 'web-tv' },
        image: 'e3f42ca6-0656-452b-9f2b-8206ce254a1c',
        ports: [{ id: 'e62a59db-723b-4a9e-b757-dc0263af35c9', addresses: ['10.30.0.44'] }],
      },
      nics: [
        {
          device: 'tape62a59db-72',
          mac: 'fa:16:3e:08:51:44',
          port: 'e62a59db-723b-4a9e-b757-dc0263af35c9',
          addresses: ['10.30.0.44'],
        },
      ],
      disks: [
        { device: 'vda', kind: 'disk', serial: null },
        { device: 'vdb', kind: 'disk', serial: 'f7d2e080-5ae2-44e9-af1c-1cd5dcce3999' },
      ],
      balloonPeriodS: 10,
      agent: false,
    })
  })

  it('of an old Nova tells the same without ports', () => {
    const facts = parseDomainXml(
      nova(
        '1.0',
        `<nova:package version="13.1.4"/><nova:name>db</nova:name><nova:creationTime>2016-05-01 10:00:00</nova:creationTime>
         <nova:flavor name="m1.big"><nova:memory>4096</nova:memory><nova:disk>10</nova:disk><nova:swap>0</nova:swap>
         <nova:ephemeral>5</nova:ephemeral><nova:vcpus>2</nova:vcpus></nova:flavor>
         <nova:owner><nova:user uuid="u1">anna</nova:user><nova:project uuid="p1">shop</nova:project></nova:owner>
         <nova:root type="image" uuid="i1"/>`,
      ),
    )
    assert.deepEqual(facts.nova, {
      name: 'db',
      createdAt: Date.UTC(2016, 4, 1, 10),
      flavor: { name: 'm1.big', vcpus: 2, memoryMb: 4096, diskGb: 15 },
      user: { id: 'u1', name: 'anna' },
      project: { id: 'p1', name: 'shop' },
      image: 'i1',
      ports: [],
    })
  })

  it('is understood by its namespace, not by its prefix', () => {
    assert.equal(parseDomainXml(nova('1.1', '<os:name>x</os:name>', 'os')).nova?.name, 'x')
    const other = nova('1.1', '<nova:name>x</nova:name>').replace('openstack.org', 'example.org')
    assert.equal(parseDomainXml(other).nova, null)
  })

  it('of a domain that Nova did not make has no owner', () => {
    const facts = parseDomainXml(domain('<devices><memballoon model="none"/></devices>'))
    assert.deepEqual([facts.nova, facts.balloonPeriodS, facts.nics, facts.disks], [null, 0, [], []])
  })

  it('finds the port of an interface by its tap, else by its place', () => {
    const ports = ['aaaaaaaa-1111', 'bbbbbbbb-2222'].map((id) => `<nova:port uuid="${id}"/>`).join('')
    const nics = (first: string) =>
      `<devices><interface><target dev="${first}"/></interface><interface><target dev="tapaaaaaaaa-11"/></interface></devices>`
    const portsOf = (first: string) =>
      parseDomainXml(nova('1.1', `<nova:ports>${ports}</nova:ports>`).replace('</domain>', `${nics(first)}</domain>`)).nics.map(
        ({ port }) => port,
      )
    assert.deepEqual(portsOf('tapbbbbbbbb-22'), ['bbbbbbbb-2222', 'aaaaaaaa-1111'])
    assert.deepEqual(portsOf('vnet0'), ['bbbbbbbb-2222', 'aaaaaaaa-1111'])
  })

  it('gives a tenant’s name letter by letter', () => {
    const named = (text: string) => parseDomainXml(nova('1.1', `<nova:name>${text}</nova:name>`)).nova?.name
    assert.equal(named('a &lt;b&gt; &amp;amp; &quot;c&quot; &#x41;&#66; &unknown; 00012'), 'a <b> &amp; "c" AB &unknown; 00012')
    assert.equal(named('<![CDATA[</nova:name>]]>'), '</nova:name>')
  })

  const refuses = (what: string, xml: string, message: RegExp) =>
    it(`is refused when ${what}`, () => assert.throws(() => parseDomainXml(xml), { code: 'protocol', message }))
  refuses('it declares entities', `<!DOCTYPE d [<!ENTITY x "y">]>${domain('')}`, /declares a document type/)
  refuses('it is too large', domain('x'.repeat(maxXmlBytes)), /at most/)
  refuses('it is no domain', '<network/>', /describes no domain/)
  refuses('it is nothing', '', /describes no domain/)

  it('is no way into our objects', () => {
    const hostile = domain('<metadata><__proto__><polluted>1</polluted></__proto__></metadata><devices><constructor/></devices>')
    try {
      parseDomainXml(hostile)
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'protocol')
    }
    assert.equal(({} as Record<string, unknown>).polluted, undefined)
  })
})
