/**
 * Counters → rates. A rate needs two readings of the same counter: same hypervisor connection's host, same instance, same
 * domain id (a new one at each start, rebuild and migration), same device name. Where any of that changed, or a counter went
 * down, there is no rate for the interval: never a negative one, and never the counter's own value.
 */

import type { NodeStats } from './procedures.ts'
import type { DiskStats, DomainStats, NicStats } from './stats.ts'

/** One domain at one instant. */
export interface Reading {
  stats: DomainStats
  /** When the reply came, on the collector's monotonic clock, ms: the machine's own clock may jump between two readings. */
  at: number
  /** The same instant as epoch ms. */
  time: number
}

/** null = no data, which is not zero. */
export interface DiskTraffic {
  readBytes: number | null
  writeBytes: number | null
  readOps: number | null
  writeOps: number | null
  flushOps: number | null
  /** ms per completed request; null when none was completed. */
  readLatency: number | null
  writeLatency: number | null
  flushLatency: number | null
  /** Mean number of reads and writes in flight. */
  queue: number | null
}

export interface NicTraffic {
  rxBytes: number | null
  txBytes: number | null
  rxPackets: number | null
  txPackets: number | null
  rxDrops: number | null
  txDrops: number | null
  rxErrors: number | null
  txErrors: number | null
  /** Dropped, of all that came or went; null when nothing did. */
  lossPercent: number | null
}

export interface VcpuRates {
  index: number
  cpuPercent: number | null
  stealPercent: number | null
}

export interface DomainRates {
  cpuPercent: number | null
  stealPercent: number | null
  hostCpuPercent: number | null
  majorFaults: number | null
  swapBytes: number | null
  vcpus: readonly VcpuRates[]
  disks: readonly (DiskTraffic & { device: string })[]
  /** All disks together. */
  disk: DiskTraffic
}

export interface NetworkRates {
  nics: readonly (NicTraffic & { device: string })[]
  /** All interfaces together. */
  network: NicTraffic
}

/** CPU time is kept in steps of 10 ms: below half a second the steps are larger than what they measure. */
const shortestIntervalMs = 500

/** Two readings may only be subtracted when they are of one life of one instance, in order, and not too close. */
function interval(before: Reading | null, now: Reading): { a: DomainStats | null; seconds: number } {
  const ms = before === null ? 0 : now.at - before.at
  const comparable =
    before !== null &&
    ms >= shortestIntervalMs &&
    before.stats.domain.uuid === now.stats.domain.uuid &&
    before.stats.domain.id === now.stats.domain.id
  return { a: comparable ? before.stats : null, seconds: ms / 1000 }
}

/** CPU, guest memory traffic and disks between two readings; null wherever the two do not belong together. */
export function domainRates(before: Reading | null, now: Reading): DomainRates {
  const { a, seconds } = interval(before, now)
  const b = now.stats
  const total = noDiskGrowth()
  const disks = b.disks.map((disk, i) => {
    const growth = diskGrowth(find(a?.disks, disk.device, i), disk)
    addDisk(total, growth)
    return { device: disk.device, ...diskTraffic(growth, seconds) }
  })
  const { cpuPercent, stealPercent, vcpus } = cpu(a, b, seconds)
  const { majorFaults, swapBytes } = guestTraffic(a, b)
  const hostCpuPercent = percent(grown(a?.cpuNs, b.cpuNs), seconds * 1e9)
  return { cpuPercent, stealPercent, vcpus, majorFaults, swapBytes, hostCpuPercent, disks, disk: diskTraffic(total, seconds) }
}

/** Network interfaces between two readings: they need no answer of QEMU, hence readings of their own. */
export function networkRates(before: Reading | null, now: Reading): NetworkRates {
  const { a, seconds } = interval(before, now)
  const total = noNicGrowth()
  const nics = now.stats.nics.map((nic, i) => {
    const growth = nicGrowth(find(a?.nics, nic.device, i), nic)
    addNic(total, growth)
    return { device: nic.device, ...nicTraffic(growth, seconds) }
  })
  return { nics, network: nicTraffic(total, seconds) }
}

function cpu(a: DomainStats | null, b: DomainStats, seconds: number): Pick<DomainRates, 'cpuPercent' | 'stealPercent' | 'vcpus'> {
  // 0 as long as all are known, null from the first that is not
  let time: number | null = 0
  let delay: number | null = 0
  const vcpus = b.vcpus.map(({ index, timeNs, delayNs }, i) => {
    const there = a?.vcpus[i]
    const before = there?.index === index ? there : a?.vcpus.find((vcpu) => vcpu.index === index)
    const ran = grown(before?.timeNs, timeNs)
    const waited = grown(before?.delayNs, delayNs)
    time = time === null || ran === null ? null : time + ran
    delay = delay === null || waited === null ? null : delay + waited
    return { index, cpuPercent: share(ran, seconds * 1e9), stealPercent: share(waited, seconds * 1e9) }
  })
  // A vCPU that came or went in between was allotted for a part of the time only.
  const same = a !== null && vcpus.length > 0 && a.vcpusCurrent === b.vcpusCurrent && a.vcpus.length === b.vcpus.length
  if (!same) return { cpuPercent: null, stealPercent: null, vcpus }
  const allotted = (b.vcpusCurrent ?? vcpus.length) * seconds * 1e9
  return { cpuPercent: share(time, allotted), stealPercent: share(delay, allotted), vcpus }
}

/** What the guest told between two of its own reports: those come when it likes, and not when we look. */
function guestTraffic(a: DomainStats | null, b: DomainStats): Pick<DomainRates, 'majorFaults' | 'swapBytes'> {
  const seconds = grown(a?.balloon.lastUpdate, b.balloon.lastUpdate) ?? 0
  const swapped = plus(grown(a?.balloon.swapInKib, b.balloon.swapInKib), grown(a?.balloon.swapOutKib, b.balloon.swapOutKib))
  return {
    majorFaults: over(grown(a?.balloon.majorFaults, b.balloon.majorFaults), seconds),
    swapBytes: scaled(over(swapped, seconds), 1024),
  }
}

/**
 * How far each counter of a device has gone on; null where it is another device, or began anew. Counter by counter in so many
 * words: this is done for each device of each poll, and the same in a loop over names took three times as long.
 */
type DiskGrowth = Record<
  'readBytes' | 'writeBytes' | 'readOps' | 'writeOps' | 'flushOps' | 'readNs' | 'writeNs' | 'flushNs',
  number | null
>

const diskGrowth = (a: DiskStats | undefined, b: DiskStats): DiskGrowth => ({
  readBytes: grown(a?.readBytes, b.readBytes),
  writeBytes: grown(a?.writeBytes, b.writeBytes),
  readOps: grown(a?.readOps, b.readOps),
  writeOps: grown(a?.writeOps, b.writeOps),
  flushOps: grown(a?.flushOps, b.flushOps),
  readNs: grown(a?.readNs, b.readNs),
  writeNs: grown(a?.writeNs, b.writeNs),
  flushNs: grown(a?.flushNs, b.flushNs),
})

const noDiskGrowth = (): DiskGrowth => ({
  readBytes: null,
  writeBytes: null,
  readOps: null,
  writeOps: null,
  flushOps: null,
  readNs: null,
  writeNs: null,
  flushNs: null,
})

function addDisk(total: DiskGrowth, one: DiskGrowth): void {
  total.readBytes = plus(total.readBytes, one.readBytes)
  total.writeBytes = plus(total.writeBytes, one.writeBytes)
  total.readOps = plus(total.readOps, one.readOps)
  total.writeOps = plus(total.writeOps, one.writeOps)
  total.flushOps = plus(total.flushOps, one.flushOps)
  total.readNs = plus(total.readNs, one.readNs)
  total.writeNs = plus(total.writeNs, one.writeNs)
  total.flushNs = plus(total.flushNs, one.flushNs)
}

type NicGrowth = Record<
  'rxBytes' | 'txBytes' | 'rxPackets' | 'txPackets' | 'rxDrops' | 'txDrops' | 'rxErrors' | 'txErrors',
  number | null
>

const nicGrowth = (a: NicStats | undefined, b: NicStats): NicGrowth => ({
  rxBytes: grown(a?.rxBytes, b.rxBytes),
  txBytes: grown(a?.txBytes, b.txBytes),
  rxPackets: grown(a?.rxPackets, b.rxPackets),
  txPackets: grown(a?.txPackets, b.txPackets),
  rxDrops: grown(a?.rxDrops, b.rxDrops),
  txDrops: grown(a?.txDrops, b.txDrops),
  rxErrors: grown(a?.rxErrors, b.rxErrors),
  txErrors: grown(a?.txErrors, b.txErrors),
})

const noNicGrowth = (): NicGrowth => ({
  rxBytes: null,
  txBytes: null,
  rxPackets: null,
  txPackets: null,
  rxDrops: null,
  txDrops: null,
  rxErrors: null,
  txErrors: null,
})

function addNic(total: NicGrowth, one: NicGrowth): void {
  total.rxBytes = plus(total.rxBytes, one.rxBytes)
  total.txBytes = plus(total.txBytes, one.txBytes)
  total.rxPackets = plus(total.rxPackets, one.rxPackets)
  total.txPackets = plus(total.txPackets, one.txPackets)
  total.rxDrops = plus(total.rxDrops, one.rxDrops)
  total.txDrops = plus(total.txDrops, one.txDrops)
  total.rxErrors = plus(total.rxErrors, one.rxErrors)
  total.txErrors = plus(total.txErrors, one.txErrors)
}

function diskTraffic(grown: DiskGrowth, seconds: number): DiskTraffic {
  return {
    readBytes: over(grown.readBytes, seconds),
    writeBytes: over(grown.writeBytes, seconds),
    readOps: over(grown.readOps, seconds),
    writeOps: over(grown.writeOps, seconds),
    flushOps: over(grown.flushOps, seconds),
    readLatency: latency(grown.readNs, grown.readOps),
    writeLatency: latency(grown.writeNs, grown.writeOps),
    flushLatency: latency(grown.flushNs, grown.flushOps),
    // Time spent in requests per time: the mean number of them in flight.
    queue: over(plus(grown.readNs, grown.writeNs), seconds * 1e9),
  }
}

function nicTraffic(grown: NicGrowth, seconds: number): NicTraffic {
  const dropped = plus(grown.rxDrops, grown.txDrops)
  return {
    rxBytes: over(grown.rxBytes, seconds),
    txBytes: over(grown.txBytes, seconds),
    rxPackets: over(grown.rxPackets, seconds),
    txPackets: over(grown.txPackets, seconds),
    rxDrops: over(grown.rxDrops, seconds),
    txDrops: over(grown.txDrops, seconds),
    rxErrors: over(grown.rxErrors, seconds),
    txErrors: over(grown.txErrors, seconds),
    lossPercent: share(dropped, plus(dropped, plus(grown.rxPackets, grown.txPackets)) ?? 0),
  }
}

export interface GuestMemory {
  /** What applications hold: caches can be had back at any time. null on kernels before 3.14, which do not tell. */
  usedBytes: number | null
  /** The same with caches. */
  usedWithCachesBytes: number | null
  availableBytes: number | null
}

/** Reports older than this many periods are of a guest that crashed or lost its driver; libvirt goes on repeating the last one. */
const stalePeriods = 3

/** Nova's own default, where the XML was not read yet. */
const usualPeriodS = 10

/**
 * Memory as the guest sees it, if it said so lately. `time` is epoch ms; the guest's report has the hypervisor's wall clock, so
 * one that lies ahead of ours by more than a period tells of clocks that disagree, and of nothing else.
 */
export function guestMemory({ balloon }: DomainStats, periodS: number | null, time: number): GuestMemory {
  const period = periodS ?? usualPeriodS
  const { lastUpdate, availableKib } = balloon
  const age = lastUpdate === null || lastUpdate <= 0 ? Number.POSITIVE_INFINITY : time / 1000 - lastUpdate
  if (age > period * stalePeriods || age < -period || availableKib === null)
    return { usedBytes: null, usedWithCachesBytes: null, availableBytes: null }
  const without = (freeKib: number | null) =>
    freeKib === null || freeKib > availableKib ? null : (availableKib - freeKib) * 1024
  return {
    usedBytes: without(balloon.usableKib),
    usedWithCachesBytes: without(balloon.unusedKib),
    availableBytes: availableKib * 1024,
  }
}

export interface HostRates {
  cpuPercent: number | null
  iowaitPercent: number | null
}

/** Host CPU between two readings of NODE_GET_CPU_STATS, in percent of all CPUs. */
export function hostRates(before: NodeStats | null, now: NodeStats): HostRates {
  const delta = (field: string) => (now.has(field) ? grown(before?.get(field), now.get(field) ?? null) : 0)
  const parts = {
    kernel: delta('kernel'),
    user: delta('user'),
    intr: delta('intr'),
    idle: delta('idle'),
    iowait: delta('iowait'),
  }
  const total = every(Object.values(parts))
  const busy = every([parts.kernel, parts.user, parts.intr])
  if (total === null || total === 0) return { cpuPercent: null, iowaitPercent: null }
  return { cpuPercent: share(busy, total), iowaitPercent: share(parts.iowait, total) }
}

// ---------------------------------------------------------------------------------------------- arithmetic with "no data"

function grown(from: number | null | undefined, to: number | null): number | null {
  return from === null || from === undefined || to === null || to < from ? null : to - from
}

const over = (amount: number | null, time: number) => (amount === null || time <= 0 ? null : amount / time)
const scaled = (value: number | null, factor: number) => (value === null ? null : value * factor)
const percent = (amount: number | null, whole: number) => scaled(over(amount, whole), 100)

/** A part of a whole: more than all of it can only come from the moments at which the two were read. */
function share(amount: number | null, whole: number): number | null {
  const value = percent(amount, whole)
  return value === null ? null : Math.min(100, value)
}

const latency = (ns: number | null, requests: number | null) =>
  ns === null || requests === null || requests === 0 ? null : ns / requests / 1e6

/** Of what is known; null when nothing is. */
const plus = (a: number | null, b: number | null) => (a === null ? b : b === null ? a : a + b)

/** Null as soon as one part is unknown. */
const every = (values: readonly (number | null)[]) =>
  values.reduce((total, value) => (total === null || value === null ? null : total + value), 0 as number | null)

/** A device keeps its place from reading to reading, unless one before it was unplugged. */
function find<T extends { device: string }>(list: readonly T[] | undefined, device: string, place: number): T | undefined {
  const there = list?.[place]
  return there?.device === device ? there : list?.find((item) => item.device === device)
}
