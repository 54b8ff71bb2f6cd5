/** Readings and rates → samples, with the names of model/measurements.ts. A number that is not known is left out. */
import type { MeasurementName, measurements } from '../../model/measurements.ts'
import type { Sample, Tags } from '../../model/sample.ts'
import type { GuestFacts } from './guest-facts.ts'
import type { MigrationProgress } from './migration-progress.ts'
import type { NodeStats } from './procedures.ts'
import { finding, type Silence } from './quarantine.ts'
import {
  type DiskTraffic,
  type DomainRates,
  domainRates,
  guestMemory,
  type HostRates,
  type NicTraffic,
  networkRates,
  type Reading,
} from './rates.ts'
import type { DiskStats } from './stats.ts'

/** Ids, as the metadata or the inventory tell them; undefined where nobody did. */
export interface InstanceTags {
  project?: string | undefined
  user?: string | undefined
  flavor?: string | undefined
}

export interface InstanceContext {
  host: string
  tags: InstanceTags
  /** From the domain's XML; null = not read yet. */
  balloonPeriodS: number | null
}

type Fields<M extends MeasurementName> = { [F in keyof (typeof measurements)[M]['fields']]?: number | null }

/** The two readings of a poll, each with the one before it: what the kernel tells, and what QEMU itself had to answer. */
export interface InstanceReadings {
  state: number | null
  /** null = this driver has no monitor that could be silent. `now`: epoch ms. */
  silence: { of: Silence | null; now: number } | null
  network: { before: Reading | null; now: Reading }
  /** null = QEMU did not answer. */
  monitor: { before: Reading | null; now: Reading } | null
}

/** Everything of one instance from one poll. */
export function instanceSamples({ state, silence, network, monitor }: InstanceReadings, context: InstanceContext): Sample[] {
  const { domain } = network.now.stats
  const at = { time: (monitor ?? network).now.time, host: context.host, project: context.tags.project, instance: domain.uuid }
  const { nics, network: all } = networkRates(network.before, network.now)
  const rates = monitor && domainRates(monitor.before, monitor.now)
  const vcpus = rates && rates.vcpus.length > 1 ? rates.vcpus : []
  const disks = rates?.disks ?? []
  return [
    sample(
      'instance',
      { ...at, ...context.tags },
      { state },
      silenceFields(silence, domain.id, monitor !== null),
      monitor && rates ? monitorFields(monitor.now, rates, context.balloonPeriodS) : {},
      networkFields(all),
    ),
    ...vcpus.map(({ index, cpuPercent, stealPercent }) =>
      sample('instance_vcpu', { ...at, device: `vcpu${index}` }, { cpu_percent: cpuPercent, steal_percent: stealPercent }),
    ),
    ...disks.map((disk, i) =>
      sample('instance_disk', { ...at, device: disk.device }, diskFields(disk, monitor?.now.stats.disks[i])),
    ),
    ...nics.map((nic) => sample('instance_nic', { ...at, device: nic.device }, nicFields(nic))),
  ].filter(({ fields }) => Object.keys(fields).length > 0)
}

/** How far an instance has come on its way to another host. */
export function migrationSample(
  uuid: string,
  progress: MigrationProgress,
  time: number,
  { host, tags }: InstanceContext,
): Sample {
  const { totalBytes, remainingBytes, elapsedMs } = progress
  const known = totalBytes !== null && totalBytes > 0 && remainingBytes !== null
  return sample(
    'instance_migration',
    { time, host, instance: uuid, project: tags.project },
    {
      progress_percent: known ? Math.max(0, Math.min(100, (1 - remainingBytes / totalBytes) * 100)) : null,
      total_bytes: totalBytes,
      remaining_bytes: remainingBytes,
      processed_bytes: progress.processedBytes,
      throughput: progress.throughput,
      dirty_rate: progress.dirtyRate,
      downtime: progress.downtimeMs,
      iteration: progress.iteration,
      throttle_percent: progress.throttlePercent,
      elapsed: elapsedMs === null ? null : elapsedMs / 1000,
    },
  )
}

/** What a guest's agent tells of its file systems. */
export const filesystemSamples = (
  uuid: string,
  { filesystems }: GuestFacts,
  time: number,
  { host, tags }: InstanceContext,
): Sample[] =>
  filesystems.map(({ mountpoint, totalBytes, usedBytes }) =>
    sample(
      'instance_filesystem',
      { time, host, instance: uuid, project: tags.project, device: mountpoint },
      { total_bytes: totalBytes, used_bytes: usedBytes, used_percent: (usedBytes / totalBytes) * 100 },
    ),
  )

/** Only the state: of an instance that does not run, or whose state just changed. */
export function stateSample(uuid: string, state: number, time: number, context: InstanceContext): Sample {
  return sample('instance', { time, host: context.host, instance: uuid, ...context.tags }, { state })
}

/** Zero when QEMU answers, nothing when it was not asked. */
function silenceFields(silence: InstanceReadings['silence'], domainId: number, answered: boolean): Fields<'instance'> {
  if (silence === null) return {}
  const kind = finding(silence.of, domainId)
  if (kind === null) return answered ? { qemu_silent_seconds: 0, qemu_locked_seconds: 0 } : {}
  const seconds = Math.max(0, silence.now - (silence.of?.since ?? silence.now)) / 1000
  return { qemu_silent_seconds: kind === 'hangs' ? seconds : 0, qemu_locked_seconds: kind === 'locked' ? seconds : 0 }
}

function networkFields(all: NicTraffic): Fields<'instance'> {
  return {
    net_rx_bytes: all.rxBytes,
    net_tx_bytes: all.txBytes,
    net_rx_packets: all.rxPackets,
    net_tx_packets: all.txPackets,
    net_drops: total([all.rxDrops, all.txDrops]),
    net_errors: total([all.rxErrors, all.txErrors]),
    net_loss_percent: all.lossPercent,
  }
}

function monitorFields({ stats, time }: Reading, rates: DomainRates, balloonPeriodS: number | null): Fields<'instance'> {
  const memory = guestMemory(stats, balloonPeriodS, time)
  // The guest's own counters stand still when it stopped reporting: then they tell nothing.
  const fresh = memory.availableBytes !== null
  return {
    vcpus: stats.vcpusCurrent,
    cpu_percent: rates.cpuPercent,
    steal_percent: rates.stealPercent,
    host_cpu_percent: rates.hostCpuPercent,
    memory_current_bytes: kib(stats.balloon.currentKib),
    memory_used_bytes: memory.usedBytes,
    memory_used_caches_bytes: memory.usedWithCachesBytes,
    memory_available_bytes: memory.availableBytes,
    memory_rss_bytes: kib(stats.balloon.rssKib),
    major_faults: fresh ? rates.majorFaults : null,
    swap_bytes: fresh ? rates.swapBytes : null,
    disk_read_bytes: rates.disk.readBytes,
    disk_write_bytes: rates.disk.writeBytes,
    disk_read_ops: rates.disk.readOps,
    disk_write_ops: rates.disk.writeOps,
    disk_read_latency: rates.disk.readLatency,
    disk_write_latency: rates.disk.writeLatency,
    disk_flush_ops: rates.disk.flushOps,
    disk_flush_latency: rates.disk.flushLatency,
    disk_queue: rates.disk.queue,
    disk_physical_bytes: total(stats.disks.map(({ physicalBytes }) => physicalBytes)),
    disk_allocated_bytes: total(stats.disks.map(({ allocationBytes }) => allocationBytes)),
    disk_capacity_bytes: total(stats.disks.map(({ capacityBytes }) => capacityBytes)),
  }
}

function diskFields(rates: DiskTraffic, stats: DiskStats | undefined): Fields<'instance_disk'> {
  return {
    read_bytes: rates.readBytes,
    write_bytes: rates.writeBytes,
    read_ops: rates.readOps,
    write_ops: rates.writeOps,
    read_latency: rates.readLatency,
    write_latency: rates.writeLatency,
    flush_ops: rates.flushOps,
    flush_latency: rates.flushLatency,
    queue: rates.queue,
    physical_bytes: stats?.physicalBytes ?? null,
    allocated_bytes: stats?.allocationBytes ?? null,
    capacity_bytes: stats?.capacityBytes ?? null,
  }
}

function nicFields(rates: NicTraffic): Fields<'instance_nic'> {
  return {
    rx_bytes: rates.rxBytes,
    tx_bytes: rates.txBytes,
    rx_packets: rates.rxPackets,
    tx_packets: rates.txPackets,
    drops: total([rates.rxDrops, rates.txDrops]),
    rx_drops: rates.rxDrops,
    tx_drops: rates.txDrops,
    errors: total([rates.rxErrors, rates.txErrors]),
    rx_errors: rates.rxErrors,
    tx_errors: rates.txErrors,
    loss_percent: rates.lossPercent,
  }
}

export interface HostReading {
  host: string
  time: number
  cpus: number | null
  rates: HostRates
  /** KiB: total, free, buffers, cached; null where the driver does not tell. */
  memory: NodeStats | null
  instances: number
  running: number
}

/** The physical machine. */
export function hostSample({ host, time, cpus, rates, memory, instances, running }: HostReading): Sample {
  const totalKib = memory?.get('total') ?? null
  const parts = ['free', 'buffers', 'cached'].map((name) => memory?.get(name) ?? null)
  const idleKib = parts[0] === null ? null : total(parts)
  return sample(
    'hypervisor',
    { time, host },
    {
      cpus,
      cpu_percent: rates.cpuPercent,
      iowait_percent: rates.iowaitPercent,
      memory_total_bytes: kib(totalKib),
      memory_used_bytes: totalKib === null || idleKib === null ? null : kib(Math.max(0, totalKib - idleKib)),
      instances,
      instances_running: running,
    },
  )
}

/** Series are named by ids; a tag that is not known is absent, so that it can never be mistaken for a value. */
function sample<M extends MeasurementName>(
  measurement: M,
  { time, ...named }: { time: number } & Record<string, string | undefined | number>,
  ...parts: readonly Fields<M>[]
): Sample {
  // `for in`, because these are literals of ours and the tenth of a poll's time went into Object.entries.
  const tags: Record<string, string> = {}
  for (const tag in named) {
    const value = named[tag]
    if (typeof value === 'string' && value !== '') tags[tag] = value
  }
  // Parts, because a poll's time went into copying them together first.
  const known: Record<string, number> = {}
  for (const fields of parts as readonly Readonly<Record<string, number | null | undefined>>[])
    for (const field in fields) {
      const value = fields[field]
      if (value !== null && value !== undefined) known[field] = value
    }
  return { measurement, tags: tags satisfies Tags, fields: known, time }
}

const kib = (value: number | null) => (value === null ? null : value * 1024)

function total(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0)
}
