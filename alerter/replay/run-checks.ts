/** Checks that the engine of a trace runs itself. */
import { hindered, isStale, plan, validFrom } from './plan-checks.ts'
import { takeResult } from './take-result.ts'
import { instant, type ReplayObject, type World } from './world.ts'

/** Checks that are due by now and were ordered before `ordered`, in the order in which they are to run. */
export function dueChecks(world: World, t: number, ordered: number): ReplayObject[] {
  const now = instant(world.trace, t)
  const recorded = world.ties.get(t) ?? []
  const place = (object: ReplayObject) => {
    const turn = recorded.indexOf(object.key)
    if (turn !== -1) return turn
    // It is not recorded, so it was tried when something hindered it.
    return recorded.length > 0 && hindered(world, object, now) !== null ? -1 : recorded.length
  }
  return [...world.objects.values()]
    .filter(({ nextCheck: next }) => next && next.at <= now && next.order < ordered)
    .map((object) => ({ object, place: place(object), order: object.nextCheck?.order ?? 0 }))
    .sort((a, b) => a.place - b.place || a.order - b.order)
    .map(({ object }) => object)
}

/** Runs a check whose time has come, or puts it off. */
export function runCheck(world: World, object: ReplayObject, t: number): void {
  const now = instant(world.trace, t)
  const planned = object.nextCheck
  object.nextCheck = null
  const again = planned?.forced ? null : hindered(world, object, now)
  if (again !== null) {
    if (object.scheduled) plan(world, object, { at: validFrom(world, object, again) })
    return
  }
  const outcomes = world.trace.plan[`${object.host};${object.service ?? ''}`] ?? []
  const outcome = outcomes[Math.min(object.used, outcomes.length - 1)] ?? { exit: 0, output: '' }
  object.used++
  if (planned?.freshness && !freshened(world, object, now)) return
  takeResult(world, object, t, { ...outcome, via: 'scheduled' })
}

/**
 * A result that was ordered because the last was stale: is it still wanted? Another may have come in the meantime; then Nagios
 * takes this one too, and never looks for stale results of the object again.
 */
function freshened(world: World, object: ReplayObject, now: number): boolean {
  const stale = isStale(world, object, now)
  if (stale || !world.quirks.freshnessStopsAfterRace) object.freshening = false
  return stale || world.quirks.freshnessStopsAfterRace
}
