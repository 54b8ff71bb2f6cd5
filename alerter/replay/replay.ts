/** Replays a trace through the engine's own decisions on a virtual clock. */
import type { State } from '../../model/check.ts'
import { countFlapping, type Decision, decide, remind } from '../decide.ts'
import { keyOf, objectsOf, type PeriodsOfTrace, periodsOf, type ReplayObject, word } from './objects.ts'
import { contactsFor } from './recipients.ts'
import type { Observed, Trace, TraceContact, TraceStep } from './trace.ts'

export interface Replayed {
  observed: Observed[]
  /** What the trace asks for and the engine does not do yet: those parts are left out, and what depends on them may differ. */
  unsupported: string[]
}

interface Replay {
  trace: Trace
  periods: PeriodsOfTrace
  objects: Map<string, ReplayObject>
  observed: Observed[]
}

const steps = new Set(['result', 'acknowledge', 'unacknowledge', 'enableNotifications', 'disableNotifications'])

/** What the engine does with a trace. */
export function replay(trace: Trace): Replayed {
  const periods = periodsOf(trace)
  const state: Replay = { trace, periods, objects: objectsOf(trace, periods), observed: [] }
  for (const step of trace.steps) {
    const object = state.objects.get(keyOf(step.host ?? '', step.service))
    if (!object || !steps.has(step.do)) continue
    if (step.do === 'result') takeResult(state, object, step)
    else takeCommand(state, object, step)
  }
  return { observed: state.observed, unsupported: unsupportedOf(trace) }
}

function unsupportedOf(trace: Trace): string[] {
  const missing = new Set(trace.steps.map((step) => step.do).filter((name) => !steps.has(name)))
  if (trace.escalations.length > 0) missing.add('escalations')
  if (trace.dependencies.length > 0) missing.add('dependencies')
  if (Object.keys(trace.plan).length > 0) missing.add('scheduled checks')
  return [...missing].sort()
}

function takeResult(run: Replay, object: ReplayObject, step: TraceStep): void {
  const { trace, periods } = run
  const at = instant(trace, step)
  const host = run.objects.get(object.host)
  const place = whereOf(object)
  const record = (ev: string, fields: Record<string, unknown>) => run.observed.push({ t: step.t, ev, ...place, ...fields })
  if (object.service !== null && host) beginHost(host, object)
  const down = object.service !== null && host !== undefined && host.tracked.state.state !== 'ok'
  const decision = decide<TraceContact>(
    object.tracked,
    { state: stateOf(run, object, step), output: step.output ?? '' },
    object.rule,
    {
      now: at,
      host: object.service === null,
      dependencyDown: down,
      confirmed: object.service === null && step.via === 'passive' && !trace.settings.passiveHostResultsAreSoft,
      dependency: down ? { reason: `${object.host} is down`, certain: host.tracked.state.hard } : null,
    },
    (alert) => (object.notifications ? contactsFor(trace, periods, object, alert, at) : []),
  )
  const previous = object.tracked
  object.tracked = decision.next
  record('result', { exit: step.exit, output: step.output, via: step.via })
  const warning = warningOf(object, step)
  if (warning) run.observed.push({ t: step.t, ev: 'log', line: warning })
  if (decision.next.flapping.recent !== previous.flapping.recent) object.lastRecord = at
  report(object, decision, record)
  record('after', afterOf(trace, object))
  if (object.service === null || !host) return
  if (down && object.tracked.state.state !== 'ok' && object.tracked.state.state === previous.state.state)
    remindOfHost(run, host, step)
  recordHost(run, host, step)
}

/** A service's lasting problem on a host that is down is told as the host's. */
function remindOfHost(run: Replay, host: ReplayObject, step: TraceStep): void {
  const at = instant(run.trace, step)
  const { check, telling } = remind(host.tracked, host.rule, { now: at, dependency: null }, (alert) =>
    host.notifications ? contactsFor(run.trace, run.periods, host, alert, at) : [],
  )
  host.tracked = check
  reportTellings(host, { tellings: telling ? [telling] : [], flapping: null, next: check }, (ev, fields) =>
    run.observed.push({ t: step.t, ev, ...whereOf(host), ...fields }),
  )
}

/** A service's result also records its host's state, when a mean check interval of the services has passed since the last. */
function recordHost(run: Replay, host: ReplayObject, step: TraceStep): void {
  const { trace, periods } = run
  const at = instant(trace, step)
  const intervals = trace.services.filter((service) => service.host === host.host).map((service) => service.checkInterval)
  const mean = (intervals.reduce((sum, interval) => sum + interval, 0) / intervals.length) * trace.settings.intervalLength
  const due = at - host.lastRecord >= (mean * 1000) / trace.settings.intervalLength
  const previous = host.tracked
  const { check, tellings, turn } = countFlapping(
    previous,
    host.rule,
    { now: at, dependency: null },
    (alert) => (host.notifications ? contactsFor(trace, periods, host, alert, at) : []),
    due,
  )
  host.tracked = check
  if (check.flapping.recent !== previous.flapping.recent) host.lastRecord = at
  reportTellings(host, { tellings, flapping: turn, next: check }, (ev, fields) =>
    run.observed.push({ t: step.t, ev, ...whereOf(host), ...fields }),
  )
}

function report(object: ReplayObject, decision: Decision<TraceContact>, record: Write): void {
  const { change, handled } = decision
  reportTellings(object, decision, record)
  if (!change) return
  const type = change.hard ? 'HARD' : 'SOFT'
  record('alert', { state: word(object, change.to), type, attempt: change.attempt })
  if (handled && object.config.eventHandler) record('handler', { state: word(object, change.to), type })
}

function reportTellings(
  object: ReplayObject,
  { tellings, flapping, next }: Pick<Decision<TraceContact>, 'tellings' | 'flapping' | 'next'>,
  record: Write,
): void {
  const state = word(object, next.state.state)
  for (const { kind, number, recipients } of tellings)
    for (const contact of recipients)
      record('notify', { type: notificationWords[kind], number, contact: contact.name, state, escalated: false })
  if (flapping) record(flapping === 'start' ? 'flapStart' : 'flapStop', { percentChange: rounded(next.flapping.percent) })
}

const notificationWords = {
  problem: 'PROBLEM',
  recovery: 'RECOVERY',
  'flapping-start': 'FLAPPINGSTART',
  'flapping-stop': 'FLAPPINGSTOP',
} as const

type Write = (ev: string, fields: Record<string, unknown>) => void

/** A host that was never counted from takes its first instant from its services' results. */
function beginHost(host: ReplayObject, service: ReplayObject): void {
  const { state } = host.tracked
  const { lastCheck } = service.tracked.state
  if (lastCheck === null || state.lastStateChange !== null) return
  host.tracked = {
    ...host.tracked,
    state: { ...state, lastStateChange: lastCheck, lastHardStateChange: state.lastHardStateChange ?? lastCheck },
  }
}

/** What an exit code means: out of range is critical for a check that ran, unknown for a result that was pushed in. */
function stateOf(run: Replay, object: ReplayObject, { exit = 3, via }: TraceStep): State {
  const known = exit >= 0 && exit <= 3
  if (object.service !== null)
    return known
      ? ((['ok', 'warning', 'critical', 'unknown'] as const)[exit] as State)
      : via === 'passive'
        ? 'unknown'
        : 'critical'
  if (via !== 'passive') return exit === 0 || exit === 1 ? 'ok' : reachable(run, object)
  if (exit === 0) return 'ok'
  if (run.trace.settings.translatePassiveHostResults) return reachable(run, object)
  return exit === 1 ? 'critical' : 'unknown'
}

/** What an operator is told of an exit code that no plugin should have. */
function warningOf({ host, service }: ReplayObject, { exit = 3, via }: TraceStep): string | null {
  if (service === null || via === 'passive' || (exit >= 0 && exit <= 3)) return null
  const where = `service '${service}' on host '${host}'`
  if (exit === 126) return `Warning: Return code of 126 for ${where} may indicate a non-executable plugin.`
  if (exit === 127) return `Warning: Return code of 127 for ${where} may indicate this plugin doesn't exist.`
  return `Warning: Return code of ${exit} for check of ${where} was out of bounds.`
}

/** A host that is not up is down, unless none of its parents is up: then it cannot be reached. */
function reachable(run: Replay, object: ReplayObject): State {
  const parents = 'parents' in object.config ? object.config.parents : []
  const up = parents.some((name) => run.objects.get(name)?.tracked.state.state === 'ok')
  return parents.length === 0 || up ? 'critical' : 'unknown'
}

function takeCommand(run: Replay, object: ReplayObject, step: TraceStep): void {
  const { tracked } = object
  run.observed.push({ t: step.t, ev: 'command' })
  if (step.do === 'enableNotifications') object.notifications = true
  if (step.do === 'disableNotifications') object.notifications = false
  if (step.do === 'unacknowledge') object.tracked = { ...tracked, acknowledgement: null }
  if (step.do === 'acknowledge' && tracked.state.state !== 'ok')
    object.tracked = {
      ...tracked,
      acknowledgement: { author: 'operator', comment: '', time: instant(run.trace, step), sticky: step.sticky ?? false },
    }
  run.observed.push({ t: step.t, ev: 'after', ...whereOf(object), ...afterOf(run.trace, object) })
}

const instant = (trace: Trace, { t }: TraceStep) => (trace.clock.start + t) * 1000

const whereOf = ({ host, service }: ReplayObject) => (service === null ? { host } : { host, service })

const rounded = (percent: number) => Math.round(percent * 10_000) / 10_000

/** The object as it is now; a field at rest is left out. */
function afterOf(trace: Trace, object: ReplayObject): Record<string, unknown> {
  const { state, acknowledgement, told, flapping } = object.tracked
  const seconds = (at: number | null) => (at === null ? null : at / 1000 - trace.clock.start)
  const percent = rounded(flapping.percent)
  return {
    state: word(object, state.state),
    type: state.hard ? 'HARD' : 'SOFT',
    attempt: state.attempt,
    lastHard: word(object, state.lastHardState),
    ...(percent === 0 ? {} : { percentChange: percent }),
    ...(flapping.flapping ? { flapping: true } : {}),
    ...(acknowledgement ? { ack: acknowledgement.sticky ? 'sticky' : 'normal' } : {}),
    ...(told.number === 0 ? {} : { notificationNumber: told.number }),
    ...(told.last === null ? {} : { lastNotification: seconds(told.last) }),
    ...(told.next === null ? {} : { nextNotification: seconds(told.next) }),
    ...(told.done ? { noMoreNotifications: true } : {}),
    lastStateChange: seconds(state.lastStateChange),
    lastHardStateChange: seconds(state.lastHardStateChange),
  }
}
