/** Downtimes of a trace that begin and end, and the news of it. */
import type { AlertKind } from '../../model/check.ts'
import { beginFlexible, type DowntimeTurn, nextTurn, turn, waits } from '../../model/downtime.ts'
import { announce } from '../operate.ts'
import { aroundOf, depthOf, reachingOf } from './around.ts'
import { record, recordTellings } from './records.ts'
import { instant, type ReplayObject, type World } from './world.ts'

/** When the next downtime begins or ends, epoch ms. */
export const nextDowntimeTurn = ({ downtimes }: World): number =>
  Math.min(Number.POSITIVE_INFINITY, ...downtimes.flatMap((one) => nextTurn(one) ?? []))

/** The downtimes whose turn has come by now. */
export const dueDowntimes = ({ downtimes }: World, now: number) =>
  downtimes.filter((one) => (nextTurn(one) ?? Number.POSITIVE_INFINITY) <= now)

/** A downtime begins or ends. */
export function takeDueTurn(world: World, id: string, t: number): void {
  const { left, turns } = turn(world.downtimes, id, instant(world.trace, t))
  world.downtimes = left
  takeTurns(world, t, turns)
}

const news = { started: 'downtime-start', ended: 'downtime-end', cancelled: 'downtime-cancelled' } as const

/** A problem: the object's flexible downtimes begin. Its own news of that are told with the result. */
export function beginWaiting(world: World, object: ReplayObject, t: number): void {
  const at = instant(world.trace, t)
  for (const { id } of world.downtimes.filter((one) => one.subject === object.key && waits(one, at))) {
    const { left, turns } = turn(beginFlexible(world.downtimes, object.key, at), id, at)
    world.downtimes = left
    takeTurns(world, t, turns, object)
  }
}

export function takeTurns(world: World, t: number, turns: readonly DowntimeTurn[], told: ReplayObject | null = null): void {
  for (const { downtime, what } of turns) {
    const object = world.objects.get(downtime.subject) as ReplayObject
    const number = Number(downtime.id)
    if (what === 'started') {
      record(world, t, object, 'downtime', { what: 'start', number })
      if (depthOf(world, object) === 1 && object !== told) say(world, t, object, news.started, true)
      continue
    }
    if (downtime.active && what !== 'expired') {
      record(world, t, object, 'downtime', { what: 'stop', number, ...(what === 'cancelled' ? { cancelled: true } : {}) })
      if (depthOf(world, object) === 0) say(world, t, object, news[what], false)
    }
    if (what === 'expired') say(world, t, object, 'downtime-end', false)
    record(world, t, object, 'downtime', { what: 'delete', number })
  }
}

/** The news of a beginning go out before the downtime holds anything back. */
function say(
  world: World,
  t: number,
  object: ReplayObject,
  kind: Exclude<AlertKind, 'problem' | 'recovery'>,
  begins: boolean,
): void {
  const at = instant(world.trace, t)
  const around = aroundOf(world, object, at)
  const { check, telling } = announce(
    object.tracked,
    object.rule,
    begins ? { ...around, downtime: null } : around,
    reachingOf(object, at),
    kind,
  )
  object.tracked = check
  recordTellings(world, t, object, telling ? [telling] : [])
}
