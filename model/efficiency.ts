/** What is paid for and not used, from numbers that somebody measured. Pure; money is that of a month of 730 hours (8760 ÷ 12). */
import type { FlavorSize, RatedKind } from './rating.ts'
import type { ResourceSegment, StateClass } from './usage.ts'

export const findingKinds = [
  'idle-instance',
  'oversized',
  'stopped-instance',
  'idle-volume',
  'idle-floatingip',
  'old-snapshot',
  'unused-image',
] as const
export type FindingKind = (typeof findingKinds)[number]

const dayMs = 86_400_000

/** When something is a finding. CPU is percent of the instance's vCPUs. */
export const efficiencyLimits = {
  idleCpuP95: 5,
  idleCpuPeak: 25,
  /** Bytes a second, both directions, mean. */
  idleTraffic: 2048,
  /** How full the smaller flavor may be: by the 95th percentile, and at the peak. */
  fitCpuP95: 60,
  fitCpuPeak: 100,
  fitMemoryPeak: 80,
  stoppedMs: 7 * dayMs,
  volumeMs: 30 * dayMs,
  floatingipMs: 7 * dayMs,
  snapshotMs: 90 * dayMs,
  imageMs: 30 * dayMs,
} as const

/** What an instance used within the window, from its samples. */
export interface InstanceLoad {
  /** Readings that the figures rest on, and the part of the window (0…1) in which there were any. */
  samples: number
  coverage: number
  cpuMean: number
  /** 95th percentile of the means of the buckets. */
  cpuP95: number
  /** Largest single reading. */
  cpuPeak: number
  /** null: the guest does not tell. */
  memoryPeakBytes: number | null
  /** Both directions, mean; null = not measured. */
  trafficBytes: number | null
}

interface Held {
  id: string
  name: string | null
  project: string | null
  /** Since when it is as it is now; `atLeast`: the journal does not reach further back. */
  since: number
  atLeast: boolean
  /** 10^-decimals a month; null without a price. */
  month: bigint | null
}

export interface HeldInstance extends Held {
  state: StateClass
  flavor: FlavorSize | null
}

export interface HeldResource extends Held {
  kind: Exclude<RatedKind, 'instance'>
  type: string | null
  sizeGib: number | null
  state: ResourceSegment['state']
}

export interface Finding {
  kind: FindingKind
  resource: RatedKind
  id: string
  name: string | null
  project: string | null
  since: number | null
  atLeast: boolean
  /** What a month costs, and what of it would be saved; 10^-decimals, null without a price. */
  cost: bigint | null
  saving: bigint | null
  /** What the advice rests on. */
  load: InstanceLoad | null
  flavor: FlavorSize | null
  /** The flavor that would have done. */
  instead: FlavorSize | null
  sizeGib: number | null
  state: string
}

export interface EfficiencyReport {
  /** What instances were measured over, epoch ms. */
  window: { from: number; to: number }
  /** null: no price holds, so there is no money in it. */
  money: { currency: string; decimals: number } | null
  /** Largest saving first. */
  findings: readonly Finding[]
  /** Running instances about which too little was measured to say anything. */
  unknown: readonly { id: string; name: string | null; project: string | null; samples: number; coverage: number }[]
  /** Running instances that were looked at. */
  measured: number
}

/** Below this part of the window nothing is said about an instance. */
export const leastCoverage = 0.5

/** A month's price of a flavor in place of the one that the instance has; null = no price. */
export type PriceOf = (instance: HeldInstance, flavor: FlavorSize) => bigint | null

export function instanceFindings(
  instance: HeldInstance,
  load: InstanceLoad | null,
  flavors: readonly FlavorSize[],
  priceOf: PriceOf,
  now: number,
): Finding[] {
  const finding = (kind: FindingKind, saving: bigint | null, instead: FlavorSize | null = null): Finding => ({
    ...{ kind, resource: 'instance', id: instance.id, name: instance.name, project: instance.project },
    ...{ since: instance.since, atLeast: instance.atLeast, cost: instance.month, saving },
    ...{ load, flavor: instance.flavor, instead, sizeGib: null, state: instance.state },
  })
  const limits = efficiencyLimits
  if (instance.state === 'stopped' || instance.state === 'shelved') {
    const costs = instance.month === null || instance.month > 0n
    return costs && now - instance.since >= limits.stoppedMs ? [finding('stopped-instance', instance.month)] : []
  }
  if (instance.state !== 'running' || !load || load.coverage < leastCoverage) return []
  if (load.cpuP95 < limits.idleCpuP95 && load.cpuPeak < limits.idleCpuPeak && (load.trafficBytes ?? 0) < limits.idleTraffic)
    return [finding('idle-instance', instance.month)]
  const instead = smallerFlavor(instance, load, flavors, priceOf)
  if (!instead) return []
  const price = priceOf(instance, instead)
  const saving = price === null || instance.month === null ? null : instance.month - price
  return [finding('oversized', saving, instead)]
}

/** The cheapest known flavor that would have done; its disk must hold what is there. null = none that is cheaper or smaller. */
function smallerFlavor(
  instance: HeldInstance,
  load: InstanceLoad,
  flavors: readonly FlavorSize[],
  priceOf: PriceOf,
): FlavorSize | null {
  const own = instance.flavor
  if (!own) return null
  const limits = efficiencyLimits
  const fits = flavors.filter((one) => {
    if (one.name === own.name || one.vcpus > own.vcpus || one.memoryMb > own.memoryMb || one.diskGb < own.diskGb) return false
    if (one.vcpus === own.vcpus && one.memoryMb === own.memoryMb) return false
    const scale = own.vcpus / one.vcpus
    if (load.cpuP95 * scale > limits.fitCpuP95 || load.cpuPeak * scale > limits.fitCpuPeak) return false
    // a guest that does not tell its memory keeps what it has
    return load.memoryPeakBytes === null
      ? one.memoryMb === own.memoryMb
      : load.memoryPeakBytes <= (one.memoryMb * 1024 ** 2 * limits.fitMemoryPeak) / 100
  })
  const cost = (one: FlavorSize) => priceOf(instance, one)
  const better =
    instance.month === null ? fits : fits.filter((one) => (cost(one) ?? instance.month ?? 0n) < (instance.month as bigint))
  const order = (a: FlavorSize, b: FlavorSize) => {
    const [x, y] = [cost(a), cost(b)]
    if (x !== null && y !== null && x !== y) return x < y ? -1 : 1
    return a.vcpus - b.vcpus || a.memoryMb - b.memoryMb || ((a.name ?? '') < (b.name ?? '') ? -1 : 1)
  }
  return [...better].sort(order)[0] ?? null
}

const resourceRules: Partial<Record<HeldResource['kind'], { kind: FindingKind; afterMs: number; onlyIdle: boolean }>> = {
  volume: { kind: 'idle-volume', afterMs: efficiencyLimits.volumeMs, onlyIdle: true },
  floatingip: { kind: 'idle-floatingip', afterMs: efficiencyLimits.floatingipMs, onlyIdle: true },
  snapshot: { kind: 'old-snapshot', afterMs: efficiencyLimits.snapshotMs, onlyIdle: false },
  image: { kind: 'unused-image', afterMs: efficiencyLimits.imageMs, onlyIdle: false },
}

/** `imagesInUse`: ids that any instance was made from. */
export function resourceFinding(held: HeldResource, imagesInUse: ReadonlySet<string>, now: number): Finding | null {
  const rule = resourceRules[held.kind]
  if (!rule || now - held.since < rule.afterMs) return null
  if (rule.onlyIdle && held.state !== 'idle') return null
  if (held.kind === 'image' && imagesInUse.has(held.id)) return null
  return {
    ...{ kind: rule.kind, resource: held.kind, id: held.id, name: held.name, project: held.project },
    ...{ since: held.since, atLeast: held.atLeast, cost: held.month, saving: held.month },
    ...{ load: null, flavor: null, instead: null, sizeGib: held.sizeGib, state: held.state },
  }
}

/** Most money first; what bears no price last, longest first. */
export function bySaving(a: Finding, b: Finding): number {
  if (a.saving !== b.saving) {
    if (a.saving === null) return 1
    if (b.saving === null) return -1
    return a.saving > b.saving ? -1 : 1
  }
  return (a.since ?? 0) - (b.since ?? 0) || (a.id < b.id ? -1 : 1)
}
