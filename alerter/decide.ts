/** One result in, everything that follows from it out. Pure: the engine and `specola simulate` both run this. */
import { stepHost } from '../model/host-state.ts'
import { type Circumstances, type StateChange, type StateResult, type Step, step } from '../model/state.ts'
import type { Tracked } from '../model/tracked-check.ts'
import type { AlertRule, Hold, Reaching, StageContext, Telling } from './alert.ts'
import { countFlapping, type FlappingTurn } from './count-flapping.ts'
import { tell } from './tell.ts'

export interface Decision<R> {
  next: Tracked
  change: StateChange | null
  tellings: readonly Telling<R>[]
  /** Why the problem or recovery is not told. */
  hold: Hold | null
  flapping: FlappingTurn
  /** A soft problem, a hard change or a recovery: what Nagios runs event handlers on. */
  handled: boolean
  /** Hard, as the result reached it: a soft recovery is soft. */
  reachedHard: boolean
  /** A problem began, changed or became hard: a flexible downtime may begin. */
  changed: boolean
  /** The next check comes after the retry interval. */
  retry: boolean
}

export interface Surroundings extends StageContext, Circumstances {
  /** Counted as Nagios counts hosts. */
  host?: boolean
  /**
   * A recovery that was held while its problem had been told is told once nothing holds it any more, if the check is still ok.
   * Nagios forgets it.
   */
  oweRecoveries?: boolean
}

/** `reaching` is asked for an alert that passed all stages; an alert that reaches nobody does not count. */
export function decide<R>(
  previous: Tracked,
  result: StateResult,
  rule: AlertRule,
  around: Surroundings,
  reaching: Reaching<R>,
): Decision<R> {
  const moved = (around.host ? stepHost : step)(previous.state, result, rule, around.now, around)
  const { stateChanged, hardChanged, reached } = moved
  const changed = stateChanged || hardChanged
  const stepped: Tracked = {
    ...previous,
    state: reached,
    acknowledgement: acknowledgementAfter(previous, moved),
    told: changed ? { ...previous.told, last: null, next: null, done: false } : previous.told,
  }
  const record = around.host === true || reached.hard || result.state === 'ok'
  const flapped = countFlapping(stepped, rule, around, reaching, record)
  const kind = !moved.worthTelling ? null : result.state === 'ok' ? 'recovery' : 'problem'
  const { told, telling, hold } = kind
    ? tell({ kind, check: flapped.check, rule }, around, reaching)
    : { told: flapped.check.told, telling: null, hold: quietHold(reached, around) }
  const over = result.state === 'ok' && reached.hard && hardChanged
  return {
    next: {
      ...flapped.check,
      state: moved.next,
      told: over ? { ...told, number: 0, states: [] } : told,
    },
    change: moved.change,
    tellings: [...flapped.tellings, ...(telling ? [telling] : [])],
    ...{ hold, flapping: flapped.turn, handled: moved.handled, changed: changed && result.state !== 'ok', retry: moved.retry },
    reachedHard: reached.hard,
  }
}

/** Any change of state ends it; a sticky one stays until the recovery. That a problem becomes hard is no change of state. */
function acknowledgementAfter({ acknowledgement }: Tracked, { stateChanged, hardChanged, reached }: Step) {
  const over = acknowledgement?.sticky ? (stateChanged || hardChanged) && reached.state === 'ok' : stateChanged
  return over ? null : acknowledgement
}

/** A problem that is not told because what it runs on is down: that is a reason too. */
const quietHold = ({ state, hard, onBrokenGround }: Step['reached'], { dependency }: StageContext): Hold | null =>
  state !== 'ok' && hard && onBrokenGround && dependency ? { stage: 'dependency', reason: dependency.reason } : null
