/** Whose traffic a tap's counters are: joined with Neutron's ports, summed by network, subnet, project, port or instance. Pure. */

/** A port as Neutron tells it. */
export interface Port {
  id: string
  network: string
  project: string | null
  /** The instance that it belongs to, or the id of a router … */
  device: string | null
  mac: string | null
  fixed: readonly { subnet: string; address: string }[]
}

/** What a tap moved over a window; bytes and packets a second, seen from the guest. */
export interface TapTraffic {
  instance: string
  project: string | null
  /** The tap's name on the host. */
  device: string
  rxBytes: number
  txBytes: number
  drops: number
}

/** Of an instance: networks by name, where no ports are known. */
export interface InstanceNetworks {
  id: string
  addresses: readonly { address: string; mac?: string; label?: string }[]
}

export interface Placed extends TapTraffic {
  port: string | null
  /** Id from a port, or the name from an address; null = several possible, or none known. */
  network: string | null
  /** null also for a port in several subnets: its counters do not tell them apart. */
  subnet: string | null
}

/** libvirt's taps are named after the port: three letters, then the first eleven of its id. */
const prefixLength = 3
const idLength = 11

/** Each tap with its place. A tap that no port names is its instance's only port, or nobody's. */
export function placeTraffic(
  taps: readonly TapTraffic[],
  ports: readonly Port[],
  instances: readonly InstanceNetworks[] = [],
): Placed[] {
  const portsOf = Map.groupBy(ports, ({ device }) => device ?? '')
  const tapsOf = Map.groupBy(taps, ({ instance }) => instance)
  const known = new Map(instances.map((instance) => [instance.id, instance]))
  return taps.map((tap) => {
    const own = portsOf.get(tap.instance) ?? []
    const named = own.find(({ id }) => tap.device.slice(prefixLength) === id.slice(0, idLength))
    const only = own.length === 1 && tapsOf.get(tap.instance)?.length === 1 ? own[0] : undefined
    const port = named ?? only
    if (port) {
      const subnets = new Set(port.fixed.map(({ subnet }) => subnet))
      return { ...tap, port: port.id, network: port.network, subnet: subnets.size === 1 ? ([...subnets][0] as string) : null }
    }
    return { ...tap, port: null, network: labelOf(known.get(tap.instance)), subnet: null }
  })
}

/** The one network that all of an instance's addresses are in. */
function labelOf(instance: InstanceNetworks | undefined): string | null {
  const labels = new Set((instance?.addresses ?? []).flatMap(({ label }) => label ?? []))
  return labels.size === 1 ? ([...labels][0] as string) : null
}

export type TrafficKey = 'network' | 'subnet' | 'project' | 'port' | 'instance'

export interface TrafficSum {
  /** null = what could not be placed. */
  key: string | null
  taps: number
  instances: number
  rxBytes: number
  txBytes: number
  drops: number
}

/** Sums by one key, the busiest first; together they are exactly what came in. */
export function sumTraffic(placed: readonly Placed[], by: TrafficKey): TrafficSum[] {
  return [...Map.groupBy(placed, (tap) => tap[by])]
    .map(([key, taps]) => ({
      key,
      taps: taps.length,
      instances: new Set(taps.map(({ instance }) => instance)).size,
      rxBytes: taps.reduce((sum, { rxBytes }) => sum + rxBytes, 0),
      txBytes: taps.reduce((sum, { txBytes }) => sum + txBytes, 0),
      drops: taps.reduce((sum, { drops }) => sum + drops, 0),
    }))
    .sort((a, b) => b.rxBytes + b.txBytes - (a.rxBytes + a.txBytes) || String(a.key).localeCompare(String(b.key)))
}
