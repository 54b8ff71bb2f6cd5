/** Whether somebody wants to hear of an alert, and which escalation speaks for it. Pure; rules of Nagios. */
import { covers, type State } from '../model/check.ts'
import { type TimePeriod, within } from '../model/time-period.ts'
import type { Alert, Wish } from './alert.ts'
import { wishFor } from './stages/wanted.ts'

/** What decides whether somebody hears. */
export interface Hearing {
  wishes: readonly Wish[]
  /** Told only inside; null = always. */
  period: TimePeriod | null
  /** What matters less is not for them. */
  leastImportance: number
}

/** Why an alert is not for somebody, with the stable code of the filter; null = it is. `heardState`: what they heard last. */
export function notFor(
  { wishes, period, leastImportance }: Hearing,
  alert: Alert,
  importance: number,
  now: number,
  heardState?: State,
): { filter: string; reason: string } | null {
  if (importance < leastImportance)
    return { filter: 'importance', reason: `it matters ${importance}, and only ${leastImportance} and more is wanted` }
  if (period && !within(period, now)) return { filter: 'contact-period', reason: `outside the contact's period "${period.name}"` }
  if (alert.kind === 'custom') return null
  const wish = wishFor(alert)
  if (!covers(wishes, wish)) return { filter: 'wish', reason: `the contact does not want ${wish}` }
  const heard =
    alert.kind !== 'recovery' || heardState !== undefined || alert.check.told.states.some((state) => covers(wishes, state))
  return heard ? null : { filter: 'unheard', reason: 'the contact wanted none of the states that were told' }
}

/** From one number of notifications on, others are told. */
export interface Escalation {
  first: number
  /** 0 = no end. */
  last: number
  /** Time until the next notification while it is valid; null = the rule's. */
  repeatMs: number | null
  wishes: readonly Wish[]
  period: TimePeriod | null
  /** Names. */
  contacts: readonly string[]
}

/** For a recovery the number before counts, so that those who got the last problem get it too. */
export function isValid({ first, last, wishes, period }: Escalation, { check }: Alert, number: number, now: number): boolean {
  const ok = check.state.state === 'ok'
  const counted = ok ? number - 1 : number
  return (
    first <= counted &&
    (last === 0 || counted <= last) &&
    covers(wishes, ok ? 'recovery' : check.state.state) &&
    (period === null || within(period, now))
  )
}

/** Of several valid escalations the shortest pause counts. */
export function repeatOf(valid: readonly Escalation[], ruleMs: number): number {
  const pauses = valid.flatMap(({ repeatMs }) => (repeatMs === null ? [] : [repeatMs]))
  return pauses.length === 0 ? ruleMs : Math.min(...pauses)
}
