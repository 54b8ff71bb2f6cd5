import assert from 'node:assert/strict'
import type { Silence } from '../../../collector/libvirt/quarantine.ts'
import { hostSample, type InstanceContext, instanceSamples, stateSample } from '../../../collector/libvirt/samples.ts'
import { domainStats } from '../../../collector/libvirt/stats.ts'
import { measurements } from '../../../model/measurements.ts'
import { recordedDomstats } from '../../support/recorded-domstats.ts'

const context: InstanceContext = {
  host: 'hv-01',
  tags: { project: 'p1', user: 'u1', flavor: 'm1.tiny' },
  balloonPeriodS: 10,
}
const recorded = recordedDomstats('domstats-guest-with-balloon.txt')
const lastUpdate = Number(recorded.params.get('balloon.last-update'))
const time = lastUpdate * 1000 + 4000

/** Ten seconds later: every counter of the recording half as much again. */
function later() {
  const counts = /^(cpu|vcpu\.\d+)\.(time|delay)$|\.(bytes|pkts|reqs|times)$/
  const grown = [...recorded.params].map(([field, value]): [string, typeof value] => [
    field,
    typeof value === 'number' && counts.test(field) ? value * 1.5 : value,
  ])
  return { ...recorded, params: new Map([...grown, ['balloon.last-update', lastUpdate + 10]]) }
}

const before = { stats: domainStats(recorded), at: 0, time }
const now = { stats: domainStats(later()), at: 10_000, time: time + 10_000 }

const silence = { of: null, now: time }

describe('samples of an instance', () => {
  it('have exactly the names of the catalogue', () => {
    const samples = instanceSamples({ state: 1, silence, network: { before, now }, monitor: { before, now } }, context)
    assert.deepEqual(
      samples.map(({ measurement, tags }) => [measurement, tags.device ?? null]),
      [
        ['instance', null],
        ['instance_vcpu', 'vcpu0'],
        ['instance_vcpu', 'vcpu1'],
        ['instance_disk', 'vda'],
        ['instance_disk', 'vdb'],
        ['instance_nic', 'tapspike1'],
      ],
    )
    for (const { measurement, fields, tags } of samples) {
      const { fields: known, tags: allowed } = measurements[measurement as keyof typeof measurements]
      for (const field of Object.keys(fields)) assert.ok(field in known, `${measurement} ${field}`)
      for (const tag of Object.keys(tags)) assert.ok((allowed as readonly string[]).includes(tag), `${measurement} ${tag}`)
    }
    const missing = Object.keys(measurements.instance.fields).filter((field) => !(field in (samples[0]?.fields ?? {})))
    assert.deepEqual(missing, [])
  })

  it('have no rates at the first reading, and no zeros in their place', () => {
    const [instance, ...rest] = instanceSamples(
      { state: 1, silence, network: { before: null, now }, monitor: { before: null, now } },
      context,
    )
    assert.ok(instance && !('cpu_percent' in instance.fields) && 'memory_used_bytes' in instance.fields)
    assert.deepEqual(
      rest.map(({ measurement, fields }) => [measurement, ...Object.keys(fields).sort()]),
      Array(2).fill(['instance_disk', 'allocated_bytes', 'capacity_bytes', 'physical_bytes']),
    )
  })

  it('have state and network when QEMU is silent', () => {
    const samples = instanceSamples({ state: 1, silence, network: { before, now }, monitor: null }, context)
    assert.deepEqual(
      samples.map(({ measurement }) => measurement),
      ['instance', 'instance_nic'],
    )
    assert.ok(!('cpu_percent' in (samples[0]?.fields ?? {})))
    assert.ok((samples[0]?.fields.net_rx_bytes ?? 0) > 0)
  })

  const tells = (what: string, of: Silence | null, asked: boolean, want: readonly (number | undefined)[]) =>
    it(`tell ${what}`, () => {
      const monitor = asked ? { before, now } : null
      const [row] = instanceSamples({ state: 1, silence: { of, now: time }, network: { before, now }, monitor }, context)
      assert.deepEqual([row?.fields.qemu_silent_seconds, row?.fields.qemu_locked_seconds], want)
    })
  const silent = { domainId: recorded.domain.id, since: time - 7000, skipped: 0, hung: 0, notBefore: 0 }
  tells('that QEMU answers', null, true, [0, 0])
  tells('nothing of a QEMU that was not asked', null, false, [undefined, undefined])
  tells('for how long QEMU has hung', { ...silent, hung: 1 }, false, [7, 0])
  tells('for how long it has been locked', { ...silent, skipped: 2 }, false, [0, 7])
  tells('nothing of a lock that was met once', { ...silent, skipped: 1 }, false, [undefined, undefined])
  tells('that the next life of the domain answers', { ...silent, domainId: 4711, hung: 3 }, true, [0, 0])

  it('of one that does not run are its state', () => {
    assert.deepEqual(stateSample('uuid', 5, 7, { ...context, tags: { project: 'p1', user: undefined } }), {
      measurement: 'instance',
      tags: { host: 'hv-01', instance: 'uuid', project: 'p1' },
      fields: { state: 5 },
      time: 7,
    })
  })
})

describe('samples of a hypervisor', () => {
  it('count as used what is neither free nor a cache', () => {
    const kib = new Map(Object.entries({ total: 1000, free: 300, buffers: 50, cached: 150 }))
    const host = { host: 'hv-01', time: 1, cpus: 8, rates: { cpuPercent: 12.5, iowaitPercent: null }, memory: kib }
    assert.deepEqual(hostSample({ ...host, instances: 3, running: 2 }).fields, {
      ...{ cpus: 8, cpu_percent: 12.5, memory_total_bytes: 1000 * 1024, memory_used_bytes: 500 * 1024 },
      ...{ instances: 3, instances_running: 2 },
    })
  })
})
