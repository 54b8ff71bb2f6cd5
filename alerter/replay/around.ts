/** What holds around an object of a trace at one moment, and who hears of it. */
import { waits } from '../../model/downtime.ts'
import type { Alert, Reach, Reaching } from '../alert.ts'
import type { Surroundings } from '../decide.ts'
import { isValid, notFor, repeatOf } from '../hearing.ts'
import { failingMaster } from '../masters.ts'
import { type Hearer, hostOf, type ReplayObject, type World } from './world.ts'

export const depthOf = ({ downtimes }: World, { key }: ReplayObject) =>
  downtimes.filter(({ subject, active }) => active && subject === key).length

/** Everything that decides whether somebody is told of the object now. */
export function aroundOf(world: World, object: ReplayObject, now: number): Surroundings {
  const host = object.service === null ? null : hostOf(world, object)
  const down = host !== null && host.tracked.state.state !== 'ok'
  const flexible = (one: ReplayObject | null) =>
    one && world.downtimes.some((it) => it.subject === one.key && waits(it, now)) ? 'a flexible downtime begins' : null
  const planned = (one: ReplayObject | null) => (one && depthOf(world, one) > 0 ? `${one.key} is in a planned downtime` : null)
  return {
    now,
    host: host === null,
    dependencyDown: down,
    dependency: down && host.tracked.state.hard ? { reason: `${object.host} is down`, certain: true } : null,
    off: object.notifications ? null : 'notifications are switched off',
    master: explained(world, object, now) ?? (host && explained(world, host, now)),
    downtime: planned(object),
    downtimeBelow: planned(host),
    flexible: flexible(object),
    downtimeStarting: flexible(object) ?? flexible(host),
    clockMovesInDowntime: world.quirks.clockMovesInDowntime && host !== null,
    nagiosPeriods: world.quirks.periodGaps,
    oweRecoveries: !world.quirks.forgetHeldRecoveries,
  }
}

/** Why a master's state keeps a check from being run or told. */
export function explained(world: World, { key }: ReplayObject, now: number, what: 'notTold' | 'notChecked' = 'notTold') {
  const failing = failingMaster(
    {
      ...{
        rulesOf: (id: string) => world.masters.filter(({ dependent }) => dependent === id),
        now,
        softStates: world.trace.settings.softStateDependencies,
      },
      pendingPasses: world.quirks.pendingMastersPass,
      periodEndsSearch: world.quirks.dependencyPeriodEndsSearch,
      state: (id) => world.objects.get(id)?.tracked.state,
    },
    key,
    what,
  )
  return failing && `${failing.master} is ${failing.state}`
}

/** Those who hear of an alert about the object. */
export function reachingOf(object: ReplayObject, now: number): Reaching<string> {
  return (alert, number) => reach(object, alert, number, now, { forced: false, broadcast: false })
}

export function reach(
  { contacts, escalations, rule, importance }: ReplayObject,
  alert: Alert,
  number: number,
  now: number,
  { forced, broadcast }: { forced: boolean; broadcast: boolean },
): Reach<string> {
  const valid = escalations.filter((escalation) => isValid(escalation, alert, number, now))
  const escalated = valid.length > 0
  const asked = [
    ...(broadcast ? escalations : valid).flatMap(({ people }) => people),
    ...(escalated && !broadcast ? [] : contacts),
  ]
  const hears = (one: Hearer) => forced || notFor(one, alert, importance, now) === null
  const recipients = [...new Set(asked.filter(hears).map(({ name }) => name))]
  return { recipients, escalated, repeatMs: repeatOf(valid, rule.repeatMs) }
}
