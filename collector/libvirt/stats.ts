/** Typed parameters of a bulk reply → statistics of one domain. An allow-list: fields that we do not know never get further. */
import {
  allDomainStats,
  type DomainRecord,
  type DomainRef,
  maxDomains,
  type ParamValue,
  type Procedure,
  paramCount,
  readDomain,
  readParamName,
  readParamValue,
  type StatsQuery,
} from './procedures.ts'
import type { XdrReader } from './xdr.ts'

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
type Value = number | string | null

/** What is told of one vCPU, interface or disk so far, by the names of the interfaces above. */
type Entry = Record<string, Value>

/** A domain's statistics as they come in. Entries by number, which may have gaps (an unplugged vCPU), hence the Maps. */
interface Draft extends Pick<DomainStats, 'state' | 'stateReason' | 'cpuNs' | 'vcpusCurrent'> {
  balloon: BalloonStats
  vcpu: Map<number, Entry>
  net: Map<number, Entry>
  block: Map<number, Entry>
  /** The entry of the field before: an entry's fields come one after the other. */
  last: { group: Group; index: number; entry: Entry | null }
}

/** More than any guest has; what a hostile daemon adds is not looked at. */
const maxEntries = 4096

/** Sorts out one record of a bulk reply, or what stands for one. */
export function domainStats({ domain, params }: DomainRecord): DomainStats {
  const draft = newDraft()
  for (const [field, value] of params) put(draft, field, value)
  return statsOf(domain, draft)
}

/** Reads one record of a bulk reply straight into statistics: most of what a poll costs is here. */
function readDomainStats(from: XdrReader): DomainStats {
  const domain = readDomain(from)
  const draft = newDraft()
  const count = paramCount(from)
  for (let i = 0; i < count; i++) put(draft, readParamName(from), readParamValue(from))
  return statsOf(domain, draft)
}

/** GET_ALL_DOMAIN_STATS with its answer sorted out. */
export const bulkStats: Procedure<StatsQuery, DomainStats[]> = {
  ...allDomainStats,
  decode: (from) => from.list(28, maxDomains, () => readDomainStats(from)),
}

const newDraft = (): Draft => ({
  state: null,
  stateReason: null,
  cpuNs: null,
  vcpusCurrent: null,
  balloon: {
    currentKib: null,
    rssKib: null,
    unusedKib: null,
    availableKib: null,
    usableKib: null,
    swapInKib: null,
    swapOutKib: null,
    majorFaults: null,
    lastUpdate: null,
  },
  vcpu: new Map(),
  net: new Map(),
  block: new Map(),
  last: { group: 'vcpu', index: -1, entry: null },
})

function statsOf(domain: DomainRef, { vcpu, net, block, last: _last, ...told }: Draft): DomainStats {
  const disks = inOrder(block).filter(isGuestDisk)
  return {
    domain,
    ...told,
    vcpus: inOrder(vcpu).filter(({ timeNs, delayNs }) => timeNs !== null || delayNs !== null) as unknown as VcpuStats[],
    nics: inOrder(net).filter(({ device }) => device !== null) as unknown as NicStats[],
    disks: disks as unknown as DiskStats[],
    monitored: told.balloon.rssKib !== null || disks.length > 0,
  }
}

/** Only what the guest reads from counts requests; backing layers repeat the name, empty drives have no counters. */
const isGuestDisk = ({ device, readOps }: Entry) => device !== null && readOps !== null

const newEntry: Record<Group, (index: number) => Entry> = {
  vcpu: (index) => ({ index, timeNs: null, delayNs: null }),
  net: () => ({
    device: null,
    rxBytes: null,
    rxPackets: null,
    rxErrors: null,
    rxDrops: null,
    txBytes: null,
    txPackets: null,
    txErrors: null,
    txDrops: null,
  }),
  block: () => ({
    device: null,
    readOps: null,
    readBytes: null,
    readNs: null,
    writeOps: null,
    writeBytes: null,
    writeNs: null,
    flushOps: null,
    flushNs: null,
    allocationBytes: null,
    physicalBytes: null,
    capacityBytes: null,
  }),
}

/** libvirt's names → ours. */
const domainFields = new Map([
  ['state.state', 'state'],
  ['state.reason', 'stateReason'],
  ['cpu.time', 'cpuNs'],
  ['vcpu.current', 'vcpusCurrent'],
])
const balloonFields = new Map([
  ['balloon.current', 'currentKib'],
  ['balloon.rss', 'rssKib'],
  ['balloon.unused', 'unusedKib'],
  ['balloon.available', 'availableKib'],
  ['balloon.usable', 'usableKib'],
  ['balloon.swap_in', 'swapInKib'],
  ['balloon.swap_out', 'swapOutKib'],
  ['balloon.major_fault', 'majorFaults'],
  ['balloon.last-update', 'lastUpdate'],
])
const entryFields: Record<Group, ReadonlyMap<string, string>> = {
  vcpu: new Map([
    ['time', 'timeNs'],
    ['delay', 'delayNs'],
  ]),
  net: new Map([
    ['name', 'device'],
    ['rx.bytes', 'rxBytes'],
    ['rx.pkts', 'rxPackets'],
    ['rx.errs', 'rxErrors'],
    ['rx.drop', 'rxDrops'],
    ['tx.bytes', 'txBytes'],
    ['tx.pkts', 'txPackets'],
    ['tx.errs', 'txErrors'],
    ['tx.drop', 'txDrops'],
  ]),
  block: new Map([
    ['name', 'device'],
    ['rd.reqs', 'readOps'],
    ['rd.bytes', 'readBytes'],
    ['rd.times', 'readNs'],
    ['wr.reqs', 'writeOps'],
    ['wr.bytes', 'writeBytes'],
    ['wr.times', 'writeNs'],
    ['fl.reqs', 'flushOps'],
    ['fl.times', 'flushNs'],
    ['allocation', 'allocationBytes'],
    ['physical', 'physicalBytes'],
    ['capacity', 'capacityBytes'],
  ]),
}

/** Where a field belongs: `vcpu.3.time` is `timeNs` of the third vCPU. */
interface Place {
  of: 'domain' | 'balloon' | Group
  /** Of an entry; -1 of what there is once. */
  index: number
  key: string
}

/**
 * Names repeat with every domain and every poll, and taking them apart costs more than all the rest of a reply: so each is taken
 * apart once. A daemon that goes on inventing names fills no more than this.
 */
const places = new Map<string, Place | null>()
const placesAtMost = 10_000

/** Null for what we do not know (counts, other groups, KVM's own counters with odd numbers). */
function placeOf(field: string): Place | null {
  const known = places.get(field)
  if (known !== undefined) return known
  const place = takenApart(field)
  if (places.size < placesAtMost) places.set(field, place)
  return place
}

function takenApart(field: string): Place | null {
  const key = domainFields.get(field)
  if (key !== undefined) return { of: 'domain', index: -1, key }
  const inBalloon = balloonFields.get(field)
  if (inBalloon !== undefined) return { of: 'balloon', index: -1, key: inBalloon }
  const [, group, number, rest = ''] = /^(vcpu|net|block)\.(0|[1-9]\d{0,14})\.(.*)$/s.exec(field) ?? []
  const ofEntry = group === undefined ? undefined : entryFields[group as Group].get(rest)
  return ofEntry === undefined ? null : { of: group as Group, index: Number(number), key: ofEntry }
}

/** Keys are ours, never the daemon's: see `takenApart`. */
function put(draft: Draft, field: string, value: ParamValue): void {
  const place = placeOf(field)
  if (place === null) return
  if (place.of === 'domain') (draft as unknown as Entry)[place.key] = finite(value)
  else if (place.of === 'balloon') (draft.balloon as unknown as Entry)[place.key] = finite(value)
  else {
    const entry = entryOf(draft, place.of, place.index)
    if (entry) entry[place.key] = place.key === 'device' ? text(value) : finite(value)
  }
}

function entryOf(draft: Draft, group: Group, index: number): Entry | null {
  const { last } = draft
  if (last.entry !== null && last.index === index && last.group === group) return last.entry
  const entries = draft[group]
  let entry = entries.get(index)
  if (entry === undefined) {
    if (entries.size >= maxEntries) return null
    entry = newEntry[group](index)
    entries.set(index, entry)
  }
  draft.last = { group, index, entry }
  return entry
}

/** By number: as they come, except from a daemon that has its own mind. */
function inOrder(entries: ReadonlyMap<number, Entry>): Entry[] {
  let before = -1
  let sorted = true
  for (const index of entries.keys()) {
    sorted &&= index > before
    before = index
  }
  return sorted ? [...entries.values()] : [...entries].sort(([a], [b]) => a - b).map(([, entry]) => entry)
}

const finite = (value: ParamValue) => (typeof value === 'number' && Number.isFinite(value) ? value : null)
const text = (value: ParamValue) => (typeof value === 'string' && value !== '' ? value : null)
