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
export interface DiskRates {
  device: string
  readBytes: number | null
  writeBytes: number | null
  readOps: number | null
  writeOps: number | null
  /** ms per completed request; null when none was completed. */
  readLatency: number | null
  writeLatency: number | null
}

export interface NicRates {
  device: string
  rxBytes: number | null
  txBytes: number | null
  rxPackets: number | null
  txPackets: number | null
  drops: number | null
  errors: number | null
}

export interface DomainRates {
  cpuPercent: number | null
  stealPercent: number | null
  hostCpuPercent: number | null
  majorFaults: number | null
  swapBytes: number | null
  disks: readonly DiskRates[]
  /** All disks together. */
  disk: Omit<DiskRates, 'device'> & { queue: number | null }
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
  const growth = b.disks.map((disk) => diskGrowth(find(a?.disks, disk.device), disk))
  const swapped = sum([grown(a?.balloon.swapInKib, b.balloon.swapInKib), grown(a?.balloon.swapOutKib, b.balloon.swapOutKib)])
  return {
    ...cpu(a, b, seconds),
    hostCpuPercent: percent(grown(a?.cpuNs, b.cpuNs), seconds * 1e9),
    majorFaults: over(grown(a?.balloon.majorFaults, b.balloon.majorFaults), seconds),
    swapBytes: scaled(over(swapped, seconds), 1024),
    disks: growth.map((grown, i) => ({ device: b.disks[i]?.device ?? '', ...diskRates(grown, seconds) })),
    disk: allDisks(growth, seconds),
  }
}

/** Network interfaces between two readings: they need no answer of QEMU, hence readings of their own. */
export function networkRates(before: Reading | null, now: Reading): NicRates[] {
  const { a, seconds } = interval(before, now)
  return now.stats.nics.map((nic) => nicRates(find(a?.nics, nic.device), nic, (from, to) => over(grown(from, to), seconds)))
}

function cpu(a: DomainStats | null, b: DomainStats, seconds: number): Pick<DomainRates, 'cpuPercent' | 'stealPercent'> {
  const none = { cpuPercent: null, stealPercent: null }
  if (a === null || b.vcpus.length === 0 || a.vcpusCurrent !== b.vcpusCurrent) return none
  if (a.vcpus.length !== b.vcpus.length || a.vcpus.some(({ index }, i) => index !== b.vcpus[i]?.index)) return none
  const allotted = (b.vcpusCurrent ?? b.vcpus.length) * seconds * 1e9
  const total = (field: 'timeNs' | 'delayNs') => every(b.vcpus.map((vcpu, i) => grown(a.vcpus[i]?.[field], vcpu[field])))
  return { cpuPercent: share(total('timeNs'), allotted), stealPercent: share(total('delayNs'), allotted) }
}

interface DiskGrowth {
  readBytes: number | null
  writeBytes: number | null
  readOps: number | null
  writeOps: number | null
  readNs: number | null
  writeNs: number | null
}

function diskGrowth(a: DiskStats | undefined, b: DiskStats): DiskGrowth {
  return {
    readBytes: grown(a?.readBytes, b.readBytes),
    writeBytes: grown(a?.writeBytes, b.writeBytes),
    readOps: grown(a?.readOps, b.readOps),
    writeOps: grown(a?.writeOps, b.writeOps),
    readNs: grown(a?.readNs, b.readNs),
    writeNs: grown(a?.writeNs, b.writeNs),
  }
}

function diskRates(grown: DiskGrowth, seconds: number): Omit<DiskRates, 'device'> {
  return {
    readBytes: over(grown.readBytes, seconds),
    writeBytes: over(grown.writeBytes, seconds),
    readOps: over(grown.readOps, seconds),
    writeOps: over(grown.writeOps, seconds),
    readLatency: latency(grown.readNs, grown.readOps),
    writeLatency: latency(grown.writeNs, grown.writeOps),
  }
}

function allDisks(disks: readonly DiskGrowth[], seconds: number): DomainRates['disk'] {
  const total = (field: keyof DiskGrowth) => sum(disks.map((disk) => disk[field]))
  const readNs = total('readNs')
  const writeNs = total('writeNs')
  return {
    readBytes: over(total('readBytes'), seconds),
    writeBytes: over(total('writeBytes'), seconds),
    readOps: over(total('readOps'), seconds),
    writeOps: over(total('writeOps'), seconds),
    readLatency: latency(readNs, total('readOps')),
    writeLatency: latency(writeNs, total('writeOps')),
    // Time spent in requests per time: the mean number of them in flight.
    queue: over(sum([readNs, writeNs]), seconds * 1e9),
  }
}

type PerSecond = (from: number | null | undefined, to: number | null) => number | null

function nicRates(a: NicStats | undefined, b: NicStats, perSecond: PerSecond): NicRates {
  return {
    device: b.device,
    rxBytes: perSecond(a?.rxBytes, b.rxBytes),
    txBytes: perSecond(a?.txBytes, b.txBytes),
    rxPackets: perSecond(a?.rxPackets, b.rxPackets),
    txPackets: perSecond(a?.txPackets, b.txPackets),
    drops: sum([perSecond(a?.rxDrops, b.rxDrops), perSecond(a?.txDrops, b.txDrops)]),
    errors: sum([perSecond(a?.rxErrors, b.rxErrors), perSecond(a?.txErrors, b.txErrors)]),
  }
}

export interface GuestMemory {
  usedBytes: number | null
  availableBytes: number | null
}

/** Reports older than this many periods are of a guest that crashed or lost its driver; libvirt goes on repeating the last one. */
const stalePeriods = 3

/** Nova's own default, where the XML was not read yet. */
const usualPeriodS = 10

/** Memory as the guest sees it, if it said so lately. `time` is epoch ms on the hypervisor's clock. */
export function guestMemory({ balloon }: DomainStats, periodS: number | null, time: number): GuestMemory {
  const period = periodS ?? usualPeriodS
  const { lastUpdate, availableKib } = balloon
  const fresh = lastUpdate !== null && lastUpdate > 0 && time / 1000 - lastUpdate <= period * stalePeriods
  if (!fresh || availableKib === null) return { usedBytes: null, availableBytes: null }
  // `unused` leaves out caches and so overstates what is used: only where the kernel tells no `usable` (before Linux 3.14).
  const freeKib = balloon.usableKib ?? balloon.unusedKib
  const usedKib = freeKib === null ? null : availableKib - freeKib
  return { usedBytes: usedKib === null || usedKib < 0 ? null : usedKib * 1024, availableBytes: availableKib * 1024 }
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
function sum(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : known.reduce((total, value) => total + value, 0)
}

/** Null as soon as one part is unknown. */
const every = (values: readonly (number | null)[]) => (values.includes(null) ? null : sum(values))

const find = <T extends { device: string }>(list: readonly T[] | undefined, device: string) =>
  list?.find((item) => item.device === device)
