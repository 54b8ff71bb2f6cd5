import assert from 'node:assert/strict'
import { everything } from '../../model/access.ts'
import type { ResourceJournal } from '../../model/contract.ts'
import type { InstanceLoad } from '../../model/efficiency.ts'
import { loadFold } from '../../model/load-fold.ts'
import type { RangeQuery, Sample } from '../../model/sample.ts'
import { trafficOf } from '../../model/traffic.ts'
import type { ResourceSegment } from '../../model/usage.ts'
import { efficiency } from '../../reports/efficiency.ts'
import { type Database, openDatabase } from '../../store/journal/database.ts'
import { at, bookOf, depsOf, fixedClock, large, live, small } from '../support/report-scene.ts'
import { SamplesInMemory } from '../support/samples-in-memory.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const now = at('2026-11-20T12:00:00+01:00')
const [hour, day] = [3_600_000, 86_400_000]
const mib = 1024 ** 2
const book = bookOf([
  {
    name: 'a',
    vcpu: 0.01,
    memory: 0.002,
    volumes: [{ type: '*', price: 0.001 }],
    floatingIp: 0.006,
    snapshot: 0.0005,
    image: 0.0001,
    states: { stopped: { vcpu: 0 } },
  },
])

describe('efficiency', () => {
  const directory = temporaryDirectory()
  let db: Database
  let store: SamplesInMemory & { asked: RangeQuery[] }
  before(() => {
    db = openDatabase(directory())
    const since = now - 60 * day
    live(db, [
      { instance: 'idle', flavor: small, from: since, to: null },
      { instance: 'big', flavor: large, from: since, to: null },
      { instance: 'busy', flavor: large, from: since, to: null },
      { instance: 'dumb', flavor: large, from: since, to: null },
      { instance: 'new', flavor: large, from: now - day, to: null },
      { instance: 'off', flavor: large, state: 'running', from: since, to: now - 20 * day },
      { instance: 'off', flavor: large, state: 'stopped', from: now - 20 * day, to: null },
      { instance: 'just-off', flavor: large, state: 'stopped', from: now - day, to: null },
      {
        instance: 'theirs',
        project: 'p2',
        flavor: { ...small, id: '9', name: 'secret.tiny', vcpus: 1, memoryMb: 2048, diskGb: 80 },
        from: since,
        to: null,
      },
      {
        instance: 'mine',
        flavor: { ...small, id: '2', name: 'm1.medium', vcpus: 2, memoryMb: 4096, diskGb: 80 },
        from: since,
        to: null,
      },
      { instance: 'gone', from: since, to: now - day },
    ])
    store = Object.assign(new SamplesInMemory(), { asked: [] as RangeQuery[] })
    const range = store.range.bind(store)
    store.range = (query) => {
      store.asked.push(query)
      return range(query)
    }
    const loads: Record<string, { cpu: number; memory?: number; net?: number; hours?: number; project?: string }> = {
      idle: { cpu: 1, memory: 300 * mib, net: 10 },
      big: { cpu: 20, memory: 2500 * mib, net: 1e6 },
      busy: { cpu: 80, memory: 7000 * mib, net: 1e6 },
      dumb: { cpu: 20, net: 1e6 },
      new: { cpu: 1, memory: 100 * mib, net: 0, hours: 24 },
      theirs: { cpu: 50, memory: 1500 * mib, net: 1e6, project: 'p2' },
      mine: { cpu: 60, memory: 3500 * mib, net: 1e6 },
    }
    store.samples = Object.entries(loads).flatMap(([instance, { cpu, memory, net = 0, hours = 14 * 24, project = 'p1' }]) =>
      Array.from(
        { length: hours },
        (_unused, n): Sample => ({
          measurement: 'instance',
          tags: { instance, project, host: 'hv-1' },
          fields: {
            cpu_percent: cpu,
            net_rx_bytes: net,
            net_tx_bytes: net,
            ...(memory !== undefined && { memory_used_bytes: memory }),
          },
          time: now - (n + 0.5) * hour,
        }),
      ),
    )
  })
  after(() => db.close())

  const resource = (over: Partial<ResourceSegment>): ResourceSegment & { to: number } => ({
    ...{
      kind: 'volume',
      id: 'v',
      name: null,
      from: now - 100 * day,
      project: 'p1',
      user: null,
      sizeGib: 100,
      type: null,
      state: 'idle',
      provenance: 'event',
    },
    ...over,
    to: now,
  })
  const resources = {
    segmentsWithin: () => [
      resource({ id: 'v-used', state: 'in_use' }),
      resource({ id: 'v-idle' }),
      resource({ id: 'v-new', from: now - day }),
      resource({ kind: 'floatingip', id: 'ip', sizeGib: null, from: now - 10 * day }),
      resource({ kind: 'snapshot', id: 'snap', sizeGib: 10 }),
      resource({ kind: 'image', id: 'img', sizeGib: 2.5 }),
    ],
  } as unknown as ResourceJournal
  const look = (scope = everything, project?: string) =>
    efficiency({ windowMs: 14 * day }, depsOf(db, fixedClock(now), book, { store, resources })).findings(
      scope,
      project === undefined ? {} : { project },
    )

  it('finds what is paid for and not used, most money first', async () => {
    const report = await look()
    assert.deepEqual(
      report.findings.map(({ kind, id, instead, saving }) => [kind, id, instead?.name ?? null, Number(saving) / 1e6]),
      [
        ['idle-volume', 'v-idle', null, 73],
        ['oversized', 'big', 'm1.medium', 20.44],
        ['stopped-instance', 'off', null, 11.68],
        ['idle-instance', 'idle', null, 10.22],
        ['idle-floatingip', 'ip', null, 4.38],
        ['old-snapshot', 'snap', null, 3.65],
        ['unused-image', 'img', null, 0.1825],
      ],
    )
  })
  it('shows what it rests on', async () => {
    const big = (await look()).findings.find(({ id }) => id === 'big')
    assert.deepEqual({ ...big?.load, coverage: Math.round((big?.load?.coverage ?? 0) * 100) }, {
      ...{ samples: 336, coverage: 100, cpuMean: 20, cpuP95: 20, cpuPeak: 20, memoryPeakBytes: 2500 * mib, trafficBytes: 2e6 },
    } as InstanceLoad)
    const off = (await look()).findings.find(({ id }) => id === 'off')
    assert.equal(off?.since, now - 20 * day)
  })
  it('says nothing about what was measured too little', async () => {
    const report = await look()
    assert.deepEqual(
      report.unknown.map(({ id, samples }) => [id, samples]),
      [['new', 24]],
    )
    assert.equal(report.measured, 6)
    const blind = await efficiency({ windowMs: 14 * day }, depsOf(db, fixedClock(now), book)).findings(everything, {})
    assert.ok(blind.findings.every(({ load }) => load === null))
    assert.equal(blind.unknown.length, 7)
  })
  it('takes a query a day, however many instances there are', async () => {
    store.asked = []
    await look()
    assert.equal(store.asked.length, 14)
    assert.ok(store.asked.every(({ where }) => Object.keys(where).length === 0))
  })
  it('is of one’s own projects only, the proposed flavors too', async () => {
    store.asked = []
    const report = await look({ projects: ['p2'] })
    assert.ok(report.findings.every(({ project, resource: kind }) => project === 'p2' || kind !== 'instance'))
    assert.deepEqual(store.asked[0]?.where, { project: ['p2'] })
    assert.ok((await look()).findings.every(({ instead }) => instead?.name !== 'secret.tiny'))
  })
  it('has no money where no price is set', async () => {
    const report = await efficiency({ windowMs: 14 * day }, depsOf(db, fixedClock(now), null, { store })).findings(everything, {})
    assert.equal(report.money, null)
    assert.deepEqual(report.findings.map(({ id, saving }) => [id, saving]).sort(), [
      ['big', null],
      ['idle', null],
      ['off', null],
    ])
  })
})

describe('what samples add up to', () => {
  const result = (field: string, aggregate: 'mean' | 'max' | 'count' | 'sum', values: (number | null)[], tags = {}) => ({
    times: values.map((_value, n) => n * hour),
    series: [{ tags: { instance: 'i', project: 'p', host: 'h', user: 'u', flavor: 'f', ...tags }, field, aggregate, values }],
  })
  it('95 % of the time below the percentile', () => {
    const fold = loadFold()
    fold.add(
      result(
        'cpu_percent',
        'mean',
        Array.from({ length: 100 }, (_unused, n) => n + 1),
      ),
    )
    fold.add(result('cpu_percent', 'max', [140, null]))
    const load = fold.loads(200).get('i')
    assert.deepEqual([load?.cpuP95, load?.cpuPeak, load?.cpuMean, load?.coverage], [95, 140, 50.5, 0.5])
  })
  it('bytes by the polling interval of the host, not by the started hour', () => {
    const [sums, counts] = [result('net_rx_bytes', 'sum', [120_000, 10_000]), result('net_rx_bytes', 'count', [120, 10])]
    const traffic = trafficOf({ times: sums.times, series: [...sums.series, ...counts.series] })
    // 120 readings an hour: one each 30 s
    assert.deepEqual(
      traffic.map(({ from, in: bytes, out }) => [from, bytes, out]),
      [
        [0, 3_600_000, 0],
        [hour, 300_000, 0],
      ],
    )
  })
})
