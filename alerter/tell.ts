/** An alert passes its stages, in Nagios's order: the first that holds it gives the reason. Pure. */
import type { AlertKind } from '../model/check.ts'
import type { Told } from '../model/tracked-check.ts'
import type { Alert, Hold, Reaching, Stage, StageContext, Telling } from './alert.ts'
import { acknowledged } from './stages/acknowledged.ts'
import { delay } from './stages/delay.ts'
import { dependency } from './stages/dependency.ts'
import { downtime, downtimeStarting, ownDowntime } from './stages/downtime.ts'
import { flapping } from './stages/flapping.ts'
import { grouping } from './stages/grouping.ts'
import { hard } from './stages/hard.ts'
import { master } from './stages/master.ts'
import { off } from './stages/off.ts'
import { period } from './stages/period.ts'
import { repeat, spent } from './stages/repeat.ts'
import { stillAProblem } from './stages/still-a-problem.ts'
import { told } from './stages/told.ts'
import { wanted } from './stages/wanted.ts'

const news = [period, off] as const
const stages: Record<AlertKind, readonly Stage[]> = {
  problem: [
    ...[...news, hard, acknowledged, master, wanted, delay, flapping],
    ...[downtime, downtimeStarting, spent, dependency, grouping, repeat],
  ],
  recovery: [...news, hard, acknowledged, master, wanted, told, flapping, downtime, downtimeStarting, dependency],
  acknowledgement: [...news, stillAProblem],
  custom: [...news, downtime],
  'flapping-start': [...news, wanted, downtime],
  'flapping-stop': [...news, wanted, downtime],
  'flapping-disabled': [...news, wanted, downtime],
  'downtime-start': [...news, wanted, ownDowntime],
  'downtime-end': [...news, wanted, ownDowntime],
  'downtime-cancelled': [...news, wanted, ownDowntime],
}

export const untold: Told = { number: 0, last: null, next: null, done: false, states: [], held: null }

export interface Outcome<R> {
  told: Told
  telling: Telling<R> | null
  hold: Hold | null
}

/** Only problems and recoveries move the clock of notifications and are counted; an alert that reaches nobody is not. */
export function tell<R>(alert: Alert, around: StageContext, reaching: Reaching<R>): Outcome<R> {
  const { told, state } = alert.check
  const counted = alert.kind === 'problem' || alert.kind === 'recovery'
  const hold = firstHold(stages[alert.kind], alert, around)
  if (hold) {
    const idle = around.clockMovesInDowntime && (around.downtime ?? around.downtimeBelow) && alert.rule.repeatMs === 0
    const later = counted && hold.stage !== 'grouping' ? hold.next : undefined
    const next = idle ? around.now : (later ?? told.next)
    if (!counted) return { told: { ...told, next }, telling: null, hold }
    return { told: { ...told, next, held: hold.stage === 'told' ? told.held : hold.stage }, telling: null, hold }
  }
  const number = told.number + (counted ? 1 : 0)
  const { recipients, escalated, repeatMs } = reaching(alert, number)
  if (recipients.length === 0) {
    const nobody: Hold = { stage: 'nobody', reason: 'no contact wants it' }
    return { told: counted ? { ...told, held: nobody.stage } : told, telling: null, hold: nobody }
  }
  const telling = { kind: alert.kind, number, recipients, escalated }
  if (!counted) return { told, telling, hold: null }
  return {
    told: {
      number,
      last: around.now,
      next: around.now + repeatMs,
      done: repeatMs === 0 && alert.rule.volatile !== true,
      states: alert.kind === 'problem' ? [...new Set([...told.states, state.state])] : told.states,
      held: null,
    },
    telling,
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
