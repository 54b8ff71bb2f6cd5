/** Replays a trace through the engine's own decisions on a virtual clock. */
import { asNagios, type Quirks, sensible } from '../quirks.ts'
import { dueDowntimes, nextDowntimeTurn, takeDueTurn } from './downtime-turns.ts'
import { lookForStale, nextFreshnessLook, nextPlanned, planFirst } from './plan-checks.ts'
import { dueChecks, runCheck } from './run-checks.ts'
import { commands, takeCommand } from './take-command.ts'
import { takeResult } from './take-result.ts'
import type { Observed, Trace, TraceStep } from './trace.ts'
import { instant, keyOf, secondsOf, type World, worldOf } from './world.ts'

export interface Replayed {
  observed: Observed[]
  /** What the trace asks for and the engine does not know: those steps are left out, and what depends on them may differ. */
  unsupported: string[]
}

export interface ReplayOptions {
  /** All of Nagios's quirks at once. */
  nagiosCompatible?: boolean
  /** Single ones. */
  quirks?: Partial<Quirks>
}

/** What the engine does with a trace. Of one instant, the steps come before the engine's own timers. */
export function replay(trace: Trace, { nagiosCompatible = false, quirks = {} }: ReplayOptions = {}): Replayed {
  const world = worldOf(trace, { ...(nagiosCompatible ? asNagios : sensible), ...quirks })
  const unsupported = new Set<string>()
  planFirst(world)
  let looked = instant(trace, 0)
  const end = instant(trace, trace.until)
  const steps = trace.steps.toSorted((a, b) => a.t - b.t)
  for (let next = 0; ; ) {
    const look = nextFreshnessLook(world, looked)
    const timer = Math.min(nextDowntimeTurn(world), nextPlanned(world), look)
    const step = steps[next]
    const before = world.order
    const now = Math.min(timer, step ? instant(trace, step.t) : Number.POSITIVE_INFINITY)
    if (now > end) break
    if (look <= now) {
      looked = now
      lookForStale(world, secondsOf(trace, now) as number)
    }
    if (step && instant(trace, step.t) <= now) {
      next++
      if (!take(world, step)) unsupported.add(step.do)
      continue
    }
    const t = secondsOf(trace, now) as number
    // What is ordered in the last second that is observed is not seen to run.
    const ordered = t < trace.until ? Number.POSITIVE_INFINITY : before
    runTimers(world, t, ordered)
    if (now === end) break
  }
  return { observed: world.observed, unsupported: [...unsupported].sort() }
}

function take(world: World, step: TraceStep): boolean {
  const object = world.objects.get(keyOf(step.host ?? '', step.service))
  if (!object) return true
  const { t, exit = 3, output = '', via } = step
  if (step.do === 'result') takeResult(world, object, t, { exit, output, via: via === 'passive' ? 'passive' : 'active' })
  else if (commands.has(step.do)) takeCommand(world, object, step)
  else return false
  return true
}

/** Everything that is due in one instant. What the recorded engine did in it gives the order where there is a choice. */
function runTimers(world: World, t: number, ordered: number): void {
  const recorded = world.ties.get(t) ?? []
  for (;;) {
    const [downtime] = dueDowntimes(world, instant(world.trace, t))
    const [check] = dueChecks(world, t, ordered)
    if (!downtime && !check) return
    const before = check && downtime && recorded.indexOf(downtime.id) > recorded.indexOf(check.key)
    const next = downtime && !before ? downtime.id : (check?.key ?? '')
    if (recorded.includes(next)) recorded.splice(recorded.indexOf(next), 1)
    if (downtime && !before) takeDueTurn(world, downtime.id, t)
    else if (check) runCheck(world, check, t)
  }
}
