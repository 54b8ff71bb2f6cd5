/** How many more instances of a flavor fit, by Placement's own arithmetic. Pure: inventories, usages and traits go in. */

/** As `GET /resource_providers/{uuid}/inventories` tells it, with what is used. */
export interface ProviderInventory {
  total: number
  reserved: number
  allocationRatio: number
  minUnit: number
  maxUnit: number
  stepSize: number
  used: number
}

/** A host: Placement's tree of providers taken as one. */
export interface ResourceProvider {
  id: string
  name: string
  /** By resource class: VCPU, PCPU, MEMORY_MB, DISK_GB, CUSTOM_…; several where several of the tree have some. */
  inventories: Readonly<Record<string, readonly ProviderInventory[]>>
  traits: readonly string[]
  /** Ids of the providers that it may draw on together with others. */
  pools: readonly string[]
}

/** What several hosts draw on (storage that they share), through an aggregate. */
export type SharedProvider = Pick<ResourceProvider, 'id' | 'name' | 'inventories'>

export interface FittingFlavor {
  vcpus: number
  memoryMb: number
  /** Root and ephemeral; 0 for instances that boot from a volume. */
  diskGb: number
  swapMb?: number
  extraSpecs?: Readonly<Record<string, string>>
}

/** What a flavor asks of one provider. */
export interface Request {
  resources: Readonly<Record<string, number>>
  required: readonly string[]
  forbidden: readonly string[]
  /** Asks for things that one provider's inventory does not decide (numbered groups): the answer is an upper bound. */
  partial: boolean
}

export interface Fit {
  provider: string
  count: number
  /** What there is least of: a resource class, or a trait that is missing (or one that forbids); null when nothing is asked. */
  limit: string | null
}

/** Nova sets it on hosts that are disabled. */
const disabledTrait = 'COMPUTE_STATUS_DISABLED'

/** As Nova's scheduler translates a flavor (`ResourceRequest.from_request_spec`). */
export function requestOf({ vcpus, memoryMb, diskGb, swapMb = 0, extraSpecs = {} }: FittingFlavor): Request {
  const dedicated = extraSpecs['hw:cpu_policy'] === 'dedicated'
  const wanted = new Map<string, number>([
    [dedicated ? 'PCPU' : 'VCPU', vcpus],
    ['MEMORY_MB', memoryMb],
    ['DISK_GB', diskGb + Math.ceil(swapMb / 1024)],
  ])
  const traits = { required: [] as string[], forbidden: [disabledTrait] }
  let partial = false
  for (const [key, value] of Object.entries(extraSpecs)) {
    const [, kind, group, name] = /^(resources|trait)(\w*):([A-Z0-9_]+)$/.exec(key) ?? []
    if (kind === undefined || name === undefined) continue
    if (group !== '') partial = true
    else if (kind === 'resources' && /^\d+$/.test(value)) wanted.set(name, Number(value))
    else if (value === 'required' || value === 'forbidden') traits[value].push(name)
  }
  return { resources: Object.fromEntries([...wanted].filter(([, amount]) => amount > 0)), ...traits, partial }
}

/** How many such requests one provider can still take. */
export function roomFor(host: ResourceProvider, request: Request, shared: readonly SharedProvider[] = []): Fit {
  const { name, traits } = host
  const { resources, required, forbidden } = request
  const missing = required.find((trait) => !traits.includes(trait)) ?? forbidden.find((trait) => traits.includes(trait))
  if (missing !== undefined) return { provider: name, count: 0, limit: missing }
  let least: { count: number; limit: string | null } = { count: Number.POSITIVE_INFINITY, limit: null }
  for (const [resource, amount] of Object.entries(resources)) {
    const count = roomOf(own(host, resource) ?? own(poolOf(host, resource, shared), resource), amount)
    if (count < least.count) least = { count, limit: resource }
  }
  return { provider: name, ...least, count: Number.isFinite(least.count) ? least.count : 0 }
}

const own = (provider: SharedProvider | undefined, resource: string): readonly ProviderInventory[] | undefined =>
  provider && Object.hasOwn(provider.inventories, resource) ? provider.inventories[resource] : undefined

/** The shared provider that a host takes a resource from, where it has none of its own. */
const poolOf = ({ pools }: ResourceProvider, resource: string, shared: readonly SharedProvider[]): SharedProvider | undefined =>
  shared.find((pool) => pools.includes(pool.id) && own(pool, resource))

/** Each allocation is of one provider of the tree: what two have left does not add up. */
const roomOf = (inventories: readonly ProviderInventory[] = [], amount: number): number =>
  inventories.reduce((sum, inventory) => sum + room(inventory, amount), 0)

/** Placement's rule: (total - reserved) × ratio bounds the sum; each allocation obeys unit bounds and step by itself. */
function room({ total, reserved, allocationRatio, minUnit, maxUnit, stepSize, used }: ProviderInventory, amount: number): number {
  if (amount < minUnit || amount > maxUnit || (stepSize > 0 && amount % stepSize !== 0)) return 0
  // Placement compares with the product as it is, not rounded; a hair of float must not cost one instance.
  const capacity = (total - reserved) * allocationRatio
  return Math.max(0, Math.floor((capacity - used) / amount + 1e-9))
}

export interface Fitting {
  /** What shares a pool shares its room: the total can be less than the sum of the hosts. */
  total: number
  partial: boolean
  /** Each host as if it were filled first; those with room first. */
  fits: Fit[]
}

/** Over all hosts. */
export function fitting(
  hosts: readonly ResourceProvider[],
  flavor: FittingFlavor,
  shared: readonly SharedProvider[] = [],
): Fitting {
  const request = requestOf(flavor)
  const left = new Map<string, number>()
  let total = 0
  const fits = hosts.map((host) => {
    const fit = roomFor(host, request, shared)
    const draws = Object.entries(request.resources).flatMap(([resource, amount]) => {
      const pool = own(host, resource) ? undefined : poolOf(host, resource, shared)
      return pool ? { key: `${pool.id} ${resource}`, room: roomOf(own(pool, resource), amount) } : []
    })
    const granted = draws.reduce((least, { key, room }) => Math.min(least, left.get(key) ?? room), fit.count)
    for (const { key, room } of draws) left.set(key, (left.get(key) ?? room) - granted)
    total += granted
    return fit
  })
  return { total, partial: request.partial, fits: fits.sort((a, b) => b.count - a.count || a.provider.localeCompare(b.provider)) }
}
