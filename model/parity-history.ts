/** Nova's figures as they were at an instant of the past. Nova keeps the newest launch only; the ledger keeps all of them. */
import { DateTime } from 'luxon'
import type { Night } from './contract.ts'
import type { Launch } from './launches.ts'
import type { LedgerFlavor } from './ledger-state.ts'
import type { ParityInstance } from './parity.ts'
import type { StateClass } from './usage.ts'

/** What is known of one instance, and of the stretch of its life that the instant lies in. */
export interface Remembered {
  id: string
  name: string | null
  project: string
  launches: readonly Launch[]
  terminatedAt: number | null
  /** Newest vm_state, of `toldAt`. */
  state: string | null
  toldAt: number
  then: { flavor: LedgerFlavor | null; state: StateClass } | null
}

const vmStates: Readonly<Partial<Record<StateClass, string>>> = {
  running: 'active',
  soft_deleted: 'soft-delete',
  offloaded: 'shelved_offloaded',
}

/** As Nova's database had it at the instant; null when it had not been launched. */
export function asOf(instance: Remembered, at: number): ParityInstance | null {
  const launch = instance.launches.findLast((one) => one.at < at)
  if (!launch) return null
  const { id, name, project, then } = instance
  const ended = instance.terminatedAt !== null && instance.terminatedAt <= at
  return {
    id,
    name,
    project,
    flavor: then?.flavor ?? null,
    state: instance.toldAt <= at || !then ? instance.state : (vmStates[then.state] ?? then.state),
    launchedAt: launch.at,
    terminatedAt: ended ? instance.terminatedAt : null,
  }
}

/** Longest time that is made up for after a stop: two months of nights. */
const nightsAtMost = 62

/**
 * Days of the zone that ended by `now` and are not taken yet, oldest first: after the last one taken, or only the newest when
 * none was. A day's period is its month from the first day to its own end.
 */
export function nightsToTake(last: string | null, now: number, zone: string): Night[] {
  const nights: Night[] = []
  let day = DateTime.fromMillis(now, { zone }).startOf('day').minus({ days: 1 })
  while (nights.length < (last === null ? 1 : nightsAtMost) && (last === null || (day.toISODate() as string) > last)) {
    nights.unshift(nightOf(day))
    day = day.minus({ days: 1 })
  }
  return nights
}

/** When the day that `now` lies in ends. */
export const endOfDay = (now: number, zone: string): number =>
  DateTime.fromMillis(now, { zone }).startOf('day').plus({ days: 1 }).toMillis()

const nightOf = (day: DateTime): Night => ({
  day: day.toISODate() as string,
  from: day.startOf('month').toMillis(),
  to: day.plus({ days: 1 }).startOf('day').toMillis(),
})
