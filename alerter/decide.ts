/** One result in, everything that follows from it out. Pure: the engine and `specola simulate` both run this. */
import type { State } from '../model/check.ts'
import { stepHost } from '../model/host-state.ts'
import { type Circumstances, type StateChange, type StateResult, type Step, step } from '../model/state.ts'
import type { Tracked } from '../model/tracked-check.ts'
import type { AlertRule, Hold, Reaching, StageContext, Telling } from './alert.ts'
import { countFlapping, type FlappingTurn } from './count-flapping.ts'
import { dependency } from './stages/dependency.ts'
import { hard } from './stages/hard.ts'
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
  /** A problem began, changed or became hard: the flexible downtimes that wait for it begin. */
  beginsDowntimes: boolean
  stateChanged: boolean
  hardChanged: boolean
  /** The next check comes after the retry interval. */
  retry: boolean
}

export interface Surroundings extends StageContext, Circumstances {
  /** Counted as Nagios counts hosts. */
  host?: boolean
  /** A flexible downtime of the check waits for a problem: with this reason nothing more is told. */
  flexible?: string | null
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
  given: Surroundings,
  reaching: Reaching<R>,
): Decision<R> {
  const moved = (given.host ? stepHost : step)(previous.state, result, rule, given.now, given)
  const { stateChanged, hardChanged, reached } = moved
  const changed = stateChanged || hardChanged
  const stepped: Tracked = {
    ...previous,
    state: reached,
    acknowledgement: acknowledgementAfter(previous, moved),
    told: changed ? toldAfterChange(previous.told, result.state === 'ok') : previous.told,
  }
  const beginsDowntimes = changed && result.state !== 'ok'
  const begins = beginsDowntimes && given.flexible ? given.flexible : null
  const planned = begins && !given.downtime ? tell({ kind: 'downtime-start', check: stepped, rule }, given, reaching) : null
  const around = begins ? { ...given, downtime: given.downtime ?? begins } : given
  const record = around.host === true || reached.hard || result.state === 'ok'
  const flapped = countFlapping(stepped, rule, around, reaching, record)
  const owed = result.state === 'ok' && flapped.check.told.owed === true
  const kind = moved.worthTelling || owed ? (result.state === 'ok' ? 'recovery' : 'problem') : null
  const { told, telling, hold } = kind
    ? tell({ kind, check: flapped.check, rule }, around, reaching)
    : keptQuiet(flapped.check, rule, around)
  const over = result.state === 'ok' && ((reached.hard && hardChanged) || owed)
  const owes = over && given.oweRecoveries === true && hold !== null && passing.has(hold.stage) && told.states.length > 0
  return {
    next: {
      ...flapped.check,
      state: moved.next,
      told: owes ? { ...told, owed: true } : over ? { ...told, number: 0, states: [], owed: false } : told,
    },
    change: moved.change,
    tellings: [...(planned?.telling ? [planned.telling] : []), ...flapped.tellings, ...(telling ? [telling] : [])],
    ...{ hold, flapping: flapped.turn, handled: moved.handled, retry: moved.retry, beginsDowntimes, stateChanged, hardChanged },
    reachedHard: reached.hard,
  }
}

/** Stages that hold a recovery for a time only. */
const passing: ReadonlySet<string> = new Set(['period', 'off', 'master', 'flapping', 'downtime', 'dependency'])

/** A change starts the clock of notifications anew; who is still owed a recovery hears of the new problem instead. */
const toldAfterChange = (told: Tracked['told'], ok: boolean): Tracked['told'] => ({
  ...{ ...told, last: null, next: null, done: false },
  ...(told.owed && !ok ? { owed: false } : {}),
})

/** Any change of state ends it; a sticky one stays until the recovery. That a problem becomes hard is no change of state. */
function acknowledgementAfter({ acknowledgement }: Tracked, moved: Step) {
  return acknowledgement && endsAcknowledgement(acknowledgement, moved, moved.reached.state) ? null : acknowledgement
}

export const endsAcknowledgement = (
  { sticky }: { sticky: boolean },
  { stateChanged, hardChanged }: Pick<Step, 'stateChanged' | 'hardChanged'>,
  state: State,
) => (sticky ? (stateChanged || hardChanged) && state === 'ok' : stateChanged)

/** A problem that is not even tried to be told: that has a reason too, which is remembered so that it is recorded once. */
function keptQuiet(
  check: Tracked,
  rule: AlertRule,
  around: StageContext,
): { told: Tracked['told']; telling: null; hold: Hold | null } {
  const alert = { kind: 'problem', check, rule } as const
  const hold = check.state.state === 'ok' ? null : (hard(alert, around) ?? dependency(alert, around))
  return { told: hold ? { ...check.told, held: hold.stage } : check.told, telling: null, hold }
}
