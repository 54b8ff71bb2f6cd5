/** Hosts as rows: what each has, what is promised of it, what is used of it. Three queries for all of them. */
import type { Sample } from '../model/sample.ts'
import type { Visit } from './visit.ts'

const mib = 1024 ** 2
const gib = 1024 ** 3
/** Beyond this a reading is old: shown with its age, and not as what is. */
const freshMs = 120_000
const lookBackMs = 86_400_000

export const instancesAtMost = 100_000

/** Used and promised beside what there is; null = not known. */
export interface Capacity {
  used: number | null
  allocated: number
  total: number | null
}

/** What a bar shows, in percent of the total, cut at its end. */
export function bar({ used, allocated, total }: Capacity) {
  const percent = (value: number | null) => (value === null || !total ? 0 : Math.min(100, (100 * value) / total))
  return {
    used: percent(used),
    allocated: percent(allocated),
    /** Promised over what there is: 1 is all of it, once. */
    ratio: total ? Math.round((100 * allocated) / total) / 100 : null,
    full: total !== null && total > 0 && used !== null && used / total > 0.95,
  }
}

/** Of all hosts, or of one. */
export async function hostRows(visit: Visit, only?: string) {
  const { inventory, store, alerts } = visit.deps
  const since = visit.now - lookBackMs
  const own = only === undefined ? {} : { host: only }
  const [hypervisors, { rows: instances }, samples, pools, problems] = await Promise.all([
    inventory.hypervisors(visit.scope),
    inventory.instances(visit.scope, { limit: instancesAtMost, sort: 'created', ...own }),
    store.latest({ measurement: 'hypervisor', where: own, since }),
    store.latest({ measurement: 'storage_pool', where: own, since }),
    alerts.problems(visit.scope, { limit: 1000, ...own }),
  ])
  const on = Map.groupBy(instances, ({ host }) => host ?? '')
  const readings = newestBy(samples, 'host')
  const wanted = hypervisors.filter(({ host }) => only === undefined || host === only)
  return wanted.map(({ host, cpus, memoryBytes, version }) => {
    const sample = readings.get(host)
    const age = sample ? visit.now - sample.time : null
    const fresh = age !== null && age <= freshMs
    const fields = fresh ? (sample?.fields ?? {}) : {}
    const here = on.get(host) ?? []
    const worst = problems.find((problem) => problem.host === host && problem.acknowledgement === null)
    const storage = storageOf(pools.filter((pool) => pool.tags.host === host && visit.now - pool.time <= 5 * freshMs))
    const total = { cpus: cpus ?? sample?.fields.cpus ?? null, memory: memoryBytes ?? sample?.fields.memory_total_bytes ?? null }
    const cpuPercent = fields.cpu_percent ?? null
    return {
      host,
      href: `/hosts/${encodeURIComponent(host)}`,
      version,
      instances: here.length,
      fresh,
      readAt: sample?.time ?? null,
      shape: fresh ? (worst?.state ?? 'ok') : 'pending',
      word: visit.t(fresh ? `state.${worst?.state ?? 'ok'}` : 'hosts.noReading'),
      cpuPercent,
      iowaitPercent: fields.iowait_percent ?? null,
      cpu: {
        used: cpuPercent === null || total.cpus === null ? null : (cpuPercent / 100) * total.cpus,
        allocated: here.reduce((sum, { flavor }) => sum + (flavor?.vcpus ?? 0), 0),
        total: total.cpus,
      } satisfies Capacity,
      memory: {
        used: fields.memory_used_bytes ?? null,
        allocated: here.reduce((sum, { flavor }) => sum + (flavor?.memoryMb ?? 0) * mib, 0),
        total: total.memory,
      } satisfies Capacity,
      disk: {
        used: storage.allocated,
        allocated: here.reduce((sum, { flavor }) => sum + (flavor?.diskGb ?? 0) * gib, 0),
        total: storage.capacity,
      } satisfies Capacity,
    }
  })
}

export type HostRow = Awaited<ReturnType<typeof hostRows>>[number]

/** Of all pools together; null where there is none. */
function storageOf(pools: readonly Sample[]) {
  const sum = (field: string) =>
    pools.length === 0 ? null : pools.reduce((total, { fields }) => total + (fields[field] ?? 0), 0)
  return { capacity: sum('capacity_bytes'), allocated: sum('allocated_bytes') }
}

/** The newest sample for each value of a tag. */
export function newestBy(samples: readonly Sample[], tag: string): Map<string, Sample> {
  const newest = new Map<string, Sample>()
  for (const sample of samples) {
    const key = sample.tags[tag] ?? ''
    if (sample.time >= (newest.get(key)?.time ?? Number.NEGATIVE_INFINITY)) newest.set(key, sample)
  }
  return newest
}
