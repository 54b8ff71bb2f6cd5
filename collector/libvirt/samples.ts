/** Readings and rates → samples, with the names of model/measurements.ts. A number that is not known is left out. */
import type { MeasurementName, measurements } from '../../model/measurements.ts'
import type { Sample, Tags } from '../../model/sample.ts'
import type { NodeStats } from './procedures.ts'
import { type DomainRates, domainRates, type GuestMemory, guestMemory, type HostRates, type Reading } from './rates.ts'
import type { DiskStats, DomainStats } from './stats.ts'

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

/** Everything of one instance from its monitor reading. */
export function instanceSamples(before: Reading | null, now: Reading, context: InstanceContext): Sample[] {
  const rates = domainRates(before, now)
  const memory = guestMemory(now.stats, context.balloonPeriodS, now.time)
  const uuid = now.stats.domain.uuid
  const at = { time: now.time, host: context.host, project: context.tags.project, instance: uuid }
  return [
    sample('instance', { ...at, ...context.tags }, instanceFields(now.stats, rates, memory)),
    ...rates.disks.map((disk, i) =>
      sample('instance_disk', { ...at, device: disk.device }, diskFields(disk, now.stats.disks[i])),
    ),
    ...rates.nics.map((nic) => sample('instance_nic', { ...at, device: nic.device }, nicFields(nic))),
  ].filter(({ fields }) => Object.keys(fields).length > 0)
}

/** What is known of an instance that does not run, or whose state just changed. */
export function stateSample(stats: DomainStats, time: number, context: InstanceContext): Sample {
  const { uuid } = stats.domain
  return sample('instance', { time, host: context.host, instance: uuid, ...context.tags }, { state: stats.state })
}

function instanceFields(stats: DomainStats, rates: DomainRates, memory: GuestMemory): Fields<'instance'> {
  const fresh = memory.availableBytes !== null
  return {
    state: stats.state,
    vcpus: stats.vcpusCurrent,
    cpu_percent: rates.cpuPercent,
    steal_percent: rates.stealPercent,
    host_cpu_percent: rates.hostCpuPercent,
    memory_current_bytes: kib(stats.balloon.currentKib),
    memory_used_bytes: memory.usedBytes,
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
    disk_queue: rates.disk.queue,
    disk_allocated_bytes: total(stats.disks.map(({ allocationBytes }) => allocationBytes)),
    disk_capacity_bytes: total(stats.disks.map(({ capacityBytes }) => capacityBytes)),
    net_rx_bytes: total(rates.nics.map(({ rxBytes }) => rxBytes)),
    net_tx_bytes: total(rates.nics.map(({ txBytes }) => txBytes)),
    net_rx_packets: total(rates.nics.map(({ rxPackets }) => rxPackets)),
    net_tx_packets: total(rates.nics.map(({ txPackets }) => txPackets)),
    net_drops: total(rates.nics.map(({ drops }) => drops)),
  }
}

function diskFields(rates: DomainRates['disks'][number], stats: DiskStats | undefined): Fields<'instance_disk'> {
  return {
    read_bytes: rates.readBytes,
    write_bytes: rates.writeBytes,
    read_ops: rates.readOps,
    write_ops: rates.writeOps,
    read_latency: rates.readLatency,
    write_latency: rates.writeLatency,
    allocated_bytes: stats?.allocationBytes ?? null,
    capacity_bytes: stats?.capacityBytes ?? null,
  }
}

function nicFields(rates: DomainRates['nics'][number]): Fields<'instance_nic'> {
  return {
    rx_bytes: rates.rxBytes,
    tx_bytes: rates.txBytes,
    rx_packets: rates.rxPackets,
    tx_packets: rates.txPackets,
    drops: rates.drops,
    errors: rates.errors,
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
  fields: Fields<M>,
): Sample {
  const tags: Record<string, string> = {}
  for (const [tag, value] of Object.entries(named)) if (typeof value === 'string' && value !== '') tags[tag] = value
  const known: Record<string, number> = {}
  for (const [field, value] of Object.entries<number | null | undefined>(fields as Record<string, number | null | undefined>))
    if (value !== null && value !== undefined) known[field] = value
  return { measurement, tags: tags satisfies Tags, fields: known, time }
}

const kib = (value: number | null) => (value === null ? null : value * 1024)

function total(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0)
}
