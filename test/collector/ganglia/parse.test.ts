import assert from 'node:assert/strict'
import fc from 'fast-check'
import { parseGanglia } from '../../../collector/ganglia/parse.ts'
import { AppError } from '../../../model/contract.ts'

const dtd = '<!DOCTYPE GANGLIA_XML [\n<!ELEMENT HOST (METRIC)*>\n<!ATTLIST HOST NAME CDATA #REQUIRED>\n]>'
const metric = (name: string, value = '1', more = '') =>
  `<METRIC NAME="${name}" VAL="${value}" TYPE="float" UNITS=" KB " TN="3" TMAX="70" DMAX="0" SLOPE="both"${more}>
<EXTRA_DATA>
<EXTRA_ELEMENT NAME="GROUP" VAL="memory"/>
<EXTRA_ELEMENT NAME="TITLE" VAL="Title of ${name}"/>
</EXTRA_DATA>
</METRIC>`
const host = (name: string, inner: string) =>
  `<HOST NAME="${name}" IP="10.0.0.1" TAGS="" REPORTED="1795511252" TN="4" TMAX="20" DMAX="0" GMOND_STARTED="1795511247">\n${inner}\n</HOST>`
const cluster = (inner: string, name = 'compute') =>
  `<CLUSTER NAME="${name}" LOCALTIME="1795511253" OWNER="noc">\n${inner}\n</CLUSTER>`
const answer = (inner: string) =>
  `<?xml version="1.0" encoding="ISO-8859-1" standalone="yes"?>\n${dtd}\n<GANGLIA_XML VERSION="3.7.2" SOURCE="gmond">\n${inner}\n</GANGLIA_XML>\n`
const names = (text: string) =>
  parseGanglia(text).clusters.flatMap(({ name, hosts }) =>
    hosts.map((one) => `${name}/${one.name}: ${one.metrics.map((m) => m.name)}`),
  )

describe("Ganglia's answers", () => {
  it('are read with type, unit, slope, ages, title and group', () => {
    const [read] = parseGanglia(answer(cluster(host('hv-01', metric('mem_free', '17.5'))))).clusters
    assert.deepEqual(read, {
      name: 'compute',
      hosts: [
        {
          ...{ name: 'hv-01', address: '10.0.0.1', tn: 4, tmax: 20, dmax: 0, startedAt: 1_795_511_247 },
          metrics: [
            {
              ...{ name: 'mem_free', value: '17.5', type: 'float', unit: 'KB', slope: 'both', tn: 3, tmax: 70, dmax: 0 },
              ...{ title: 'Title of mem_free', group: 'memory' },
            },
          ],
        },
      ],
    })
  })

  it('come through grids of grids', () => {
    const grid = (inner: string) => `<GRID NAME="g" AUTHORITY="http://x/" LOCALTIME="1">${inner}</GRID>`
    const two = `${cluster(host('a', metric('m')), 'one')}${cluster(host('b', metric('m')), 'two')}`
    assert.deepEqual(names(answer(grid(`${grid(two)}${cluster(host('c', metric('m')), 'three')}`))), [
      'one/a: m',
      'two/b: m',
      'three/c: m',
    ])
  })

  it('are not confused by summaries', () => {
    const summary = '<HOSTS UP="1" DOWN="0" SOURCE="gmetad"/><METRICS NAME="x" SUM="0" NUM="1" TYPE="double"></METRICS>'
    assert.deepEqual(names(answer(cluster(`${summary}${host('a', metric('m'))}`))), ['compute/a: m'])
  })

  it('are unescaped where gmetad escaped them, and taken as they are where gmond did not', () => {
    const read = parseGanglia(
      answer(cluster(host('h', `${metric('a', 'x &lt;b&gt; &amp;amp; &#233;')}${metric('b', '<script>&y')}`))),
    )
    assert.deepEqual(
      read.clusters[0]?.hosts[0]?.metrics.map(({ value }) => value),
      ['x <b> &amp; é', '<script>&y'],
    )
  })

  it('lose a value with a quote in it, and nothing else', () => {
    const read = parseGanglia(answer(cluster(host('h', [metric('a'), metric('b', 'x"y'), metric('c')].join('\n')))))
    assert.deepEqual(
      read.clusters[0]?.hosts[0]?.metrics.map(({ name, title }) => [name, title]),
      [
        ['a', 'Title of a'],
        ['c', 'Title of c'],
      ],
    )
    assert.equal(read.leftOut, 1)
  })

  it('do not give the metrics of a host whose name is damaged to the host before it', () =>
    assert.deepEqual(
      names(answer(cluster([host('a', metric('m')), host('b"x', metric('n')), host('c', metric('o'))].join('\n')))),
      ['compute/a: m', 'compute/c: o'],
    ))

  it('expand no entities of their own', () => {
    const bomb = answer(cluster(host('h', metric('a', '&lol;')))).replace(
      ']>',
      '<!ENTITY lol "lololol"><!ENTITY x SYSTEM "file:///etc/passwd">]>',
    )
    assert.equal(parseGanglia(bomb).clusters[0]?.hosts[0]?.metrics[0]?.value, '&lol;')
  })

  it('are bounded: metrics of a host, names, texts', () => {
    const many = Array.from({ length: 1500 }, (_, n) => metric(`m${n}`, 'v'.repeat(2000))).join('\n')
    const read = parseGanglia(answer(cluster(host('h', `${metric('n'.repeat(201))}${many}`))))
    assert.equal(read.clusters[0]?.hosts[0]?.metrics.length, 1000)
    assert.equal(read.clusters[0]?.hosts[0]?.metrics[0]?.value.length, 500)
    assert.equal(read.leftOut, 501)
  })

  const refused = (what: string, text: string, reason: RegExp) =>
    it(`are refused when ${what}`, () =>
      assert.throws(
        () => parseGanglia(text),
        (error) => error instanceof AppError && error.code === 'protocol' && reason.test(error.message),
      ))
  refused('cut short', answer(cluster(host('h', metric('a')))).slice(0, -20), /ended in the middle/)
  refused('something else', '<html><body>503</body></html>', /not from Ganglia/)
  refused('empty', '', /not from Ganglia/)

  it('are read or refused whatever happens to their bytes, in time that grows with their length only', () => {
    const whole = answer(cluster([host('a', metric('m')), host('b', metric('n', '&#x41;'))].join('\n')))
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(whole.length), fc.string({ maxLength: 12 })), { maxLength: 20 }), (edits) => {
        let text = whole
        for (const [at, put] of edits) text = text.slice(0, at) + put + text.slice(at + put.length)
        try {
          parseGanglia(text)
        } catch (error) {
          assert.ok(error instanceof AppError, String(error))
        }
      }),
      { numRuns: 1000 },
    )
    const began = performance.now()
    for (const unit of ['<METRIC NAME="', '<METRIC A="b" ', '<<<<<<', '<HOST NAME="x"', '" '])
      assert.doesNotThrow(() => parseGanglia(answer(unit.repeat(200_000))))
    assert.ok(performance.now() - began < 5000, `${performance.now() - began} ms`)
  })
})
