import assert from 'node:assert/strict'
import { matcher } from '../../../collector/ganglia/match.ts'
import type { GangliaHost, GangliaMetric } from '../../../collector/ganglia/parse.ts'
import { type GangliaMemory, gangliaReading } from '../../../collector/ganglia/samples.ts'

const readAt = 1_795_511_260_000
const metric = (name: string, value: string, more: Partial<GangliaMetric> = {}): GangliaMetric => ({
  ...{ name, value, type: 'float', unit: 'KB', slope: 'both', tn: 3, tmax: 70, dmax: 0, title: null, group: null },
  ...more,
})
const host = (metrics: GangliaMetric[], more: Partial<GangliaHost> = {}): GangliaHost => ({
  ...{ name: 'web.internal', address: '10.0.0.5', tn: 5, tmax: 20, dmax: 0, startedAt: 1_795_500_000, metrics },
  ...more,
})
const match = matcher({
  hypervisors: ['hv-01'],
  instances: [{ id: 'vm-1', name: 'web', project: 'p1', addresses: ['10.0.0.5'] }],
})

describe("samples from Ganglia's machines", () => {
  const reader = () => {
    const memory: GangliaMemory = new Map()
    return (hosts: GangliaHost[], at = readAt, cluster = 'guests') =>
      gangliaReading({ clusters: [{ name: cluster, hosts }], leftOut: 0 }, match, memory, at, null)
  }

  it('carry whose they are, and the time of the report', () => {
    const { samples, machines } = reader()([host([metric('mem_free', '17.5', { dmax: 600 })])])
    const tags = { cluster: 'guests', machine: 'web.internal', instance: 'vm-1', project: 'p1' }
    assert.deepEqual(samples, [
      {
        measurement: 'ganglia',
        tags: { ...tags, metric: 'heartbeat' },
        fields: { value: 1_795_500_000, tmax: 20 },
        time: readAt - 5000,
      },
      {
        measurement: 'ganglia',
        tags: { ...tags, metric: 'mem_free' },
        fields: { value: 17.5, tmax: 70, dmax: 600 },
        time: readAt - 3000,
      },
    ])
    assert.deepEqual(machines[0]?.metrics, { mem_free: { title: null, unit: 'KB', group: null, type: 'float', slope: 'both' } })
  })

  it('are one per report, however often it is read', () => {
    const read = reader()
    const times = [0, 1, 2, 3, 4, 5].map((poll) =>
      // every 10 s; the metric was reported anew before the fourth; ages are cut to whole seconds
      read(
        [host([metric('load', '1', { tn: poll < 3 ? 3 + poll * 10 - (poll % 2) : (poll - 3) * 10 + 1 })])],
        readAt + poll * 10_000,
      )
        .samples.filter(({ tags }) => tags.metric === 'load')
        .map(({ time }) => time - readAt),
    )
    assert.deepEqual(times, [[-3000], [], [], [29_000], [], []])
  })

  it('say how fast a counter grew, and nothing when it began anew', () => {
    const read = reader()
    const rates = [100, 400, 50, 150].map(
      (value, poll) =>
        read([host([metric('sent', String(value), { slope: 'positive', tn: 0 })])], readAt + poll * 10_000).samples.find(
          ({ tags }) => tags.metric === 'sent',
        )?.fields.rate,
    )
    assert.deepEqual(rates, [undefined, 30, undefined, 10])
  })

  it('leave texts and what is no number out; texts are facts of the machine', () => {
    const { samples, machines } = reader()([
      host([
        metric('os_name', 'Linux', { type: 'string' }),
        metric('odd', 'nan'),
        metric('gone', ''),
        metric('n', '7', { type: 'uint16' }),
      ]),
    ])
    assert.deepEqual(
      samples.map(({ tags }) => tags.metric),
      ['heartbeat', 'n'],
    )
    assert.deepEqual(machines[0]?.facts, { os_name: 'Linux' })
  })

  it('of a silent machine stay where they were, and it is told', () => {
    const read = reader()
    read([host([metric('load', '1', { tn: 0 })], { tn: 0 })])
    const { samples, silent } = read([host([metric('load', '1', { tn: 100 })], { tn: 100 })], readAt + 100_000)
    assert.deepEqual(samples, [])
    assert.deepEqual(silent, [{ cluster: 'guests', name: 'web.internal', ageMs: 100_000 }])
  })

  it('keep machines of one name in two clusters apart', () => {
    const twice = gangliaReading(
      {
        clusters: [
          { name: 'a', hosts: [host([metric('load', '1')])] },
          { name: 'b', hosts: [host([metric('load', '2')])] },
        ],
        leftOut: 0,
      },
      match,
      new Map(),
      readAt,
      new Set(['b']),
    )
    assert.deepEqual(new Set(twice.samples.map(({ tags }) => tags.cluster)), new Set(['b']))
  })
})
