/**
 * What carries what, made of the inventory alone: region → availability zone → hypervisor → instance, and
 * router → network → subnet → port → instance. Pure. Whatever names something that is not there is left hanging; that harms nobody.
 */
import { numberOf } from './ip-availability.ts'

export type NodeKind = 'region' | 'zone' | 'hypervisor' | 'router' | 'network' | 'subnet' | 'port' | 'instance'

export interface TopologyNode {
  kind: NodeKind
  id: string
  name: string | null
  project: string | null
  /** A port's own word (`ACTIVE`, `DOWN` …), Nova's state of an instance; null for everything else. */
  status: string | null
  /** When its status was told, epoch ms. */
  at: number
  parents: TopologyNode[]
  children: TopologyNode[]
}

interface Known {
  id: string
  name: string | null
  project: string | null
}

/** What the journal knows. */
export interface TopologyFacts {
  instances: readonly (Known & { host: string | null; zone: string | null; state: string | null })[]
  hosts: readonly string[]
  /** Where there is only one, it holds all zones. */
  regions: readonly string[]
  routers: readonly Known[]
  networks: readonly Known[]
  /** `prefix`: `10.0.0.0/24`. */
  subnets: readonly (Known & { network: string | null; prefix: string | null })[]
  ports: readonly (Known & {
    network: string | null
    address: string | null
    status: string | null
    /** Whose interface it is. */
    instances: readonly string[]
    router: string | null
    at: number
  })[]
}

/** Nodes by id, of each kind: one key for both would be most of the work of building it. */
export type Topology = Readonly<Record<NodeKind, ReadonlyMap<string, TopologyNode>>>

export const nodeOf = (topology: Topology, kind: string, id: string): TopologyNode | undefined =>
  Object.hasOwn(topology, kind) ? topology[kind as NodeKind].get(id) : undefined

export const noFacts: TopologyFacts = {
  ...{ instances: [], hosts: [], regions: [], routers: [], networks: [], subnets: [], ports: [] },
}

export function buildTopology(facts: TopologyFacts): Topology {
  const map = () => new Map<string, TopologyNode>()
  const nodes: Record<NodeKind, Map<string, TopologyNode>> = {
    ...{ region: map(), zone: map(), hypervisor: map(), router: map() },
    ...{ network: map(), subnet: map(), port: map(), instance: map() },
  }
  const put = (kind: NodeKind, { id, name, project }: Known, status: string | null = null, at = 0): TopologyNode => {
    const known = nodes[kind].get(id)
    if (known) return known
    const node: TopologyNode = { kind, id, name, project, status, at, parents: [], children: [] }
    nodes[kind].set(id, node)
    return node
  }
  const bare = (kind: NodeKind, id: string) => nodes[kind].get(id) ?? put(kind, { id, name: id, project: null })
  for (const { zone, host } of zonesOf(facts.instances)) link(bare('zone', zone), bare('hypervisor', host))
  for (const host of facts.hosts) bare('hypervisor', host)
  const [region] = facts.regions
  if (region !== undefined && facts.regions.length === 1)
    for (const zone of nodes.zone.values()) link(bare('region', region), zone)
  for (const instance of facts.instances) {
    const node = put('instance', instance, instance.state)
    if (instance.host !== null) link(bare('hypervisor', instance.host), node)
  }
  for (const router of facts.routers) put('router', router)
  for (const network of facts.networks) put('network', network)
  for (const subnet of facts.subnets) {
    const network = subnet.network === null ? undefined : nodes.network.get(subnet.network)
    if (network) link(network, put('subnet', subnet))
  }
  const prefixes = prefixesOf(facts.subnets)
  for (const port of facts.ports) {
    const network = port.network === null ? undefined : nodes.network.get(port.network)
    const router = port.router === null ? undefined : nodes.router.get(port.router)
    if (router && network) link(router, network)
    if (port.instances.length === 0) continue
    const node = put('port', port, port.status, port.at)
    const subnet = subnetOf(prefixes.get(port.network ?? '') ?? [], port.address)
    const above = (subnet && nodes.subnet.get(subnet)) ?? network
    if (above) link(above, node)
    for (const id of port.instances) {
      const instance = nodes.instance.get(id)
      if (instance) link(node, instance)
    }
  }
  return nodes
}

function link(parent: TopologyNode, child: TopologyNode): void {
  if (child.parents.includes(parent)) return
  parent.children.push(child)
  child.parents.push(parent)
}

/** A host is in the zone that most of its instances are in: one that was moved by force still names its old one. */
function zonesOf(instances: TopologyFacts['instances']): { zone: string; host: string }[] {
  const votes = new Map<string, Map<string, number>>()
  for (const { host, zone } of instances) {
    if (host === null || zone === null || zone === '') continue
    const own = votes.get(host) ?? new Map<string, number>()
    own.set(zone, (own.get(zone) ?? 0) + 1)
    votes.set(host, own)
  }
  return [...votes].map(([host, own]) => {
    const [best] = [...own].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    return { host, zone: (best as [string, number])[0] }
  })
}

interface Prefix {
  subnet: string
  first: bigint
  last: bigint
  six: boolean
}

function prefixesOf(subnets: TopologyFacts['subnets']): Map<string, Prefix[]> {
  const byNetwork = new Map<string, Prefix[]>()
  for (const { id, network, prefix } of subnets) {
    const [address = '', length = ''] = (prefix ?? '').split('/')
    const start = numberOf(address)
    const six = address.includes(':')
    const bits = (six ? 128 : 32) - Number(length)
    if (network === null || start === null || !/^\d+$/.test(length) || bits < 0) continue
    const size = 1n << BigInt(bits)
    const first = start - (start % size)
    byNetwork.set(network, [...(byNetwork.get(network) ?? []), { subnet: id, first, last: first + size - 1n, six }])
  }
  return byNetwork
}

function subnetOf(prefixes: readonly Prefix[], address: string | null): string | null {
  if (prefixes.length === 0 || address === null) return null
  const value = numberOf(address)
  const six = address.includes(':')
  return prefixes.find((one) => value !== null && one.six === six && value >= one.first && value <= one.last)?.subnet ?? null
}

/** Everything of a kind that is below the node, each once, whatever circles there are. */
export function below(node: TopologyNode, kind: NodeKind): TopologyNode[] {
  return reach(node, kind, ({ children }) => children)
}

/** … and above it, the nearest first. */
export function above(node: TopologyNode, kind: NodeKind): TopologyNode[] {
  return reach(node, kind, ({ parents }) => parents)
}

function reach(from: TopologyNode, kind: NodeKind, next: (node: TopologyNode) => readonly TopologyNode[]): TopologyNode[] {
  const seen = new Set<TopologyNode>([from])
  const found: TopologyNode[] = []
  for (const node of seen)
    for (const one of next(node)) {
      if (seen.has(one)) continue
      seen.add(one)
      if (one.kind === kind) found.push(one)
    }
  return found
}

/** Whose it is when everything in it is one project's: only then may that project hear of it. */
export function ownerOf(node: TopologyNode): string | null {
  if (node.project === null) return null
  const instances = below(node, 'instance')
  return instances.every(({ project }) => project === node.project) ? node.project : null
}
