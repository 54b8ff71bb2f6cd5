/** A trace's installation, as it stands while it is replayed. */
import type { State } from '../../model/check.ts'
import type { Downtime } from '../../model/downtime.ts'
import { steady } from '../../model/flapping.ts'
import { pending } from '../../model/state.ts'
import { parsePeriods, type TimePeriod } from '../../model/time-period.ts'
import type { Tracked } from '../../model/tracked-check.ts'
import type { AlertRule } from '../alert.ts'
import type { Escalation, Hearing } from '../hearing.ts'
import type { MasterRule } from '../masters.ts'
import type { Quirks } from '../quirks.ts'
import { untold } from '../tell.ts'
import type { Observed, Trace, TraceContact, TraceHost, TraceService } from './trace.ts'
import { criteria, wishesOf } from './words.ts'

export interface ReplayObject {
  key: string
  host: string
  service: string | null
  config: TraceHost | TraceService
  rule: AlertRule
  notifications: boolean
  tracked: Tracked
  /** An acknowledgement that was withdrawn and is still shown. */
  lingering: 'normal' | 'sticky' | null
  importance: number
  contacts: readonly Hearer[]
  escalations: readonly (Escalation & { people: readonly Hearer[] })[]
  checkPeriod: TimePeriod | null
  /** Checks that the engine runs itself; null = none is planned. */
  nextCheck: PlannedCheck | null
  /** A check that was ordered because the results had become stale is under way. */
  freshening: boolean
  /** Whether results go on to plan the next check. */
  scheduled: boolean
  /** How many outcomes of the plan are used up. */
  used: number
}

/** A contact, as it hears of one kind of object. */
export interface Hearer extends Hearing {
  name: string
}

export interface PlannedCheck {
  at: number
  /** Runs whatever stands against it. */
  forced: boolean
  /** Ordered because the last result was stale. */
  freshness: boolean
  order: number
}

export interface World {
  trace: Trace
  quirks: Quirks
  /** Hosts by name, services by `host;service`. */
  objects: Map<string, ReplayObject>
  masters: readonly (MasterRule & { dependent: string })[]
  downtimes: Downtime[]
  downtimesMade: number
  /** A counter that keeps things of one instant in their order. */
  order: number
  /** By instant: keys of the objects whose checks the recorded engine ran, and the numbers of its downtimes' turns, in its order. */
  ties: ReadonlyMap<number, string[]>
  observed: Observed[]
}

export const keyOf = (host: string, service: string | null | undefined) => (service ? `${host};${service}` : host)

export const hostOf = ({ objects }: World, { host }: ReplayObject) => objects.get(host) as ReplayObject

/** Epoch ms of an instant of the trace. */
export const instant = ({ clock }: Trace, seconds: number) => (clock.start + seconds) * 1000
export const secondsOf = ({ clock }: Trace, at: number | null) => (at === null ? null : at / 1000 - clock.start)

export function worldOf(trace: Trace, quirks: Quirks): World {
  const parsed = parsePeriods(
    trace.timePeriods.map(({ name, lines, exclude }) => ({ name, lines, exclude, zone: trace.clock.timezone })),
    { nagiosSpans: quirks.periodSpans },
  )
  if (!parsed.ok) throw new Error(parsed.errors.join('\n'))
  const { periods } = parsed
  const build = (config: TraceHost | TraceService, host: string, service: string | null): [string, ReplayObject] => {
    const own = trace.escalations.filter((one) => one.host === host && (one.service ?? null) === service)
    const people = (names: readonly string[]) =>
      trace.contacts.filter(({ name }) => names.includes(name)).map((contact) => hearerOf(contact, service === null, periods))
    const object: ReplayObject = {
      ...{ key: keyOf(host, service), host, service, config, notifications: true, lingering: null },
      ...{ nextCheck: null, freshening: false, scheduled: config.activeChecks, used: 0 },
      rule: ruleOf(trace, config, service === null, periods, quirks),
      tracked: {
        ...{ state: pending, acknowledgement: null, told: untold },
        flapping: { ...steady, off: !config.flapDetection },
      },
      importance: importanceOf(trace, config, host, service),
      contacts: people(config.contacts),
      escalations: own.map((one) => ({
        ...{ first: one.first, last: one.last, repeatMs: one.interval * trace.settings.intervalLength * 1000 },
        ...{ wishes: wishesOf(one.options), period: one.period === undefined ? null : (periods.get(one.period) ?? null) },
        ...{ contacts: one.contacts, people: people(one.contacts) },
      })),
      checkPeriod: periods.get(config.checkPeriod) ?? null,
    }
    return [object.key, object]
  }
  return {
    ...{ trace, quirks, downtimes: [], downtimesMade: 0, order: 0, observed: [] },
    ties: tiesOf(trace),
    objects: new Map([
      ...trace.services.map((service) => build(service, service.host, service.name)),
      ...trace.hosts.map((host) => build(host, host.name, null)),
    ]),
    masters: trace.dependencies.map((one) => ({
      ...{ master: keyOf(one.host, one.service), dependent: keyOf(one.dependentHost, one.dependentService) },
      ...{ inherits: one.inherits, notChecked: criteria(one.executionFailure), notTold: criteria(one.notificationFailure) },
      period: one.period === undefined ? null : (periods.get(one.period) ?? null),
    })),
  }
}

function tiesOf({ observed }: Trace): Map<number, string[]> {
  const turns = observed.flatMap(({ t, ev, host, service, via, what, number }) => {
    if (ev === 'result' && via === 'scheduled') return [{ t, key: keyOf(host ?? '', service) }]
    return ev === 'downtime' && (what === 'start' || what === 'stop') ? [{ t, key: String(number) }] : []
  })
  const byInstant = Map.groupBy(turns, ({ t }) => t)
  return new Map([...byInstant].map(([t, all]) => [t, all.map(({ key }) => key)]))
}

function hearerOf(contact: TraceContact, isHost: boolean, periods: ReadonlyMap<string, TimePeriod>): Hearer {
  return {
    name: contact.name,
    wishes: wishesOf(isHost ? contact.hostOptions : contact.serviceOptions),
    period: periods.get(isHost ? contact.hostPeriod : contact.servicePeriod) ?? null,
    leastImportance: contact.minimumImportance,
  }
}

/** A host matters as much as itself and its services together. */
function importanceOf(trace: Trace, config: TraceHost | TraceService, host: string, service: string | null): number {
  if (service !== null) return config.importance
  return trace.services.filter((other) => other.host === host).reduce((sum, other) => sum + other.importance, config.importance)
}

function ruleOf(
  trace: Trace,
  config: TraceHost | TraceService,
  isHost: boolean,
  periods: ReadonlyMap<string, TimePeriod>,
  quirks: Quirks,
): AlertRule {
  const { settings } = trace
  const unit = settings.intervalLength * 1000
  const low = config.lowFlap || (isHost ? settings.lowHostFlap : settings.lowServiceFlap)
  const high = config.highFlap || (isHost ? settings.highHostFlap : settings.highServiceFlap)
  const recorded = wishesOf(config.flapOptions)
  const every: readonly State[] = isHost ? ['ok', 'critical', 'unknown'] : ['ok', 'warning', 'critical', 'unknown']
  return {
    attempts: config.maxAttempts,
    volatile: 'volatile' in config && config.volatile,
    softRecoveryIsHardChange: quirks.softRecoveryIsHardChange,
    repeatMs: config.notificationInterval * unit,
    delayMs: config.firstNotificationDelay * unit,
    tells: wishesOf(config.notificationOptions),
    flapping: { low, high, ignored: every.filter((state) => !recorded.includes(state)), detect: settings.flapDetection },
    period: periods.get(config.notificationPeriod) ?? null,
  }
}
