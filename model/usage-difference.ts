/**
 * The difference between Nova's own figure and what was really used, instance by instance, taken apart into causes. Whole
 * seconds throughout, divided once at the end: causes add up exactly.
 */
import type { Launch } from './launches.ts'
import { inWindow, type ParityInstance, parityHours } from './parity.ts'
import type { DifferenceCause, Segment, StateClass, UsageDifference } from './usage.ts'

/** What Nova and the ledger know of one instance. `launchedAt` null: Nova counts nothing. */
export interface Accounted extends Omit<ParityInstance, 'launchedAt' | 'project'> {
  project: string | null
  launchedAt: number | null
  launches: readonly Launch[]
  /** Nova's terminated_at (`terminatedAt`) is that of a soft delete which was undone. */
  keptTerminated: boolean
}

type Held = Pick<Segment, 'state' | 'flavor'> & { from: number; to: number }
type Part = Omit<DifferenceCause, 'hours' | 'vcpuHours'> & { seconds: number; vcpuSeconds: number }

/**
 * `held` are the segments that count, clipped to the period, ascending. The period is [from, to) in whole seconds, `to` no later
 * than now.
 */
export function differenceOf(
  instance: Accounted,
  held: readonly Held[],
  { from, to }: { from: number; to: number },
): UsageDifference {
  const { launchedAt } = instance
  const nova = launchedAt === null ? null : { ...instance, launchedAt, project: instance.project ?? '' }
  const counted = nova !== null && instance.project !== null && inWindow(nova, from, to)
  const paritySeconds = counted ? Math.round(parityHours(nova, from, to, to) * 3600) : 0
  const newest = instance.flavor?.vcpus ?? 0
  const begins = counted ? Math.max(nova.launchedAt, from) : to
  const ends = counted ? Math.max(begins, Math.min(instance.terminatedAt ?? to, to)) : to

  const flavorAt = (at: number) => (held.find((segment) => segment.to > at) ?? instance).flavor?.name ?? null
  const parts: Part[] = []
  const alike = new Map<StateClass, number>()
  let ledgerSeconds = 0
  let ledgerVcpuSeconds = 0
  /** Where Nova's time is covered by ours so far. */
  let covered = begins
  for (const segment of held) {
    const vcpus = segment.flavor?.vcpus ?? 0
    const flavor = segment.flavor?.name ?? null
    ledgerSeconds += (segment.to - segment.from) / 1000
    ledgerVcpuSeconds += ((segment.to - segment.from) / 1000) * vcpus
    for (const part of beforeLaunch(instance, segment, Math.min(segment.to, begins))) {
      // a resize to the same flavor is a cold migration
      const moved = part.event === 'instance.resize_finish' && part.at !== null && flavorAt(part.at) === flavor
      parts.push({ ...part, ...(moved && { event: 'instance.migrate' }), flavor, vcpuSeconds: part.seconds * vcpus })
    }
    const [both, bothEnd] = [Math.max(segment.from, begins), Math.min(segment.to, ends)]
    if (bothEnd > both) {
      if (both > covered) parts.push(notHeld(covered, both, newest, instance))
      covered = bothEnd
      const seconds = (bothEnd - both) / 1000
      if (vcpus !== newest)
        parts.push({ kind: 'flavor', at: segment.from, event: null, flavor, seconds: 0, vcpuSeconds: seconds * (vcpus - newest) })
      if (segment.state !== 'running') alike.set(segment.state, (alike.get(segment.state) ?? 0) + seconds)
    }
    const late = (segment.to - Math.max(segment.from, ends)) / 1000
    if (counted && late > 0)
      parts.push({
        kind: instance.keptTerminated ? 'kept-terminated' : 'end',
        at: instance.terminatedAt,
        event: null,
        flavor,
        seconds: late,
        vcpuSeconds: late * vcpus,
      })
  }
  if (ends > covered) parts.push(notHeld(covered, ends, newest, instance))
  // a terminated_at before launched_at (clocks of two hosts): Nova subtracts hours
  if (paritySeconds < 0)
    parts.push({
      kind: 'end',
      at: instance.terminatedAt,
      event: null,
      flavor: null,
      seconds: -paritySeconds,
      vcpuSeconds: -paritySeconds * newest,
    })
  const left = ledgerSeconds - paritySeconds - parts.reduce((sum, { seconds }) => sum + seconds, 0)
  const vcpusLeft = ledgerVcpuSeconds - paritySeconds * newest - parts.reduce((sum, { vcpuSeconds }) => sum + vcpuSeconds, 0)
  if (left !== 0 || vcpusLeft !== 0)
    parts.push({ kind: 'unexplained', at: null, event: null, flavor: null, seconds: left, vcpuSeconds: vcpusLeft })
  return {
    instance: instance.id,
    name: instance.name,
    project: instance.project ?? '',
    flavor: instance.flavor?.name ?? null,
    parityHours: paritySeconds / 3600,
    ledgerHours: ledgerSeconds / 3600,
    parityVcpuHours: (paritySeconds * newest) / 3600,
    ledgerVcpuHours: ledgerVcpuSeconds / 3600,
    causes: merged(parts),
    alike: [...alike].map(([state, seconds]) => ({ state, hours: seconds / 3600 })),
  }
}

/** A stretch that lies before what Nova counts from: each launch made it forget what was since the launch before. */
function* beforeLaunch(
  { launches, launchedAt, project }: Accounted,
  { from }: Held,
  to: number,
): Generator<Omit<Part, 'flavor' | 'vcpuSeconds'>> {
  if (to <= from) return
  const first = launches[0]?.at ?? launchedAt
  if (first === null || project === null) {
    yield { kind: 'unlaunched', at: null, event: null, seconds: (to - from) / 1000 }
    return
  }
  if (from < first) yield { kind: 'unlaunched', at: null, event: null, seconds: (Math.min(to, first) - from) / 1000 }
  for (const [i, launch] of launches.entries()) {
    const next = launches[i + 1]
    const seconds = (Math.min(to, next?.at ?? to) - Math.max(from, launch.at)) / 1000
    if (next && seconds > 0) yield { kind: 'relaunched', at: next.at, event: next.event, seconds }
  }
}

/** Nova counts, and nothing was held: it had failed without a host, or had ended. */
function notHeld(from: number, to: number, vcpus: number, { terminatedAt }: Accounted): Part {
  const seconds = (from - to) / 1000
  const kind = terminatedAt !== null && to >= terminatedAt ? 'end' : 'not-held'
  return { kind, at: from, event: null, flavor: null, seconds, vcpuSeconds: seconds * vcpus }
}

/** One line a cause: stretches of different states with the same cause and flavor are one. */
function merged(parts: readonly Part[]): DifferenceCause[] {
  const byCause = Map.groupBy(parts, ({ kind, at, event, flavor }) =>
    JSON.stringify(kind === 'flavor' ? [kind, flavor] : [kind, at, event, flavor]),
  )
  return [...byCause.values()]
    .map((its) => {
      const [{ kind, at, event, flavor }] = its as [Part]
      const sum = (field: 'seconds' | 'vcpuSeconds') => its.reduce((total, part) => total + part[field], 0)
      return { kind, at, event, flavor, hours: sum('seconds') / 3600, vcpuHours: sum('vcpuSeconds') / 3600 }
    })
    .sort((a, b) => (a.at ?? 0) - (b.at ?? 0))
}
