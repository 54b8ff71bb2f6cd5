import type { ResourceKind, ResourceSegment, ResourceUsageRow } from './usage.ts'

export type ResourceUsageBy = 'project' | 'user' | 'resource' | 'type'

interface Sum {
  kind: ResourceKind
  key: string
  resources: Set<string>
  seconds: number
  gibSeconds: number
  idleSeconds: number
}

/**
 * Segments, clipped to the period, added up by kind and one key: whole seconds × GiB, divided once at the end, so that the sums
 * over any grouping agree. Largest first within each kind.
 */
export function addResourceUsage(
  segments: Iterable<ResourceSegment & { to: number }>,
  by: ResourceUsageBy,
): Omit<ResourceUsageRow, 'name'>[] {
  const sums = new Map<string, Sum>()
  for (const segment of segments) {
    const key = keyOf(segment, by)
    const place = `${segment.kind} ${key}`
    let sum = sums.get(place)
    if (!sum) {
      sum = { kind: segment.kind, key, resources: new Set(), seconds: 0, gibSeconds: 0, idleSeconds: 0 }
      sums.set(place, sum)
    }
    const seconds = (segment.to - segment.from) / 1000
    sum.resources.add(segment.id)
    sum.seconds += seconds
    sum.gibSeconds += seconds * (segment.sizeGib ?? 0)
    if (segment.state === 'idle') sum.idleSeconds += seconds
  }
  return [...sums.values()]
    .map(({ kind, key, resources, seconds, gibSeconds, idleSeconds }) => ({
      ...{ kind, key, count: resources.size },
      hours: seconds / 3600,
      gibHours: gibSeconds / 3600,
      idleHours: idleSeconds / 3600,
    }))
    .sort((a, b) => compare(a.kind, b.kind) || b.gibHours - a.gibHours || b.hours - a.hours || compare(a.key, b.key))
}

const order: readonly string[] = ['volume', 'snapshot', 'backup', 'image', 'floatingip']
const compare = (a: string, b: string) => order.indexOf(a) - order.indexOf(b) || (a < b ? -1 : a > b ? 1 : 0)

function keyOf(segment: ResourceSegment, by: ResourceUsageBy): string {
  switch (by) {
    case 'project':
      return segment.project ?? ''
    case 'user':
      return segment.user ?? ''
    case 'resource':
      return segment.id
    case 'type':
      return segment.type ?? ''
  }
}
