/**
 * The launches of an instance. Nova keeps only the newest launched_at; each new one makes it forget the hours before, so
 * every launch is kept here with what caused it.
 */
import type { CloudEvent } from './event.ts'
import type { Waiting } from './overdue.ts'

export interface Launch {
  /** launched_at, epoch ms cut to the second. */
  at: number
  /** Canonical type of the event that caused it (`instance.resize_finish`, `instance.rebuild` …); null = nobody said. */
  event: string | null
}

/** Events whose `.end` carries a launched_at of their own. Source: nova/compute/manager.py, wherever it sets launched_at. */
const launching = new Set(['create', 'resize_finish', 'resize_revert', 'rebuild', 'evacuate', 'rescue', 'unshelve'])

/** In which order a launch without a named cause is put down to what was under way. */
const likely = ['rebuild', 'resize_revert', 'resize', 'rescue', 'unshelve', 'create'] as const

/** Nothing is launched twice within this time: a database that rounds fractions told the same launch, ms. */
const sameLaunch = 1000

/** Canonical type of the launch that this event completes, or null. A rebuild on another host is an evacuation. */
export function launchTold(event: CloudEvent, moved: boolean): string | null {
  const action = event.type.slice('instance.'.length)
  if (event.phase !== 'end' || !launching.has(action)) return null
  return action === 'rebuild' && moved ? 'instance.evacuate' : event.type
}

/** The launches with one more word about them; the same list when it says nothing new. */
export function withLaunch(launches: readonly Launch[], at: number, cause: string | null, waiting: Waiting): readonly Launch[] {
  const index = launches.findLastIndex((launch) => launch.at <= at)
  const known = launches[index]
  if (known && at - known.at <= sameLaunch && known.at < at) return launches.with(index, { at, event: cause ?? known.event })
  const next = launches[index + 1]
  if (next && next.at - at <= sameLaunch && known?.at !== at) return launches
  if (known?.at === at) {
    if (cause === null || cause === known.event) return launches
    // its twin in the other format finds the instance there already
    if (known.event === 'instance.evacuate' && cause === 'instance.rebuild') return launches
    return launches.with(index, { at, event: cause })
  }
  return launches.toSpliced(index + 1, 0, { at, event: cause ?? underWay(waiting) })
}

function underWay(waiting: Waiting): string | null {
  const action = likely.find((one) => waiting[one] !== undefined)
  return action === undefined ? null : `instance.${action === 'resize' ? 'resize_finish' : action}`
}
