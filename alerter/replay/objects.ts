/** The hosts and services of a trace as checks with rules. */
import type { State } from '../../model/check.ts'
import { steady } from '../../model/flapping.ts'
import { pending } from '../../model/state.ts'
import { parsePeriods, type TimePeriod } from '../../model/time-period.ts'
import type { Tracked } from '../../model/tracked-check.ts'
import type { AlertRule } from '../alert.ts'
import { untold } from '../decide.ts'
import type { Trace, TraceHost, TraceService } from './trace.ts'

export interface ReplayObject {
  host: string
  service: string | null
  config: TraceHost | TraceService
  rule: AlertRule
  notifications: boolean
  tracked: Tracked
  /** When a state was last recorded for flapping, epoch ms. */
  lastRecord: number
}

const hostWords: Record<State, string> = { ok: 'UP', warning: 'UP', critical: 'DOWN', unknown: 'UNREACHABLE' }

/** A state as a trace spells it. */
export const word = (object: Pick<ReplayObject, 'service'>, state: State) =>
  object.service === null ? hostWords[state] : state.toUpperCase()

/** A trace's option as the rule's word: `down` is how a host is critical. */
const option = (text: string): State | 'recovery' | 'flapping' | null => {
  if (text === 'down') return 'critical'
  if (text === 'unreachable') return 'unknown'
  if (text === 'up') return 'ok'
  return text === 'ok' ||
    text === 'warning' ||
    text === 'critical' ||
    text === 'unknown' ||
    text === 'recovery' ||
    text === 'flapping'
    ? text
    : null
}

export const options = (texts: readonly string[]) => texts.map(option).filter((one) => one !== null)

export const keyOf = (host: string, service: string | null | undefined) => (service ? `${host};${service}` : host)

export type PeriodsOfTrace = ReadonlyMap<string, TimePeriod>

export function periodsOf({ timePeriods, clock }: Trace): PeriodsOfTrace {
  const parsed = parsePeriods(timePeriods.map(({ name, lines, exclude }) => ({ name, lines, exclude, zone: clock.timezone })))
  if (!parsed.ok) throw new Error(parsed.errors.join('\n'))
  return parsed.periods
}

/** Hosts by name, services by `host;service`. */
export function objectsOf(trace: Trace, periods: PeriodsOfTrace): Map<string, ReplayObject> {
  const build = (config: TraceHost | TraceService, host: string, service: string | null): [string, ReplayObject] => [
    keyOf(host, service),
    {
      ...{ host, service, config, notifications: true, lastRecord: 0 },
      rule: ruleOf(trace, config, service === null, periods),
      tracked: { state: pending, acknowledgement: null, told: untold, flapping: steady },
    },
  ]
  return new Map([
    ...trace.hosts.map((host) => build(host, host.name, null)),
    ...trace.services.map((service) => build(service, service.host, service.name)),
  ])
}

function ruleOf(trace: Trace, config: TraceHost | TraceService, isHost: boolean, periods: PeriodsOfTrace): AlertRule {
  const { settings } = trace
  const unit = settings.intervalLength * 1000
  const low = config.lowFlap || (isHost ? settings.lowHostFlap : settings.lowServiceFlap)
  const high = config.highFlap || (isHost ? settings.highHostFlap : settings.highServiceFlap)
  const recorded = options(config.flapOptions)
  const every: readonly State[] = isHost ? ['ok', 'critical', 'unknown'] : ['ok', 'warning', 'critical', 'unknown']
  return {
    attempts: config.maxAttempts,
    volatile: 'volatile' in config && config.volatile,
    repeatMs: config.notificationInterval * unit,
    delayMs: config.firstNotificationDelay * unit,
    tells: options(config.notificationOptions),
    flapping: {
      low,
      high,
      ignored: every.filter((state) => !recorded.includes(state)),
      detect: settings.flapDetection && config.flapDetection,
    },
    period: periods.get(config.notificationPeriod) ?? null,
  }
}
