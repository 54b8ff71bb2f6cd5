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

export interface ResourceProvider {
  id: string
  name: string
  /** By resource class: VCPU, PCPU, MEMORY_MB, DISK_GB, CUSTOM_… */
  inventories: Readonly<Record<string, ProviderInventory>>
  traits: readonly string[]
}

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
export function roomFor({ name, inventories, traits }: ResourceProvider, { resources, required, forbidden }: Request): Fit {
  const missing = required.find((trait) => !traits.includes(trait)) ?? forbidden.find((trait) => traits.includes(trait))
  if (missing !== undefined) return { provider: name, count: 0, limit: missing }
  let least: { count: number; limit: string | null } = { count: Number.POSITIVE_INFINITY, limit: null }
  for (const [resource, amount] of Object.entries(resources)) {
    const inventory = Object.hasOwn(inventories, resource) ? inventories[resource] : undefined
    const count = inventory ? room(inventory, amount) : 0
    if (count < least.count) least = { count, limit: resource }
  }
  return { provider: name, ...least, count: Number.isFinite(least.count) ? least.count : 0 }
}

/** Placement's rule: (total - reserved) × ratio bounds the sum; each allocation obeys unit bounds and step by itself. */
function room({ total, reserved, allocationRatio, minUnit, maxUnit, stepSize, used }: ProviderInventory, amount: number): number {
  if (amount < minUnit || amount > maxUnit || (stepSize > 0 && amount % stepSize !== 0)) return 0
  // Placement compares with the product as it is, not rounded; a hair of float must not cost one instance.
  const capacity = (total - reserved) * allocationRatio
  return Math.max(0, Math.floor((capacity - used) / amount + 1e-9))
}

/** Over all providers; those with room first. */
export function fitting(
  providers: readonly ResourceProvider[],
  flavor: FittingFlavor,
): { total: number; partial: boolean; fits: Fit[] } {
  const request = requestOf(flavor)
  const fits = providers
    .map((provider) => roomFor(provider, request))
    .sort((a, b) => b.count - a.count || a.provider.localeCompare(b.provider))
  return { total: fits.reduce((sum, { count }) => sum + count, 0), partial: request.partial, fits }
}
