import type { LedgerFlavor } from './ledger-state.ts'
import type { UsageBy, UsageRow } from './usage.ts'

/** A stretch of use inside the asked window, with what it is charged by. */
export interface Portion {
  instance: string
  project: string | null
  user: string | null
  host: string | null
  flavor: LedgerFlavor | null
  seconds: number
  /** Running, as opposed to stopped, paused, shelved … */
  running: boolean
}

interface Sum {
  instances: Set<string>
  seconds: number
  runningSeconds: number
  vcpuSeconds: number
  memoryMibSeconds: number
  diskGibSeconds: number
}

/**
 * Portions added up by one key. Sums are whole numbers of seconds × units, divided once at the end, so that the sums over any
 * grouping agree exactly. Largest first.
 */
export function addUsage(portions: Iterable<Portion>, by: UsageBy): Omit<UsageRow, 'name'>[] {
  const sums = new Map<string, Sum>()
  for (const portion of portions) {
    const key = keyOf(portion, by)
    let sum = sums.get(key)
    if (!sum) {
      sum = { instances: new Set(), seconds: 0, runningSeconds: 0, vcpuSeconds: 0, memoryMibSeconds: 0, diskGibSeconds: 0 }
      sums.set(key, sum)
    }
    sum.instances.add(portion.instance)
    sum.seconds += portion.seconds
    if (portion.running) sum.runningSeconds += portion.seconds
    sum.vcpuSeconds += portion.seconds * (portion.flavor?.vcpus ?? 0)
    sum.memoryMibSeconds += portion.seconds * (portion.flavor?.memoryMb ?? 0)
    sum.diskGibSeconds += portion.seconds * (portion.flavor?.diskGb ?? 0)
  }
  return [...sums]
    .map(([key, sum]) => ({
      key,
      instances: sum.instances.size,
      hours: sum.seconds / 3600,
      runningHours: sum.runningSeconds / 3600,
      vcpuHours: sum.vcpuSeconds / 3600,
      memoryGibHours: sum.memoryMibSeconds / 1024 / 3600,
      diskGibHours: sum.diskGibSeconds / 3600,
    }))
    .sort((a, b) => b.vcpuHours - a.vcpuHours || (a.key < b.key ? -1 : 1))
}

function keyOf(portion: Portion, by: UsageBy): string {
  switch (by) {
    case 'project':
      return portion.project ?? ''
    case 'user':
      return portion.user ?? ''
    case 'instance':
      return portion.instance
    case 'host':
      return portion.host ?? ''
    case 'flavor':
      return portion.flavor?.name ?? ''
  }
}
