/** What carried what at each time that is over: hosts of instances from the ledger, everything else as the inventory has it now. */

import { noFacts, type TopologyFacts } from '../../model/topology.ts'
import type { Segment } from '../../model/usage.ts'

/** Facts that change with time. */
export interface TimedTopology {
  /** When something changed, epoch ms, ascending. */
  changes: readonly number[]
  at(now: number): TopologyFacts
}

/** A week of a busy cloud has thousands of migrations: they are taken together, so that no more topologies than this are made. */
const mostChanges = 500
const finestMs = 60_000

export const steady = (facts: TopologyFacts): TimedTopology => ({ changes: [], at: () => facts })

export interface PastParts {
  /** As the inventory has it now. */
  facts: TopologyFacts
  /** Of the ledger, within the time. */
  segments: Iterable<Pick<Segment, 'instance' | 'from' | 'host'>>
  from: number
  to: number
}

/**
 * Instances that the ledger knows nothing of stay where they are now; before its first segment an instance is on no host. A port's
 * status counts from when it was told.
 */
export function pastTopology({ facts, segments, from, to }: PastParts): TimedTopology {
  const stays = new Map<string, { from: number; host: string | null }[]>()
  const step = Math.max(finestMs, Math.ceil((to - from) / mostChanges / finestMs) * finestMs)
  const changes = new Set<number>()
  // a change counts from the end of the step that it falls into
  const stepEnd = (time: number) => Math.ceil(time / step) * step
  for (const { instance, from: since, host } of segments) {
    const its = stays.get(instance)
    if (its?.at(-1)?.host === host) continue
    if (its) its.push({ from: since, host })
    else stays.set(instance, [{ from: since, host }])
    if (since > from) changes.add(stepEnd(since))
  }
  for (const { at } of facts.ports) if (at > from && at < to) changes.add(stepEnd(at))
  const hostOf = (id: string, now: number, present: string | null) => {
    const its = stays.get(id)
    return its ? (its.findLast((stay) => stay.from <= now)?.host ?? null) : present
  }
  return {
    changes: [...changes].sort((a, b) => a - b),
    at: (now) => ({
      ...facts,
      instances: facts.instances.map((one) => ({ ...one, host: hostOf(one.id, now, one.host) })),
      ports: facts.ports.map((one) => (one.at <= now ? one : { ...one, status: null, at: 0 })),
    }),
  }
}

export const noTopology = steady(noFacts)
