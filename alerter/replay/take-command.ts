/** One operator's step of a trace. */
import { cancel, cannotBe, type Downtime } from '../../model/downtime.ts'
import { acknowledge, delayUntil, detectFlapping, type Operated, tellByHand } from '../operate.ts'
import { aroundOf, reach, reachingOf } from './around.ts'
import { takeTurns } from './downtime-turns.ts'
import { record, recordAfter, recordTellings, recordTurn } from './records.ts'
import type { TraceStep } from './trace.ts'
import { instant, type ReplayObject, type World } from './world.ts'

export const commands = new Set([
  ...['acknowledge', 'unacknowledge', 'downtime', 'cancelDowntime', 'enableNotifications', 'disableNotifications'],
  ...['enableFlapDetection', 'disableFlapDetection', 'customNotification', 'delayNotification'],
])

export function takeCommand(world: World, object: ReplayObject, step: TraceStep): void {
  world.observed.push({ t: step.t, ev: 'command' })
  apply(world, object, step)
  if (step.do !== 'cancelDowntime') recordAfter(world, step.t, object)
}

function apply(world: World, object: ReplayObject, step: TraceStep): void {
  const { trace } = world
  const at = instant(trace, step.t)
  const { tracked, rule } = object
  const around = aroundOf(world, object, at)
  const said = ({ check, telling }: Operated<string>) => {
    object.tracked = check
    recordTellings(world, step.t, object, telling ? [telling] : [])
  }
  switch (step.do) {
    case 'enableNotifications':
    case 'disableNotifications':
      object.notifications = step.do === 'enableNotifications'
      return
    case 'unacknowledge':
      if (world.quirks.withdrawnShows && tracked.acknowledgement)
        object.lingering = tracked.acknowledgement.sticky ? 'sticky' : 'normal'
      object.tracked = { ...tracked, acknowledgement: null }
      return
    case 'acknowledge': {
      const acknowledgement = { author: 'operator', comment: '', time: at, sticky: step.sticky === true }
      const taken = acknowledge(tracked, rule, around, reachingOf(object, at), { acknowledgement, notify: step.notify === true })
      if (taken) said(taken)
      return
    }
    case 'delayNotification':
      object.tracked = delayUntil(tracked, instant(trace, step.until ?? step.t))
      return
    case 'customNotification': {
      const { forced = false, broadcast = false, increment = false } = step
      const reaching = (...[alert, number]: Parameters<ReturnType<typeof reachingOf>>) =>
        reach(object, alert, number, at, { forced, broadcast })
      said(tellByHand(tracked, rule, around, reaching, { forced, increment }))
      return
    }
    case 'enableFlapDetection':
    case 'disableFlapDetection': {
      const on = step.do === 'enableFlapDetection'
      const { check, tellings, turn } = detectFlapping(tracked, rule, around, reachingOf(object, at), on)
      object.tracked = check
      recordTurn(world, step.t, object, turn)
      recordTellings(world, step.t, object, tellings)
      return
    }
    case 'downtime':
      addDowntime(world, object, step)
      return
    case 'cancelDowntime': {
      const { left, turns } = cancel(world.downtimes, String(step.number))
      world.downtimes = left
      takeTurns(world, step.t, turns)
    }
  }
}

function addDowntime(world: World, object: ReplayObject, step: TraceStep): void {
  const { trace } = world
  const { start = step.t, end = step.t, fixed = true, duration = 0, triggeredBy } = step
  const made: Downtime = {
    id: String(world.downtimesMade + 1),
    ...{ subject: object.key, fixed, start: instant(trace, start), end: instant(trace, end), durationMs: duration * 1000 },
    triggeredBy: triggeredBy ? String(triggeredBy) : null,
    ...{ author: 'operator', comment: '', active: false, since: null },
  }
  if (cannotBe(made, instant(trace, step.t)) !== null) return
  world.downtimesMade++
  world.downtimes.push(made)
  record(world, step.t, object, 'downtime', { what: 'add', number: world.downtimesMade })
}
