/** A trace's words and the engine's: `down` is how a host is critical, `unreachable` how it is unknown. */
import type { AlertKind, State } from '../../model/check.ts'
import type { Wish } from '../alert.ts'

/** Nagios knows no state for silence: no trace has `nodata`. */
const hostWords: Record<State, string> = {
  ...{ ok: 'UP', warning: 'UP', critical: 'DOWN', unknown: 'UNREACHABLE', nodata: 'UNREACHABLE' },
}

/** A state as a trace spells it. */
export const word = ({ service }: { service: string | null }, state: State) =>
  service === null ? hostWords[state] : state.toUpperCase()

const wishes: Record<string, Wish> = {
  ...{ ok: 'ok', warning: 'warning', critical: 'critical', unknown: 'unknown', recovery: 'recovery', flapping: 'flapping' },
  ...{ downtime: 'downtime', up: 'ok', down: 'critical', unreachable: 'unknown' },
}

export const wishesOf = (texts: readonly string[]): Wish[] => texts.flatMap((text) => wishes[text] ?? [])

/** States in which a dependency fails. */
export const criteria = (texts: readonly string[]): (State | 'pending')[] =>
  texts.flatMap((text) => (text === 'pending' ? ['pending'] : wishesOf([text]))) as (State | 'pending')[]

export const notificationWords: Record<AlertKind, string> = {
  ...{ problem: 'PROBLEM', recovery: 'RECOVERY', acknowledgement: 'ACKNOWLEDGEMENT', custom: 'CUSTOM' },
  ...{ 'flapping-start': 'FLAPPINGSTART', 'flapping-stop': 'FLAPPINGSTOP', 'flapping-disabled': 'FLAPPINGDISABLED' },
  ...{ 'downtime-start': 'DOWNTIMESTART', 'downtime-end': 'DOWNTIMEEND', 'downtime-cancelled': 'DOWNTIMECANCELLED' },
}
