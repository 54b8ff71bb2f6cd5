/** One result in, everything that follows from it out. Pure: the engine and `specola simulate` both run this. */

import { flap } from '../model/flapping.ts'
import { stepHost } from '../model/host-state.ts'
import { type Circumstances, type StateChange, type StateResult, step } from '../model/state.ts'
import type { Told, Tracked } from '../model/tracked-check.ts'
import type { Alert, AlertRule, Hold, Stage, StageContext } from './alert.ts'
import { acknowledged } from './stages/acknowledged.ts'
import { delay } from './stages/delay.ts'
import { dependency } from './stages/dependency.ts'
import { flapping } from './stages/flapping.ts'
import { hard } from './stages/hard.ts'
import { period } from './stages/period.ts'
import { repeat } from './stages/repeat.ts'
import { told } from './stages/told.ts'
import { wanted } from './stages/wanted.ts'

/** In Nagios's order: the first that holds an alert gives the reason. */
const stages: readonly Stage[] = [hard, period, acknowledged, wanted, told, delay, flapping, dependency, repeat]
/** For the news that flapping began or ended. */
const flappingStages: readonly Stage[] = [period, wanted]
/** For a recovery that was owed while it flapped. */
const owedStages: readonly Stage[] = [period, wanted]

/** Somebody is told, with the notification's number. */
export interface Telling<R> {
  kind: Alert['kind']
  number: number
  recipients: readonly R[]
}

export interface Decision<R> {
  next: Tracked
  change: StateChange | null
  tellings: readonly Telling<R>[]
  /** Why the problem or recovery is not told. */
  hold: Hold | null
  flapping: 'start' | 'stop' | null
  /** A soft problem, a hard change or a recovery: what Nagios runs event handlers on. */
  handled: boolean
}

export interface Surroundings extends StageContext, Circumstances {
  /** Counted as Nagios counts hosts. */
  host?: boolean
}

export const untold: Told = { number: 0, last: null, next: null, done: false, states: [], held: null }

type Recipients<R> = (alert: Alert, number: number) => readonly R[]

/** `recipients` are asked for an alert that passed all stages; an alert that reaches nobody does not count. */
export function decide<R>(
  previous: Tracked,
  result: StateResult,
  rule: AlertRule,
  around: Surroundings,
  recipients: Recipients<R>,
): Decision<R> {
  const moved = (around.host ? stepHost : step)(previous.state, result, rule, around.now, around)
  const changed = moved.stateChanged || moved.hardChanged
  const recovered = moved.change?.to === 'ok'
  const ended = recovered || (changed && !previous.acknowledgement?.sticky)
  const stepped: Tracked = {
    state: moved.next,
    acknowledgement: ended ? null : previous.acknowledgement,
    told: changed ? { ...previous.told, last: null, next: null, done: false } : previous.told,
    flapping: previous.flapping,
  }
  const record = around.host === true || stepped.state.hard || result.state === 'ok'
  const flapped = countFlapping(stepped, rule, around, recipients, record)
  const kind = recovered ? (moved.change?.hard ? 'recovery' : null) : result.state === 'ok' || moved.quiet ? null : 'problem'
  const { told, telling, hold } = kind
    ? tell(stages, { kind, check: flapped.check, rule }, around, recipients)
    : { told: flapped.check.told, telling: null, hold: null }
  return {
    next: { ...flapped.check, told: recovered && moved.change?.hard ? { ...told, number: 0, states: [] } : told },
    change: moved.change,
    tellings: [...flapped.tellings, ...(telling ? [telling] : [])],
    hold,
    flapping: flapped.turn,
    handled: moved.change !== null,
  }
}

/** Counts the state for flapping; its beginning and end are told by themselves. */
export function countFlapping<R>(
  check: Tracked,
  rule: AlertRule,
  around: StageContext,
  recipients: Recipients<R>,
  record: boolean,
): { check: Tracked; tellings: Telling<R>[]; turn: Decision<R>['flapping'] } {
  if (!rule.flapping) return { check, tellings: [], turn: null }
  const flapped = flap(check.flapping, check.state.state, rule.flapping, record)
  if (flapped.flapping === check.flapping.flapping) return { check: { ...check, flapping: flapped }, tellings: [], turn: null }
  const turn = flapped.flapping ? 'start' : 'stop'
  const turned: Tracked = { ...check, flapping: { ...flapped, recoveryOwed: turn === 'start' && check.told.number > 0 } }
  const news: Alert = { kind: `flapping-${turn}`, check: turned, rule }
  const reached = firstHold(flappingStages, news, around) ? [] : recipients(news, check.told.number)
  const tellings: Telling<R>[] = reached.length > 0 ? [{ kind: news.kind, number: check.told.number, recipients: reached }] : []
  if (turn === 'start' || !check.flapping.recoveryOwed || check.state.state !== 'ok') return { check: turned, tellings, turn }
  const { told, telling } = tell(owedStages, { kind: 'recovery', check: turned, rule }, around, recipients)
  return { check: { ...turned, told }, tellings: telling ? [...tellings, telling] : tellings, turn }
}

/** Once more for a problem that is already known, because something else reminded of it. */
export function remind<R>(
  check: Tracked,
  rule: AlertRule,
  around: StageContext,
  recipients: Recipients<R>,
): { check: Tracked; telling: Telling<R> | null } {
  if (check.state.state === 'ok' || !check.state.hard) return { check, telling: null }
  const { told, telling } = tell(stages, { kind: 'problem', check, rule }, around, recipients)
  return { check: { ...check, told }, telling }
}

function tell<R>(
  through: readonly Stage[],
  alert: Alert,
  around: StageContext,
  recipients: Recipients<R>,
): { told: Told; telling: Telling<R> | null; hold: Hold | null } {
  const { told } = alert.check
  const hold = firstHold(through, alert, around)
  if (hold) {
    const next = hold.next ?? told.next
    return { told: { ...told, next, held: hold.stage === 'told' ? told.held : hold.stage }, telling: null, hold }
  }
  const number = told.number + 1
  const reached = recipients(alert, number)
  if (reached.length === 0) {
    const nobody: Hold = { stage: 'nobody', reason: 'no contact wants it' }
    return { told: { ...told, held: nobody.stage }, telling: null, hold: nobody }
  }
  return {
    told: {
      number,
      last: around.now,
      next: around.now + alert.rule.repeatMs,
      done: alert.rule.repeatMs === 0 && alert.rule.volatile !== true,
      states: alert.kind === 'problem' ? [...new Set([...told.states, alert.check.state.state])] : told.states,
      held: null,
    },
    telling: { kind: alert.kind, number, recipients: reached },
    hold: null,
  }
}

function firstHold(through: readonly Stage[], alert: Alert, context: StageContext): Hold | null {
  for (const stage of through) {
    const hold = stage(alert, context)
    if (hold) return hold
  }
  return null
}
