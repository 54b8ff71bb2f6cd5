/** Typed parameters of a bulk reply → statistics of one domain. An allow-list: fields that we do not know never get further. */
import type { DomainRecord, DomainRef, Params, ParamValue } from './procedures.ts'

/** libvirt's virDomainState. */
export const domainStates = {
  running: 1,
  blocked: 2,
  paused: 3,
  shuttingDown: 4,
  shutOff: 5,
  crashed: 6,
  suspended: 7,
} as const

/** Gauges and the guest driver's counters, in libvirt's own unit KiB. null = not told. */
export interface BalloonStats {
  currentKib: number | null
  rssKib: number | null
  unusedKib: number | null
  availableKib: number | null
  usableKib: number | null
  swapInKib: number | null
  swapOutKib: number | null
  majorFaults: number | null
  /** When the guest last answered, Unix seconds; 0 = never. */
  lastUpdate: number | null
}

export interface VcpuStats {
  index: number
  timeNs: number | null
  /** Ready to run but waiting for a CPU of the host. */
  delayNs: number | null
}

/** Seen from the guest: rx is what it received. */
export interface NicStats {
  device: string
  rxBytes: number | null
  rxPackets: number | null
  rxErrors: number | null
  rxDrops: number | null
  txBytes: number | null
  txPackets: number | null
  txErrors: number | null
  txDrops: number | null
}

/** A disk as the guest has it; the layers of its backing chain are left out. */
export interface DiskStats {
  device: string
  readOps: number
  readBytes: number | null
  readNs: number | null
  writeOps: number | null
  writeBytes: number | null
  writeNs: number | null
  flushOps: number | null
  flushNs: number | null
  allocationBytes: number | null
  /** Size of the image file or volume on the host. */
  physicalBytes: number | null
  capacityBytes: number | null
}

export interface DomainStats {
  domain: DomainRef
  state: number | null
  stateReason: number | null
  /** Host CPU of the whole process: vCPUs, emulator, I/O threads. */
  cpuNs: number | null
  balloon: BalloonStats
  vcpusCurrent: number | null
  vcpus: readonly VcpuStats[]
  nics: readonly NicStats[]
  disks: readonly DiskStats[]
  /** False when the daemon left out what only QEMU's monitor knows: the domain was skipped, its missing numbers are not zeros. */
  monitored: boolean
}

/** Has a hypervisor process: it counts CPU, disk and memory. */
export const isActive = ({ domain, state }: DomainStats): boolean =>
  domain.id >= 0 && state !== domainStates.shutOff && state !== domainStates.crashed

type Group = 'vcpu' | 'net' | 'block'

/** What an entry of a group says, by the rest of the field's name: `time`, `rx.bytes` … */
type Entry = Map<string, ParamValue>

/** Indexed entries of one group, by number. Numbers may have gaps (an unplugged vCPU), hence the Map. */
type Entries = Map<number, Entry>

/** More than any guest has; what a hostile daemon adds is not looked at. */
const maxEntries = 4096

/** Sorts out one record of a bulk reply. */
export function domainStats({ domain, params }: DomainRecord): DomainStats {
  const groups = { vcpu: new Map(), net: new Map(), block: new Map() } satisfies Record<string, Entries>
  for (const [field, value] of params) {
    const place = placeOf(field)
    if (place) collect(place, value, groups)
  }
  const number = (field: string) => finite(params, field)
  const balloon: BalloonStats = {
    currentKib: number('balloon.current'),
    rssKib: number('balloon.rss'),
    unusedKib: number('balloon.unused'),
    availableKib: number('balloon.available'),
    usableKib: number('balloon.usable'),
    swapInKib: number('balloon.swap_in'),
    swapOutKib: number('balloon.swap_out'),
    majorFaults: number('balloon.major_fault'),
    lastUpdate: number('balloon.last-update'),
  }
  const disks = inOrder(groups.block).flatMap(([, entry]) => disk(entry))
  return {
    domain,
    state: number('state.state'),
    stateReason: number('state.reason'),
    cpuNs: number('cpu.time'),
    balloon,
    vcpusCurrent: number('vcpu.current'),
    vcpus: inOrder(groups.vcpu).flatMap(([index, entry]) => vcpu(index, entry)),
    nics: inOrder(groups.net).flatMap(([, entry]) => nic(entry)),
    disks,
    monitored: balloon.rssKib !== null || disks.length > 0,
  }
}

/** Where a field belongs: `vcpu.3.time` is `time` of the third vCPU. */
interface Place {
  group: Group
  index: number
  rest: string
}

/**
 * Names repeat with every domain and every poll, and taking them apart costs more than all the rest of a reply: so each is taken
 * apart once. A daemon that goes on inventing names fills no more than this.
 */
const places = new Map<string, Place | null>()
const placesAtMost = 10_000

/** Null for what is of none of the groups (counts, other groups, KVM's own counters with odd numbers). */
function placeOf(field: string): Place | null {
  const known = places.get(field)
  if (known !== undefined) return known
  const place = takenApart(field)
  if (places.size < placesAtMost) places.set(field, place)
  return place
}

function takenApart(field: string): Place | null {
  const [, group, number, rest] = /^(vcpu|net|block)\.(0|[1-9]\d{0,14})\.(.*)$/s.exec(field) ?? []
  return group === undefined || rest === undefined ? null : { group: group as Group, index: Number(number), rest }
}

function collect({ group, index, rest }: Place, value: ParamValue, groups: Record<Group, Entries>): void {
  let entry = groups[group].get(index)
  if (!entry) {
    if (groups[group].size >= maxEntries) return
    entry = new Map()
    groups[group].set(index, entry)
  }
  entry.set(rest, value)
}

const inOrder = (entries: Entries) => [...entries].sort(([a], [b]) => a - b)

function finite(params: Params, field: string): number | null {
  const value = params.get(field)
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

function text(params: Params, field: string): string | null {
  const value = params.get(field)
  return typeof value === 'string' && value !== '' ? value : null
}

function vcpu(index: number, entry: Entry): VcpuStats[] {
  const timeNs = finite(entry, 'time')
  const delayNs = finite(entry, 'delay')
  return timeNs === null && delayNs === null ? [] : [{ index, timeNs, delayNs }]
}

function nic(entry: Entry): NicStats[] {
  const device = text(entry, 'name')
  if (device === null) return []
  const number = (name: string) => finite(entry, name)
  return [
    {
      device,
      rxBytes: number('rx.bytes'),
      rxPackets: number('rx.pkts'),
      rxErrors: number('rx.errs'),
      rxDrops: number('rx.drop'),
      txBytes: number('tx.bytes'),
      txPackets: number('tx.pkts'),
      txErrors: number('tx.errs'),
      txDrops: number('tx.drop'),
    },
  ]
}

function disk(entry: Entry): DiskStats[] {
  const device = text(entry, 'name')
  const number = (name: string) => finite(entry, name)
  const readOps = number('rd.reqs')
  // Only what the guest reads from counts requests; backing layers repeat the name, empty drives have no counters.
  if (device === null || readOps === null) return []
  return [
    {
      device,
      readOps,
      readBytes: number('rd.bytes'),
      readNs: number('rd.times'),
      writeOps: number('wr.reqs'),
      writeBytes: number('wr.bytes'),
      writeNs: number('wr.times'),
      flushOps: number('fl.reqs'),
      flushNs: number('fl.times'),
      allocationBytes: number('allocation'),
      physicalBytes: number('physical'),
      capacityBytes: number('capacity'),
    },
  ]
}
