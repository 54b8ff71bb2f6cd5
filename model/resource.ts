/** Inventory: what exists or existed. Names outlive deletion. Times are epoch ms. */

/** Of Neutron's own: what the newest complete list lacks is gone, whether anybody said so or not. They have no ledger. */
export const networkKinds = ['network', 'subnet', 'port'] as const
export type NetworkKind = (typeof networkKinds)[number]

/** Everything without a ledger of which complete lists are taken: a list hides what it lacks until there is a word of it again. */
export const listedKinds = [
  ...networkKinds,
  ...(['router', 'security_group', 'flavor', 'volume_type', 'domain', 'project', 'user'] as const),
] as const
export type ListedKind = (typeof listedKinds)[number]

export interface Named {
  id: string
  name: string | null
}

export interface Instance {
  id: string
  name: string | null
  project: string | null
  user: string | null
  flavor: { id: string | null; name: string | null; vcpus: number; memoryMb: number; diskGb: number } | null
  host: string | null
  /** libvirt's domain name (instance-0000017a) where known. */
  domain: string | null
  image: string | null
  /** Nova's vm_state: building active paused suspended stopped rescued resized shelved shelved_offloaded soft-delete error deleted; null = never told. */
  state: string | null
  addresses: readonly { address: string; mac?: string; label?: string }[]
  createdAt: number | null
  launchedAt: number | null
  terminatedAt: number | null
  /** Who told us last: the bus, the OpenStack API or the hypervisor. */
  source: 'event' | 'api' | 'libvirt'
  /** Time of the newest fact. */
  updatedAt: number
}

/** What a hypervisor tells of a domain that Nova made; fills gaps, never overrides what Nova said. */
export interface SeenInstance {
  id: string
  domain: string
  host: string
  name: string | null
  project: Named | null
  user: Named | null
  flavor: { name: string; vcpus: number; memoryMb: number; diskGb: number } | null
  image: string | null
  addresses: readonly { address: string; mac?: string; label?: string }[]
  createdAt: number | null
  seenAt: number
}

/** A machine as another monitor (Ganglia) knows it, and what it was found to be. */
export interface Machine {
  cluster: string
  /** As it calls itself. */
  name: string
  address: string | null
  /** The host that it is, or the instance (then with its project); null = not known here. */
  hypervisor: string | null
  instance: string | null
  project: string | null
  /** Numbers that it reports, by name. */
  metrics: Readonly<Record<string, MetricFacts>>
  /** Texts that it reports (os_name, machine_type …), by name. */
  facts: Readonly<Record<string, string>>
  seenAt: number
}

/** What a metric of another monitor is; all words are its own. */
export interface MetricFacts {
  title: string | null
  unit: string
  group: string | null
  type: string
  /** zero, positive (only ever grows), negative, both or unspecified. */
  slope: string
}

export interface Hypervisor {
  host: string
  uri: string | null
  cpus: number | null
  memoryBytes: number | null
  version: string | null
  seenAt: number
}
