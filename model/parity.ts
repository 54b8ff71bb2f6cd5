/**
 * Nova's os-simple-tenant-usage, to the second. Source: nova/api/openstack/compute/simple_tenant_usage.py. It counts each
 * instance from its *newest* launched_at with the flavor it has *now*, whatever state it was in; `model/ledger.ts` knows better.
 */
import type { Json } from './event.ts'
import type { LedgerFlavor } from './ledger-state.ts'

export interface ParityInstance {
  id: string
  name: string | null
  project: string
  flavor: LedgerFlavor | null
  /** Nova's vm_state. */
  state: string | null
  launchedAt: number
  terminatedAt: number | null
}

/** Which rows Nova would read for a window: ended after its start, launched before its end (both cut to whole seconds). */
export function inWindow(instance: ParityInstance, from: number, to: number): boolean {
  const second = (time: number) => Math.floor(time / 1000) * 1000
  return (instance.terminatedAt === null || instance.terminatedAt > second(from)) && instance.launchedAt < second(to)
}

/** Hours of one instance in [from, to), no rounding. `now` ends a window that reaches into the future. */
export function parityHours(instance: ParityInstance, from: number, to: number, now: number): number {
  const end = Math.min(to, now)
  if (instance.terminatedAt !== null && instance.terminatedAt < from) return 0
  if (instance.launchedAt > end) return 0
  return (Math.min(end, instance.terminatedAt ?? end) - Math.max(instance.launchedAt, from)) / 3_600_000
}

/** The detailed answer, one entry a project, instances in Nova's order (project, uuid). */
export function tenantUsages(instances: readonly ParityInstance[], from: number, to: number, now: number): Json[] {
  const byProject = Map.groupBy(
    instances.filter((instance) => inWindow(instance, from, to)),
    ({ project }) => project,
  )
  return [...byProject].sort(([a], [b]) => (a < b ? -1 : 1)).map(([project, its]) => tenantUsage(project, its, from, to, now))
}

function tenantUsage(project: string, instances: readonly ParityInstance[], from: number, to: number, now: number): Json {
  const sorted = [...instances].sort((a, b) => (a.id < b.id ? -1 : 1))
  let hours = 0
  let localGb = 0
  let vcpus = 0
  let memoryMb = 0
  const rows = sorted.map((instance) => {
    const its = parityHours(instance, from, to, now)
    const flavor = instance.flavor
    hours += its
    localGb += (flavor?.diskGb ?? 0) * its
    vcpus += (flavor?.vcpus ?? 0) * its
    memoryMb += (flavor?.memoryMb ?? 0) * its
    return {
      hours: its,
      flavor: flavor?.name ?? null,
      instance_id: instance.id,
      name: instance.name,
      tenant_id: project,
      memory_mb: flavor?.memoryMb ?? null,
      local_gb: flavor?.diskGb ?? null,
      vcpus: flavor?.vcpus ?? null,
      started_at: novaTime(instance.launchedAt),
      ended_at: instance.terminatedAt === null ? null : novaTime(instance.terminatedAt),
      state: instance.terminatedAt === null ? instance.state : 'terminated',
      uptime: Math.floor(((instance.terminatedAt ?? now) - instance.launchedAt) / 1000),
    }
  })
  return {
    tenant_id: project,
    server_usages: rows,
    total_local_gb_usage: localGb,
    total_vcpus_usage: vcpus,
    total_memory_mb_usage: memoryMb,
    total_hours: hours,
    start: novaTime(from),
    stop: novaTime(Math.min(to, now)),
  }
}

/** `2026-11-22T16:03:46.000000` */
const novaTime = (time: number) => new Date(time).toISOString().replace('Z', '000')
