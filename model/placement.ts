/** Placement's resource providers as they are read, and the hosts that they make. Pure. */
import type { ProviderInventory, ResourceProvider, SharedProvider } from './fitting.ts'

/** One provider: a host, or a part of one (a GPU, a NUMA node, a network's bandwidth), or storage that hosts share. */
export interface ReadProvider {
  id: string
  name: string
  /** Placement raises it whenever inventories or traits change. */
  generation: number
  /** The root of its tree; its own id for a host. */
  root: string
  /** By resource class. */
  inventories: Readonly<Record<string, ProviderInventory>>
  traits: readonly string[]
  /** Of a root: the sharing providers in an aggregate with it. */
  pools: readonly string[]
}

/** What one cloud's Placement said. */
export interface PlacementReading {
  cloud: string
  /** Epoch ms. */
  readAt: number
  providers: readonly ReadProvider[]
}

export const sharingTrait = 'MISC_SHARES_VIA_AGGREGATE'

/** Trees as hosts, by name; and what they share. */
export function hostsOf(providers: readonly ReadProvider[]): { hosts: ResourceProvider[]; shared: SharedProvider[] } {
  const byClass = (tree: readonly ReadProvider[]) => {
    const inventories = new Map<string, ProviderInventory[]>()
    for (const one of tree)
      for (const [resource, inventory] of Object.entries(one.inventories)) {
        const others = inventories.get(resource)
        if (others) others.push(inventory)
        else inventories.set(resource, [inventory])
      }
    return Object.fromEntries(inventories)
  }
  const isShared = ({ traits }: ReadProvider) => traits.includes(sharingTrait)
  const shared = providers.filter(isShared).map(({ id, name, inventories }) => {
    return { id, name, inventories: byClass([{ inventories } as ReadProvider]) }
  })
  const trees = Map.groupBy(
    providers.filter((provider) => !isShared(provider)),
    ({ root }) => root,
  )
  const hosts = [...trees].flatMap(([root, tree]) => {
    const top = tree.find(({ id }) => id === root)
    if (!top) return []
    const traits = [...new Set(tree.flatMap((one) => one.traits))]
    return { id: root, name: top.name, inventories: byClass(tree), traits, pools: top.pools }
  })
  return { hosts: hosts.sort((a, b) => a.name.localeCompare(b.name)), shared }
}

/** Of one resource of a host: what there is, what is kept back, what may be promised, and what is. */
export interface Promised {
  total: number
  reserved: number
  /** Promised at most over what is not kept back; of several providers the mean. */
  ratio: number
  /** (total - reserved) × ratio. */
  capacity: number
  allocated: number
}

/** Null where it has none of its own. */
export function promisedOf({ inventories }: Pick<ResourceProvider, 'inventories'>, classes: readonly string[]): Promised | null {
  const all = classes.flatMap((resource) => (Object.hasOwn(inventories, resource) ? (inventories[resource] ?? []) : []))
  if (all.length === 0) return null
  const sum = (of: (one: ProviderInventory) => number) => all.reduce((total, one) => total + of(one), 0)
  const [total, reserved] = [sum((one) => one.total), sum((one) => one.reserved)]
  const capacity = sum((one) => (one.total - one.reserved) * one.allocationRatio)
  return {
    total,
    reserved,
    capacity,
    ratio: total > reserved ? capacity / (total - reserved) : 0,
    allocated: sum(({ used }) => used),
  }
}

/**
 * The provider of a host: Nova names it after what the hypervisor calls itself, which is the host's name or that with its domain.
 * A short name that several have is nobody's.
 */
export function providerFinder<T extends { name: string }>(providers: readonly T[]): (host: string) => T | null {
  const short = (name: string) => name.split('.', 1)[0]?.toLowerCase() ?? ''
  const whole = new Map(providers.map((provider) => [provider.name.toLowerCase(), provider]))
  const first = Map.groupBy(providers, ({ name }) => short(name))
  return (host) => {
    const exact = whole.get(host.toLowerCase())
    if (exact) return exact
    const alike = first.get(short(host)) ?? []
    const [only] = alike
    // two names with different domains are two machines
    return alike.length === 1 && only && !(host.includes('.') && only.name.includes('.')) ? only : null
  }
}
