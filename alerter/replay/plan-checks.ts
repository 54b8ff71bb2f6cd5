/** When the engine of a trace runs checks itself, which besides, and what keeps them from being run. */
import type { State } from '../../model/check.ts'
import { nextWithin, within } from '../../model/time-period.ts'
import { explained } from './around.ts'
import { record } from './records.ts'
import { hostOf, instant, type ReplayObject, secondsOf, type World } from './world.ts'

/** Plans the first checks: all at once, or when their period begins. */
export function planFirst(world: World): void {
  const now = instant(world.trace, 0)
  for (const object of world.objects.values())
    if (object.config.activeChecks) plan(world, object, { at: validFrom(world, object, now) })
}

/** When the next planned check is due, epoch ms. */
export const nextPlanned = ({ objects }: World): number =>
  Math.min(Number.POSITIVE_INFINITY, ...[...objects.values()].flatMap(({ nextCheck }) => nextCheck?.at ?? []))

/** When to try again, because the check must not run now; null = it may. */
export function hindered(world: World, object: ReplayObject, now: number): number | null {
  const { settings } = world.trace
  const { state } = object.tracked
  const unit = settings.intervalLength * 1000
  const regular = (object.config.checkInterval || 300 / settings.intervalLength) * unit
  const soft = !state.hard && state.state !== 'ok'
  const pause = soft ? object.config.retryInterval * unit : regular
  if (object.service === null && isRecent(state.lastCheck, settings.cachedHostCheckHorizon, now)) return now + regular
  if (explained(world, object, now, 'notChecked')) return now + pause
  if (object.checkPeriod && !within(object.checkPeriod, now)) return now + regular
  return null
}

const isRecent = (lastCheck: number | null, horizon: number, now: number) =>
  lastCheck !== null && lastCheck + horizon * 1000 > now

export const validFrom = ({ quirks }: World, { checkPeriod }: ReplayObject, at: number) =>
  (checkPeriod && nextWithin(checkPeriod, at, { nagiosCompatible: quirks.periodGaps })) ?? at

/** An earlier check replaces a later one, a forced one any that is not. */
export function plan(world: World, object: ReplayObject, wanted: { at: number; forced?: boolean; freshness?: boolean }): void {
  const { at, forced = false, freshness = false } = wanted
  const before = object.nextCheck
  if (!object.config.activeChecks && !forced) return
  const wins = before === null || (forced ? !before.forced || at < before.at : !before.forced && at < before.at)
  if (wins) object.nextCheck = { at, forced, freshness, order: world.order++ }
}

/** A check out of turn, unless what is known is recent enough. */
function checkNow(world: World, object: ReplayObject, now: number, horizon: number): void {
  if (!isRecent(object.tracked.state.lastCheck, horizon, now)) plan(world, object, { at: now })
}

/** After a result the next check is planned: after the retry interval while the state is soft. */
export function planNext(
  world: World,
  object: ReplayObject,
  { retry, stateChanged, hardChanged }: { retry: boolean; stateChanged: boolean; hardChanged: boolean },
  now: number,
  via: string,
): void {
  if (via === 'scheduled') object.scheduled = true
  else object.scheduled = stateChanged || hardChanged
  if (!object.config.activeChecks || !object.scheduled) return
  const interval = retry ? object.config.retryInterval : object.config.checkInterval
  const at = now + interval * world.trace.settings.intervalLength * 1000
  plan(world, object, { at: validFrom(world, object, at) })
}

/** Is the host itself in trouble? A service's change asks that, and what it finds changes what is told. */
export function afterServiceResult(world: World, service: ReplayObject, was: State, now: number): void {
  const host = hostOf(world, service)
  const { state } = service.tracked.state
  const { cachedHostCheckHorizon: horizon } = world.trace.settings
  const { state: hostState, checked, lastCheck } = host.tracked.state
  const fresh = lastCheck !== null && now - lastCheck < horizon * 1000
  if (
    state === 'ok'
      ? !checked || (hostState !== 'ok' && !(was === 'ok' && fresh))
      : hostState === 'ok' && was !== state && (lastCheck === null || lastCheck + horizon * 1000 < now)
  )
    checkNow(world, host, now, horizon)
}

/** What a host's change says about those before and behind it. */
export function afterHostResult(world: World, host: ReplayObject, was: State, now: number): void {
  const { state, attempt } = host.tracked.state
  const { settings } = world.trace
  if ((was === 'ok') === (state === 'ok')) return
  const recovered = state === 'ok'
  const horizon = settings.cachedHostCheckHorizon
  for (const parent of parentsOf(world, host))
    if ((parent.tracked.state.state === 'ok') === (recovered === world.quirks.parentsCheckedInReverse))
      checkNow(world, parent, now, horizon)
  for (const child of childrenOf(world, host))
    if (child.tracked.state.state !== (recovered ? 'ok' : 'unknown')) checkNow(world, child, now, horizon)
  if (recovered || !settings.predictiveDependencyChecks || attempt !== host.rule.attempts - 1) return
  for (const { master, dependent } of world.masters) {
    const object = dependent === host.key && world.objects.get(master)
    if (object) plan(world, object, { at: now })
  }
}

const parentsOf = ({ objects }: World, { config }: ReplayObject) =>
  'parents' in config ? config.parents.flatMap((name) => objects.get(name) ?? []) : []

const childrenOf = ({ objects }: World, { host }: ReplayObject) =>
  [...objects.values()].filter(({ config }) => 'parents' in config && config.parents.includes(host))

/** When results are next looked over for stale ones, epoch ms. */
export function nextFreshnessLook({ trace }: World, now: number): number {
  const { freshness, freshnessInterval } = trace.settings
  if (!freshness) return Number.POSITIVE_INFINITY
  const passed = Math.floor((secondsOf(trace, now) as number) / freshnessInterval) + 1
  return instant(trace, passed * freshnessInterval)
}

/** A result that is too old orders a check at once, whatever stands against it. */
export function lookForStale(world: World, t: number): void {
  const now = instant(world.trace, t)
  for (const object of world.objects.values()) {
    if (object.freshening || !isStale(world, object, now)) continue
    object.freshening = true
    record(world, t, object, 'stale')
    plan(world, object, { at: now, forced: true, freshness: true })
  }
}

export function isStale({ trace }: World, { config, tracked, checkPeriod }: ReplayObject, now: number): boolean {
  const { intervalLength, additionalFreshnessLatency } = trace.settings
  if (config.freshnessThreshold === undefined || (checkPeriod && !within(checkPeriod, now))) return false
  const soft = !tracked.state.hard && tracked.state.state !== 'ok'
  const interval = soft ? config.retryInterval : config.checkInterval
  const threshold = config.freshnessThreshold || interval * intervalLength + additionalFreshnessLatency
  return (tracked.state.lastCheck ?? instant(trace, 0)) + threshold * 1000 < now
}
