/** What people do to a check by hand, and who is told of it. Pure: the engine and `specola simulate` both run this. */
import type { Acknowledgement, AlertKind } from '../model/check.ts'
import type { Tracked } from '../model/tracked-check.ts'
import type { AlertRule, Hold, Reaching, StageContext, Telling } from './alert.ts'
import { countFlapping, ends, type FlappingNews } from './count-flapping.ts'
import { tell } from './tell.ts'

export interface Operated<R> {
  check: Tracked
  telling: Telling<R> | null
  hold: Hold | null
}

/** Takes a problem; null when there is none. */
export function acknowledge<R>(
  check: Tracked,
  rule: AlertRule,
  around: StageContext,
  reaching: Reaching<R>,
  { acknowledgement, notify }: { acknowledgement: Acknowledgement; notify: boolean },
): Operated<R> | null {
  if (check.state.state === 'ok') return null
  const taken = { ...check, acknowledgement }
  return notify ? announce(taken, rule, around, reaching, 'acknowledgement') : { check: taken, telling: null, hold: null }
}

/** News that are not counted: they leave the check as it is. */
export function announce<R>(
  check: Tracked,
  rule: AlertRule,
  around: StageContext,
  reaching: Reaching<R>,
  kind: Exclude<AlertKind, 'problem' | 'recovery'>,
): Operated<R> {
  const { told, telling, hold } = tell({ kind, check, rule }, around, reaching)
  return { check: { ...check, told }, telling, hold }
}

/** A message by hand. `forced` passes everything, `increment` counts it as a notification of the problem. */
export function tellByHand<R>(
  check: Tracked,
  rule: AlertRule,
  around: StageContext,
  reaching: Reaching<R>,
  { forced, increment }: { forced: boolean; increment: boolean },
): Operated<R> {
  const number = check.told.number + (increment ? 1 : 0)
  const counted: Tracked = { ...check, told: { ...check.told, number } }
  const said = forced ? unfiltered(counted, rule, reaching) : announce(counted, rule, around, reaching, 'custom')
  return said.telling ? said : { ...said, check: { ...said.check, told: { ...said.check.told, number: check.told.number } } }
}

function unfiltered<R>(check: Tracked, rule: AlertRule, reaching: Reaching<R>): Operated<R> {
  const { number } = check.told
  const { recipients, escalated } = reaching({ kind: 'custom', check, rule }, number)
  return { check, telling: recipients.length > 0 ? { kind: 'custom', number, recipients, escalated } : null, hold: null }
}

/** The next notification of the problem is not before this. */
export const delayUntil = (check: Tracked, next: number): Tracked => ({ ...check, told: { ...check.told, next } })

/** Switches the detection of flapping for one check. */
export function detectFlapping<R>(
  check: Tracked,
  rule: AlertRule,
  around: StageContext,
  reaching: Reaching<R>,
  on: boolean,
): FlappingNews<R> {
  const switched: Tracked = { ...check, flapping: { ...check.flapping, off: !on } }
  if ((check.flapping.off !== true) === on) return { check, tellings: [], turn: null }
  if (on) return countFlapping(switched, rule, around, reaching, false)
  return check.flapping.flapping
    ? ends(switched, rule, around, reaching, 'disabled')
    : { check: switched, tellings: [], turn: null }
}
