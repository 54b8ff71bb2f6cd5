/** The calls that a monitor needs, with their layouts written by hand. The wire format never changes; procedures are only added. */
import { AppError, type ErrorCode } from '../../model/contract.ts'
import { malformed, type XdrReader, type XdrWriter } from './xdr.ts'

/** One remote procedure: its number, how its arguments are written and its reply is read (and the inverse, for servers). */
export interface Procedure<A, R> {
  readonly name: string
  readonly number: number
  encode(to: XdrWriter, args: A): void
  decode(from: XdrReader): R
}

export interface DomainRef {
  name: string
  uuid: string
  /** -1 while it does not run; a new one at each start. */
  id: number
}

/** A typed parameter's value; null = libvirt's "unlimited" or "unset". */
export type ParamValue = number | boolean | string | null

/** Field names come from outside, hence a Map and never an object. */
export type Params = ReadonlyMap<string, ParamValue>

export interface DomainRecord {
  domain: DomainRef
  params: Params
}

export const statsGroups = {
  state: 1,
  cpu: 2,
  balloon: 4,
  vcpu: 8,
  interface: 16,
  block: 32,
} as const

/** Flags of GET_ALL_DOMAIN_STATS. */
export const statsFlags = {
  /** Skip, do not wait for, a domain whose lock is taken. It does not help against a monitor that is silent. */
  nowait: 2 ** 29,
} as const

/** libvirt's own limit for one list of domains. */
export const maxDomains = 16384
const maxParams = 262144
const maxNodeStats = 4096

const nothing = () => undefined

const readInt = (from: XdrReader) => from.int()
const readString = (from: XdrReader) => from.string()

/** Reads a domain's name, uuid and id. */
export function readDomain(from: XdrReader): DomainRef {
  return { name: from.string(), uuid: from.uuid(), id: from.int() }
}

/** Writes a domain's name, uuid and id. */
export function writeDomain(to: XdrWriter, domain: DomainRef): void {
  to.string(domain.name).uuid(domain.uuid).int(domain.id)
}

/** The value of a typed parameter. */
export function readParamValue(from: XdrReader): ParamValue {
  const type = from.uint()
  switch (type) {
    case 1:
      return from.int()
    case 2:
      return from.uint()
    case 3:
      return from.hyper()
    case 4:
      return from.uhyper()
    case 5:
      return from.double()
    case 6:
      return from.int() !== 0
    case 7:
      return from.string()
    default:
      // Its size is unknown, so nothing after it can be found.
      throw malformed(`a typed parameter of unknown type ${type}`)
  }
}

/** Reads a list of typed parameters. */
export function readParams(from: XdrReader): Params {
  const params = new Map<string, ParamValue>()
  const count = paramCount(from)
  for (let i = 0; i < count; i++) params.set(readParamName(from), readParamValue(from))
  return params
}

/** How many typed parameters follow, each a name and a value. */
export function paramCount(from: XdrReader): number {
  const count = from.uint()
  if (count > maxParams || count * 12 > from.left) throw malformed(`${count} typed parameters in ${from.left} bytes`)
  return count
}

/** The name of a typed parameter. */
export const readParamName = (from: XdrReader): string => from.name(1024)

/** Reads one (domain, typed parameters) pair of a bulk reply. */
export function readDomainRecord(from: XdrReader): DomainRecord {
  return { domain: readDomain(from), params: readParams(from) }
}

/** Writes typed parameters: strings as strings, whole numbers as unsigned 64 bit, states and the like as 32 bit signed. */
export function writeParams(to: XdrWriter, params: ReadonlyMap<string, number | string>): void {
  to.uint(params.size)
  for (const [field, value] of params) {
    to.string(field)
    if (typeof value === 'string') to.uint(7).string(value)
    else if (/^(state\.|vcpu\.\d+\.state)/.test(field)) to.uint(1).int(value)
    else to.uint(4).hyper(value)
  }
}

export const authTypes = { none: 0, sasl: 1, polkit: 2 } as const

export const authList: Procedure<void, number[]> = {
  name: 'AUTH_LIST',
  number: 66,
  encode: nothing,
  decode: (from) => from.list(4, 20, () => from.int()),
}

/** polkit decides by the peer's process, nothing is sent. */
export const authPolkit: Procedure<void, number> = { name: 'AUTH_POLKIT', number: 70, encode: nothing, decode: readInt }

export const supportsFeature: Procedure<number, boolean> = {
  name: 'CONNECT_SUPPORTS_FEATURE',
  number: 60,
  encode: (to, feature) => to.int(feature),
  decode: (from) => from.int() !== 0,
}

export const features = { keepalive: 10, eventCallback: 14 } as const

export const connectOpen: Procedure<{ uri: string; readOnly: boolean }, void> = {
  name: 'CONNECT_OPEN',
  number: 1,
  encode: (to, { uri, readOnly }) => to.optional(uri, (text) => to.string(text)).uint(readOnly ? 1 : 0),
  decode: nothing,
}

export const connectClose: Procedure<void, void> = { name: 'CONNECT_CLOSE', number: 2, encode: nothing, decode: nothing }

export const connectType: Procedure<void, string> = { name: 'CONNECT_GET_TYPE', number: 3, encode: nothing, decode: readString }

/** major * 1,000,000 + minor * 1,000 + micro, of the hypervisor (QEMU). */
export const connectVersion: Procedure<void, number> = {
  name: 'CONNECT_GET_VERSION',
  number: 4,
  encode: nothing,
  decode: (from) => from.hyper(),
}

export const libVersion: Procedure<void, number> = { ...connectVersion, name: 'CONNECT_GET_LIB_VERSION', number: 157 }

export const hostname: Procedure<void, string> = {
  name: 'CONNECT_GET_HOSTNAME',
  number: 59,
  encode: nothing,
  decode: readString,
}

export interface NodeInfo {
  model: string
  memoryKib: number
  cpus: number
}

export const nodeInfo: Procedure<void, NodeInfo> = {
  name: 'NODE_GET_INFO',
  number: 6,
  encode: nothing,
  decode(from) {
    // char[32]: XDR spends four bytes on each char
    const chars = Array.from({ length: 32 }, () => from.int() & 0xff)
    const end = chars.indexOf(0)
    const model = Buffer.from(end < 0 ? chars : chars.slice(0, end)).toString('utf8')
    const memoryKib = from.hyper()
    const cpus = from.int()
    from.skip(5 * 4) // mhz, nodes, sockets, cores, threads
    return { model, memoryKib, cpus }
  },
}

/** Host CPU times in ns (kernel, user, idle, iowait), or host memory in KiB (total, free, buffers, cached). */
export type NodeStats = ReadonlyMap<string, number>

/** `count` is how many the caller has room for; 0 asks how many there are. */
export interface NodeStatsReply {
  stats: NodeStats
  count: number
}

function readNodeStats(from: XdrReader): NodeStatsReply {
  const entries = from.list(12, maxNodeStats, () => [from.string(1024), from.uhyper() ?? 0] as const)
  return { stats: new Map(entries), count: from.int() }
}

/** Of all CPUs together (-1). */
export const nodeCpuStats: Procedure<number, NodeStatsReply> = {
  name: 'NODE_GET_CPU_STATS',
  number: 227,
  encode: (to, count) => to.int(-1).int(count).uint(0),
  decode: readNodeStats,
}

/** Of all NUMA cells together (-1). The order of its arguments is not that of NODE_GET_CPU_STATS. */
export const nodeMemoryStats: Procedure<number, NodeStatsReply> = {
  name: 'NODE_GET_MEMORY_STATS',
  number: 228,
  encode: (to, count) => to.int(count).int(-1).uint(0),
  decode: readNodeStats,
}

/** Active and inactive ones. */
export const listAllDomains: Procedure<void, DomainRef[]> = {
  name: 'CONNECT_LIST_ALL_DOMAINS',
  number: 273,
  encode: (to) => to.int(1).uint(0),
  decode(from) {
    const domains = from.list(24, maxDomains, () => readDomain(from))
    from.uint() // the count once more
    return domains
  },
}

export const domainXml: Procedure<DomainRef, string> = {
  name: 'DOMAIN_GET_XML_DESC',
  number: 14,
  encode(to, domain) {
    writeDomain(to, domain)
    to.uint(0)
  },
  decode: readString,
}

export interface StatsQuery {
  /** Empty = all. */
  domains: readonly DomainRef[]
  groups: number
  flags: number
}

export const allDomainStats: Procedure<StatsQuery, DomainRecord[]> = {
  name: 'CONNECT_GET_ALL_DOMAIN_STATS',
  number: 344,
  encode(to, { domains, groups, flags }) {
    to.list(domains, (domain) => writeDomain(to, domain))
      .uint(groups)
      .uint(flags)
  },
  decode: (from) => from.list(28, maxDomains, () => readDomainRecord(from)),
}

/** Of DOMAIN_GET_GUEST_INFO. */
export const guestInfoTypes = { hostname: 8, filesystems: 16, interfaces: 64 } as const

/** Asks the agent in the guest; needs read-write access. */
export const guestInfo: Procedure<{ domain: DomainRef; types: number }, Params> = {
  name: 'DOMAIN_GET_GUEST_INFO',
  number: 418,
  encode(to, { domain, types }) {
    writeDomain(to, domain)
    to.uint(types).uint(0)
  },
  decode: readParams,
}

/** What a domain is busy with; `type` 0 = nothing. */
export interface JobStats {
  type: number
  params: Params
}

export const domainJobStats: Procedure<DomainRef, JobStats> = {
  name: 'DOMAIN_GET_JOB_STATS',
  number: 298,
  encode(to, domain) {
    writeDomain(to, domain)
    to.uint(0)
  },
  decode: (from) => ({ type: from.int(), params: readParams(from) }),
}

/** For all domains; the answer is the callback's number. */
export const registerEvent: Procedure<number, number> = {
  name: 'CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY',
  number: 316,
  encode: (to, event) => to.int(event).bool(false),
  decode: readInt,
}

/** An error that the daemon answered, with libvirt's own code (42 = no such domain, 29 = operation denied …). */
export class LibvirtError extends AppError {
  readonly libvirtCode: number
  constructor(libvirtCode: number, message: string) {
    super(errorCodes[libvirtCode] ?? 'invalid', message)
    this.name = 'LibvirtError'
    this.libvirtCode = libvirtCode
  }
}

/** Of those codes the one that decides what we ask: VIR_ERR_NO_SUPPORT. */
export const libvirtCodes = { unsupported: 3 } as const

const errorCodes: Readonly<Record<number, ErrorCode>> = {
  29: 'denied',
  39: 'denied',
  45: 'denied',
  42: 'not-found',
  80: 'not-found',
}

/** Reads the body of an error reply. */
export function readError(from: XdrReader, call: string): LibvirtError {
  const code = from.int()
  from.int() // domain: which part of libvirt
  const message = from.optional(() => from.string()) ?? 'no message'
  // What follows (level, three strings, two numbers, a network) adds nothing that a person could use.
  return new LibvirtError(code, `libvirt refused ${call}: ${message} (code ${code})`)
}

/** Writes the body of an error reply, as a server does. */
export function writeError(to: XdrWriter, code: number, message: string): void {
  to.int(code)
    .int(0)
    .optional(message, (text) => to.string(text))
    .int(2)
  to.bool(false).bool(false).bool(false).bool(false).int(0).int(0).bool(false)
}
