/** What Placement leaves: how many more of each flavor fit, in the cloud and on each host, and how far each may be promised. */
import { type FittingFlavor, fitting, type ResourceProvider, requestOf, roomFor, type SharedProvider } from '../model/fitting.ts'
import { hostsOf, promisedOf, providerFinder } from '../model/placement.ts'
import type { Visit } from './visit.ts'

const mib = 1024 ** 2
const gib = 1024 ** 3
/** A cloud whose Placement has not answered for so long is not told of any more. */
const forgottenMs = 86_400_000
const flavorsAtMost = 1000
export const flavorsShown = 100

export interface Capacities {
  hosts: readonly ResourceProvider[]
  shared: readonly SharedProvider[]
  /** The oldest reading among the clouds, epoch ms. */
  readAt: number
  of(host: string): ResourceProvider | null
}

/** Null where no Placement has been read. */
export async function capacities(visit: Visit): Promise<Capacities | null> {
  const readings = (await visit.deps.capacity.readings(visit.scope)).filter(({ readAt }) => visit.now - readAt < forgottenMs)
  if (readings.length === 0) return null
  const all = readings.map(({ providers }) => hostsOf(providers))
  const hosts = all.flatMap((one) => one.hosts)
  return {
    hosts,
    shared: all.flatMap(({ shared }) => shared),
    readAt: Math.min(...readings.map(({ readAt }) => readAt)),
    of: providerFinder(hosts),
  }
}

export interface KnownFlavor extends FittingFlavor {
  id: string
  title: string
}

/** Those that exist, by name. */
export async function flavorsOf(visit: Visit): Promise<KnownFlavor[]> {
  const { rows } = await visit.deps.resources.resources(visit.scope, { kind: 'flavor', limit: flavorsAtMost })
  return rows.flatMap(({ id, name, about: { flavor } }) => {
    if (!flavor) return []
    const { vcpus, memoryMb, rootGb, ephemeralGb, swapMb = 0, extraSpecs = {} } = flavor
    return { id, title: name ?? id, vcpus, memoryMb, diskGb: rootGb + ephemeralGb, swapMb, extraSpecs }
  })
}

/** Each flavor with how many more fit into the cloud, what there is least of, and on how many hosts it fits at all. */
export function cloudFitting(visit: Visit, { hosts, shared }: Capacities, flavors: readonly KnownFlavor[]) {
  return flavors.map((flavor) => {
    const { total, partial, fits } = fitting(hosts, flavor, shared)
    const limits = Map.groupBy(fits, ({ limit }) => limit)
    const [usual] = [...limits].sort(([, a], [, b]) => b.length - a.length)
    return {
      ...flavor,
      ...{ total, partial, hosts: fits.filter(({ count }) => count > 0).length, of: fits.length },
      limit: limitWord(visit, usual?.[0] ?? null),
    }
  })
}

/** Each flavor with how many more fit on one host. */
export function hostFitting(visit: Visit, host: ResourceProvider, { shared }: Capacities, flavors: readonly KnownFlavor[]) {
  return flavors.map((flavor) => {
    const request = requestOf(flavor)
    const { count, limit } = roomFor(host, request, shared)
    return { ...flavor, total: count, partial: request.partial, limit: limitWord(visit, limit) }
  })
}

/** Resource classes have a word; a trait is its own. */
export function limitWord(visit: Visit, limit: string | null): string | null {
  if (limit === null) return null
  const known = ['VCPU', 'PCPU', 'MEMORY_MB', 'DISK_GB', 'VGPU', 'COMPUTE_STATUS_DISABLED'].includes(limit)
  return known ? visit.t(`fitting.limit.${limit}`) : limit
}

/** In the units of a host's own capacities: CPUs and bytes. Null: not of Placement's, or none of it. */
export function promises(host: ResourceProvider | null) {
  const scaled = (classes: readonly string[], unit: number) => {
    const found = host && promisedOf(host, classes)
    return found && { ...found, capacity: found.capacity * unit, allocated: found.allocated * unit, total: found.total * unit }
  }
  return { cpu: scaled(['VCPU', 'PCPU'], 1), memory: scaled(['MEMORY_MB'], mib), disk: scaled(['DISK_GB'], gib) }
}
