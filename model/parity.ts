/**
 * Nova's os-simple-tenant-usage, to the second. Source: nova/api/openstack/compute/simple_tenant_usage.py. It counts each
 * instance from its *newest* launched_at with the flavor it has *now*, whatever state it was in; `model/ledger.ts` knows better.
 */
import type { Json } from './event.ts'
import type { LedgerFlavor } from './ledger-state.ts'
import type { UsageRow } from './usage.ts'

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

interface NovaServer {
  instance_id: string
  name: string | null
  tenant_id: string
  flavor: string | null
  hours: number
  vcpus: number | null
  memory_mb: number | null
  local_gb: number | null
  state: string | null
}

/** Answers of Nova (or ours in its shape) as lines of a report, largest first. Names are those of instances and flavors. */
export function novaRows(usages: readonly Json[], by: 'project' | 'instance' | 'flavor'): UsageRow[] {
  const servers = usages.flatMap((usage) => (usage as unknown as { server_usages: NovaServer[] }).server_usages)
  const key = { project: 'tenant_id', instance: 'instance_id', flavor: 'flavor' } as const
  return [...Map.groupBy(servers, (server) => server[key[by]] ?? '')]
    .map(([id, its]): UsageRow => {
      const sum = (of: (server: NovaServer) => number | null) => its.reduce((total, one) => total + (of(one) ?? 0) * one.hours, 0)
      return {
        key: id,
        name: by === 'instance' ? (its[0]?.name ?? null) : by === 'flavor' ? id : null,
        instances: new Set(its.map(({ instance_id }) => instance_id)).size,
        hours: sum(() => 1),
        runningHours: sum(({ state }) => (state === 'active' ? 1 : 0)),
        vcpuHours: sum(({ vcpus }) => vcpus),
        memoryGibHours: sum(({ memory_mb }) => memory_mb) / 1024,
        diskGibHours: sum(({ local_gb }) => local_gb),
      }
    })
    .sort((a, b) => b.vcpuHours - a.vcpuHours || (a.key < b.key ? -1 : 1))
}

/** `2026-11-22T16:03:46.000000` */
const novaTime = (time: number) => new Date(time).toISOString().replace('Z', '000')
