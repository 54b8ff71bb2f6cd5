/** One result of a trace: decided by the engine, and written down as the trace would. */
import type { State } from '../../model/check.ts'
import { countFlapping } from '../count-flapping.ts'
import { decide, endsAcknowledgement } from '../decide.ts'
import { tell } from '../tell.ts'
import { aroundOf, reachingOf } from './around.ts'
import { beginWaiting } from './downtime-turns.ts'
import { afterHostResult, afterServiceResult, planNext } from './plan-checks.ts'
import { record, recordAfter, recordTellings, recordTurn } from './records.ts'
import { word } from './words.ts'
import { hostOf, instant, type ReplayObject, type World } from './world.ts'

export interface TraceResult {
  exit: number
  output: string
  via: 'active' | 'passive' | 'scheduled'
}

export function takeResult(world: World, object: ReplayObject, t: number, result: TraceResult): void {
  const { trace } = world
  const at = instant(trace, t)
  const isHost = object.service === null
  const passive = result.via === 'passive'
  record(world, t, object, 'result', { ...result })
  const warning = warningOf(object, result)
  if (warning) world.observed.push({ t, ev: 'log', line: warning })
  if (!isHost) beginHost(world, object)
  const before = object.tracked
  const around = aroundOf(world, object, at)
  const state = stateOf(world, object, result)
  const output = textOf(world, object, result)
  const confirmed = isHost && passive && !trace.settings.passiveHostResultsAreSoft
  if (!isHost && state !== 'ok' && around.dependencyDown && state === before.state.state) remindOfHost(world, object, t)
  const decision = decide(before, { state, output }, object.rule, { ...around, confirmed }, reachingOf(object, at))
  object.tracked = decision.next
  const { lingering } = object
  if (lingering && endsAcknowledgement({ sticky: lingering === 'sticky' }, decision, state)) object.lingering = null
  if (decision.beginsDowntimes) beginWaiting(world, object, t)
  recordTellings(world, t, object, decision.tellings)
  recordTurn(world, t, object, decision.flapping)
  if (isHost) afterHostResult(world, object, before.state.state, at)
  else afterServiceResult(world, object, before.state.state, at)
  if (!isHost && world.quirks.servicesRecordHosts) recordHost(world, hostOf(world, object), t)
  planNext(world, object, decision, at, result.via)
  if (decision.change) {
    const { to, hard, attempt } = decision.change
    record(world, t, object, 'alert', { state: word(object, to), type: hard ? 'HARD' : 'SOFT', attempt })
  }
  if (decision.handled && object.config.eventHandler) {
    const type = decision.reachedHard ? 'HARD' : 'SOFT'
    record(world, t, object, 'handler', { state: word(object, state), type })
  }
  recordAfter(world, t, object, result.output)
}

/** A service's lasting problem on a host that is down is told as the host's. */
function remindOfHost(world: World, object: ReplayObject, t: number): void {
  const host = hostOf(world, object)
  const at = instant(world.trace, t)
  const alert = { kind: 'problem', check: host.tracked, rule: host.rule } as const
  const { told, telling } = tell(alert, aroundOf(world, host, at), reachingOf(host, at))
  host.tracked = { ...host.tracked, told }
  recordTellings(world, t, host, telling ? [telling] : [])
}

/** A service's result also records its host's state for flapping. */
function recordHost(world: World, host: ReplayObject, t: number): void {
  const at = instant(world.trace, t)
  const { check, tellings, turn } = countFlapping(host.tracked, host.rule, aroundOf(world, host, at), reachingOf(host, at), true)
  host.tracked = check
  recordTellings(world, t, host, tellings)
  recordTurn(world, t, host, turn)
}

/** A host that was never counted from takes its first instant from its services' results. */
function beginHost(world: World, service: ReplayObject): void {
  const host = hostOf(world, service)
  const { state } = host.tracked
  const { lastCheck } = service.tracked.state
  if (lastCheck === null || (state.lastStateChange !== null && state.lastHardStateChange !== null)) return
  host.tracked = {
    ...host.tracked,
    state: {
      ...state,
      lastStateChange: state.lastStateChange ?? lastCheck,
      lastHardStateChange: state.lastHardStateChange ?? lastCheck,
    },
  }
}

/** What an exit code means: out of range is critical for a check that ran, unknown for a result that was pushed in. */
function stateOf(world: World, object: ReplayObject, { exit, via }: TraceResult): State {
  const known = exit >= 0 && exit <= 3
  if (object.service !== null) {
    if (known) return (['ok', 'warning', 'critical', 'unknown'] as const)[exit] as State
    return via === 'passive' ? 'unknown' : 'critical'
  }
  if (via !== 'passive') return exit === 0 || exit === 1 ? 'ok' : reachable(world, object)
  if (exit === 0) return 'ok'
  if (exit === 1 && world.trace.settings.translatePassiveHostResults) return reachable(world, object)
  return exit === 1 ? 'critical' : 'unknown'
}

/** What an operator is told of an exit code that no plugin should have. */
function warningOf({ host, service }: ReplayObject, { exit, via }: TraceResult): string | null {
  if (service === null || via === 'passive' || (exit >= 0 && exit <= 3)) return null
  const where = `service '${service}' on host '${host}'`
  if (exit === 126) return `Warning: Return code of 126 for ${where} may indicate a non-executable plugin.`
  if (exit === 127) return `Warning: Return code of 127 for ${where} may indicate this plugin doesn't exist.`
  return `Warning: Return code of ${exit} for check of ${where} was out of bounds.`
}

function textOf({ quirks }: World, { host, service }: ReplayObject, { exit, output, via }: TraceResult): string {
  if (service === null || via === 'passive' || (exit >= 0 && exit <= 3))
    return quirks.noSemicolons ? output.replaceAll(';', ':') : output
  if (exit === 126) return '(Return code of 126 is out of bounds. Check if plugin is executable)'
  if (exit === 127) return '(Return code of 127 is out of bounds. Check if plugin exists)'
  return `(Return code of ${exit} for service '${service}' on host '${host}' was out of bounds)`
}

/** A host that is not up is down, unless none of its parents is up: then it cannot be reached. */
function reachable(world: World, object: ReplayObject): State {
  const parents = 'parents' in object.config ? object.config.parents : []
  const up = parents.some((name) => world.objects.get(name)?.tracked.state.state === 'ok')
  return parents.length === 0 || up ? 'critical' : 'unknown'
}
