import assert from 'node:assert/strict'
import fc from 'fast-check'
import { domainRates, guestMemory, hostRates, networkRates, type Reading } from '../../../collector/libvirt/rates.ts'
import {
  type BalloonStats,
  type DiskStats,
  type DomainStats,
  domainStats,
  type NicStats,
} from '../../../collector/libvirt/stats.ts'
import { recordedDomstats } from '../../support/recorded-domstats.ts'

const noBalloon: BalloonStats = domainStats({ ...recordedDomstats('domstats-block-backing.txt'), params: new Map() }).balloon

const disk = (device: string, counters: Partial<DiskStats> = {}): DiskStats => ({
  ...{ device, readOps: 0, readBytes: 0, readNs: 0, writeOps: 0, writeBytes: 0, writeNs: 0 },
  ...{ flushOps: 0, flushNs: 0, allocationBytes: null, physicalBytes: null, capacityBytes: null, ...counters },
})
const nic = (device: string, counters: Partial<NicStats> = {}): NicStats => ({
  ...{ device, rxBytes: 0, rxPackets: 0, rxErrors: 0, rxDrops: 0 },
  ...{ txBytes: 0, txPackets: 0, txErrors: 0, txDrops: 0, ...counters },
})

function reading(at: number, stats: Partial<DomainStats> = {}): Reading {
  const whole: DomainStats = {
    domain: { name: 'instance-1', uuid: 'u', id: 1 },
    ...{ state: 1, stateReason: 1, cpuNs: 0, balloon: noBalloon, vcpusCurrent: 1, vcpus: [], nics: [], disks: [] },
    ...{ monitored: true, ...stats },
  }
  return { stats: whole, at, time: 1_800_000_000_000 + at }
}

const seconds = (n: number) => n * 1e9

describe('rates between two readings', () => {
  it('are CPU and steal in percent of the allotted vCPUs', () => {
    const vcpus = (a: number, b: number, delay: number) =>
      [a, b].map((time, index) => ({ index, timeNs: seconds(time), delayNs: seconds(delay) }))
    const before = reading(0, { cpuNs: 0, vcpusCurrent: 2, vcpus: vcpus(100, 50, 0) })
    const now = reading(10_000, { cpuNs: seconds(12), vcpusCurrent: 2, vcpus: vcpus(108, 52, 1) })
    const { cpuPercent, stealPercent, hostCpuPercent } = domainRates(before, now)
    assert.deepEqual({ cpuPercent, stealPercent, hostCpuPercent }, { cpuPercent: 50, stealPercent: 10, hostCpuPercent: 120 })
  })

  it('are disk traffic, latency per request and requests in flight', () => {
    const before = reading(0, { disks: [disk('vda'), disk('vdb')] })
    const now = reading(10_000, {
      disks: [
        disk('vda', {
          readOps: 100,
          readBytes: 1e6,
          readNs: 5e8,
          writeOps: 10,
          writeBytes: 4e5,
          writeNs: 1e9,
          flushOps: 5,
          flushNs: 1e7,
        }),
        disk('vdb', { writeOps: 10, writeBytes: 1e5, writeNs: 5e8 }),
      ],
    })
    const { disk: all, disks } = domainRates(before, now)
    assert.deepEqual(all, {
      ...{ readBytes: 1e5, writeBytes: 5e4, readOps: 10, writeOps: 2, flushOps: 0.5, readLatency: 5, writeLatency: 75 },
      ...{ flushLatency: 2, queue: 0.2 },
    })
    assert.deepEqual([disks[0]?.writeLatency, disks[1]?.writeLatency, disks[1]?.readLatency], [100, 50, null])
    assert.deepEqual(
      disks.map(({ queue }) => queue),
      [0.15, 0.05],
    )
  })

  it('are what an interface carried and lost', () => {
    const before = reading(0, { nics: [nic('tap0')] })
    const now = reading(10_000, { nics: [nic('tap0', { rxBytes: 1000, rxPackets: 10, rxDrops: 5, txDrops: 5, txErrors: 20 })] })
    const { nics, network } = networkRates(before, now)
    const { device, ...alone } = nics[0] as (typeof nics)[number]
    assert.equal(device, 'tap0')
    assert.deepEqual(alone, network, 'one interface is all of them')
    assert.deepEqual(network, {
      ...{ rxBytes: 100, txBytes: 0, rxPackets: 1, txPackets: 0, rxDrops: 0.5, txDrops: 0.5, rxErrors: 0, txErrors: 2 },
      lossPercent: 50,
    })
    assert.equal(networkRates(before, reading(10_000, { nics: [nic('tap0')] })).network.lossPercent, null)
  })

  it('are those of each vCPU too, also while another comes or goes', () => {
    const vcpu = (index: number, time: number, delay = 0) => ({ index, timeNs: seconds(time), delayNs: seconds(delay) })
    const before = reading(0, { vcpusCurrent: 2, vcpus: [vcpu(0, 100), vcpu(3, 50)] })
    const now = reading(10_000, { vcpusCurrent: 2, vcpus: [vcpu(0, 110), vcpu(3, 51, 2)] })
    assert.deepEqual(domainRates(before, now).vcpus, [
      { index: 0, cpuPercent: 100, stealPercent: 0 },
      { index: 3, cpuPercent: 10, stealPercent: 20 },
    ])
    const more = domainRates(before, reading(10_000, { vcpusCurrent: 3, vcpus: [vcpu(0, 110), vcpu(1, 90), vcpu(3, 51)] }))
    assert.deepEqual([more.cpuPercent, ...more.vcpus.map(({ cpuPercent }) => cpuPercent)], [null, 100, null, 10])
  })

  it('of the guest’s memory go from report to report, whenever we looked', () => {
    const told = (lastUpdate: number, majorFaults: number, swapInKib: number) => ({
      balloon: { ...noBalloon, lastUpdate, majorFaults, swapInKib, swapOutKib: 0 },
    })
    const rates = domainRates(reading(0, told(1000, 10, 0)), reading(30_000, told(1020, 50, 40)))
    assert.deepEqual([rates.majorFaults, rates.swapBytes], [2, 2048])
    const silent = domainRates(reading(0, told(1000, 10, 0)), reading(30_000, told(1000, 10, 0)))
    assert.deepEqual([silent.majorFaults, silent.swapBytes], [null, null])
    const rebooted = domainRates(reading(0, told(1000, 5000, 0)), reading(30_000, told(1020, 20, 0)))
    assert.equal(rebooted.majorFaults, null)
  })

  const gives = (what: string, before: Reading | null, now: Reading, want: number | null) =>
    it(`${want === null ? 'do not exist' : `are ${want} %`} ${what}`, () =>
      assert.equal(domainRates(before, now).hostCpuPercent, want))
  const other = (id: number, uuid = 'u') => ({ domain: { name: 'instance-1', uuid, id }, cpuNs: seconds(5) })
  gives('for the first reading', null, reading(0, { cpuNs: seconds(5) }), null)
  gives('after a reset, which keeps the process', reading(0), reading(10_000, { cpuNs: seconds(5) }), 50)
  gives('after a stop and start', reading(0), reading(10_000, other(2)), null)
  gives('between two instances', reading(0), reading(10_000, other(1, 'v')), null)
  gives('when a counter went down', reading(0, { cpuNs: seconds(6) }), reading(10_000, { cpuNs: seconds(5) }), null)
  gives('out of order', reading(20_000), reading(10_000, { cpuNs: seconds(5) }), null)
  gives('at the same instant', reading(0), reading(0, { cpuNs: seconds(5) }), null)

  it('do not exist for CPU when a vCPU came or went', () => {
    const vcpus = (n: number) => Array.from({ length: n }, (_, index) => ({ index, timeNs: seconds(10), delayNs: 0 }))
    const before = reading(0, { vcpusCurrent: 1, vcpus: vcpus(1) })
    assert.equal(domainRates(before, reading(10_000, { vcpusCurrent: 2, vcpus: vcpus(2) })).cpuPercent, null)
  })

  it('leave out a disk that was just attached, and go on for the others when one was detached', () => {
    const two = reading(0, { disks: [disk('vda'), disk('vdb', { readOps: 1e6 })] })
    const one = reading(10_000, { disks: [disk('vda', { readOps: 10 })] })
    assert.equal(domainRates(two, one).disk.readOps, 1)
    const again = reading(20_000, { disks: [disk('vda', { readOps: 20 }), disk('vdb', { readOps: 1e6 })] })
    const rates = domainRates(one, again)
    assert.deepEqual([rates.disk.readOps, rates.disks[1]?.readOps], [1, null])
  })
})

describe('rates, whatever a hypervisor tells', () => {
  const counter = fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 2 ** 50 }))
  const device = fc.constantFrom('a', 'b', 'c')
  const anyDisk = fc
    .record({ readBytes: counter, readNs: counter, writeOps: counter, writeBytes: counter, writeNs: counter })
    .chain((counters) => fc.tuple(device, fc.nat()).map(([name, readOps]) => disk(name, { ...counters, readOps })))
  const anyNic = fc
    .record({ rxBytes: counter, rxPackets: counter, rxDrops: counter, txBytes: counter, txErrors: counter })
    .chain((counters) => device.map((name) => nic(name, counters)))
  const anyVcpu = fc.record({ index: fc.nat({ max: 3 }), timeNs: counter, delayNs: counter })
  const anyReading = fc
    .record({
      at: fc.integer({ min: 0, max: 100_000 }),
      id: fc.integer({ min: -1, max: 2 }),
      cpuNs: counter,
      vcpusCurrent: fc.option(fc.nat({ max: 4 })),
      vcpus: fc.array(anyVcpu, { maxLength: 4 }),
      disks: fc.array(anyDisk, { maxLength: 4 }),
      nics: fc.array(anyNic, { maxLength: 4 }),
      majorFaults: counter,
      swapInKib: counter,
    })
    .map(({ at, id, majorFaults, swapInKib, ...stats }) =>
      reading(at, {
        ...stats,
        domain: { name: 'instance-1', uuid: 'u', id },
        balloon: { ...noBalloon, majorFaults, swapInKib },
      }),
    )

  /** Without the vCPUs' own numbers. */
  const traffic = (before: Reading | null, now: Reading) => {
    const { vcpus, ...rates } = domainRates(before, now)
    return [rates, vcpus.map(({ cpuPercent, stealPercent }) => [cpuPercent, stealPercent])]
  }
  const numbers = (value: unknown): number[] =>
    typeof value === 'number' ? [value] : typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbers) : []

  it('are never negative, never infinite, and no percentage of vCPUs exceeds 100', () => {
    fc.assert(
      fc.property(fc.array(anyReading, { minLength: 2, maxLength: 12 }), (life) => {
        for (const [i, now] of life.entries()) {
          const rates = domainRates(life[i - 1] ?? null, now)
          for (const value of numbers([rates, networkRates(life[i - 1] ?? null, now)]))
            assert.ok(Number.isFinite(value) && value >= 0, JSON.stringify(rates))
          assert.ok((rates.cpuPercent ?? 0) <= 100 && (rates.stealPercent ?? 0) <= 100)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('never show the counter itself: a reading without a predecessor of the same life gives none', () => {
    fc.assert(
      fc.property(anyReading, anyReading, (before, now) => {
        fc.pre(before.stats.domain.id !== now.stats.domain.id)
        assert.deepEqual(numbers([traffic(before, now), networkRates(before, now)]), [])
      }),
    )
  })
})

describe('memory as the guest sees it', () => {
  const now = 1_800_000_000_000
  const balloon = (told: Partial<BalloonStats>) => ({ ...reading(0).stats, balloon: { ...noBalloon, ...told } })
  const fresh = { availableKib: 1000, usableKib: 400, unusedKib: 100, lastUpdate: now / 1000 - 5 }
  const gives = (
    what: string,
    told: Partial<BalloonStats>,
    used: number | null,
    caches: number | null,
    period: number | null = 10,
  ) =>
    it(`is ${used ?? 'unknown'} KiB, ${caches ?? 'unknown'} with caches, ${what}`, () => {
      const { usedBytes, usedWithCachesBytes } = guestMemory(balloon(told), period, now)
      const kib = (bytes: number | null) => bytes && bytes / 1024
      assert.deepEqual([kib(usedBytes), kib(usedWithCachesBytes)], [used, caches])
    })
  gives('by what is available, usable and unused', fresh, 600, 900)
  gives('on old kernels, which tell of no caches', { ...fresh, usableKib: null }, null, 900)
  gives('when the guest has no driver', { ...fresh, lastUpdate: 0 }, null, null)
  gives('when the last report is of before a crash', { ...fresh, lastUpdate: now / 1000 - 31 }, null, null)
  gives('when reports come rarely', { ...fresh, lastUpdate: now / 1000 - 31 }, 600, 900, 30)
  gives('with the usual period before the XML was read', fresh, 600, 900, null)
  gives('when the report is of the future', { ...fresh, lastUpdate: now / 1000 + 60 }, null, null)
  gives('when the numbers contradict each other', { ...fresh, usableKib: 2000 }, null, 900)
})

describe('CPU of the host', () => {
  const at = (kernel: number, user: number, idle: number, iowait: number) =>
    new Map(Object.entries({ kernel, user, idle, iowait }))
  it('is what was neither idle nor waiting', () => {
    assert.deepEqual(hostRates(at(0, 0, 0, 0), at(10, 20, 60, 10)), { cpuPercent: 30, iowaitPercent: 10 })
  })
  it('is unknown after a restart of the host', () => {
    assert.deepEqual(hostRates(at(5, 5, 5, 5), at(0, 0, 10, 0)), { cpuPercent: null, iowaitPercent: null })
    assert.deepEqual(hostRates(null, at(1, 1, 1, 1)), { cpuPercent: null, iowaitPercent: null })
  })
})
