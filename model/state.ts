/** Soft and hard states: what one more result makes of a check. Pure; Nagios's rules (reference: a real Nagios agrees on every trace). */
import type { CheckState, State } from './check.ts'

export interface StateRule {
  /** Problem results in a row until the problem is hard; 1 = at once. */
  attempts: number
  /** Every hard problem result counts as a change. */
  volatile?: boolean
  /** A soft recovery counts as a hard change of state, as in Nagios. */
  softRecoveryIsHardChange?: boolean
}

export interface StateResult {
  state: State
  output: string
}

export interface Circumstances {
  /** What the check runs on does not work: a problem is hard at once. */
  dependencyDown?: boolean
  /** The result comes from a source that has already confirmed it: hard, and the count of attempts stays 1. */
  confirmed?: boolean
}

/** A change worth a line in the history, with the state as it was reached: a soft recovery is `ok`, soft, attempt n + 1. */
export interface StateChange {
  from: State
  to: State
  hard: boolean
  attempt: number
}

export interface Step {
  next: CheckState
  /** The state as the result reached it, before a soft recovery is put to rest as hard and ok. */
  reached: CheckState
  change: StateChange | null
  /** A soft problem, a hard change or a recovery: what Nagios runs event handlers on. */
  handled: boolean
  /** The state differs from that of the result before. */
  stateChanged: boolean
  /** A hard state was reached that was not the hard state before. */
  hardChanged: boolean
  /** People may have to hear of this result. */
  worthTelling: boolean
  /** The next check comes after the retry interval. */
  retry: boolean
}

/** A check before its first result. */
export const pending: CheckState = {
  state: 'ok',
  hard: true,
  attempt: 1,
  checked: false,
  lastStateChange: null,
  lastHardState: 'ok',
  lastHardStateChange: null,
  lastCheck: null,
  output: '',
  onBrokenGround: false,
}

/** What was known before the result, with the result's text; a check's clocks start at its first result. */
export const known = (previous: CheckState, result: StateResult, now: number): CheckState => ({
  ...previous,
  lastStateChange: previous.lastStateChange ?? previous.lastCheck,
  lastHardStateChange: previous.lastHardStateChange ?? previous.lastCheck,
  checked: true,
  lastCheck: now,
  output: result.output,
})

/** One result further. */
export function step(
  previous: CheckState,
  result: StateResult,
  rule: StateRule,
  now: number,
  circumstances: Circumstances = {},
): Step {
  const before = known(previous, result, now)
  const counted = count(before, result.state, rule, circumstances.dependencyDown === true)
  const stateChanged = counted.stateChanged
  const hardChanged = counted.hardChanged
  const hard = hardChanged || (counted.hard && !stateChanged)
  const reached: CheckState = {
    ...before,
    state: result.state,
    hard,
    attempt: counted.attempt,
    onBrokenGround: counted.onBrokenGround,
    lastStateChange: stateChanged || hardChanged ? now : before.lastStateChange,
    lastHardState: hardChanged ? result.state : before.lastHardState,
    lastHardStateChange: hardChanged ? now : before.lastHardStateChange,
  }
  const problem = result.state !== 'ok'
  const again = problem && hard && rule.volatile === true
  const logged = stateChanged || hardChanged || (problem && !hard) || again
  return {
    ...{ stateChanged, hardChanged, reached, handled: logged, retry: counted.retry },
    next: !problem && stateChanged ? rested(reached, hardChanged, rule, now) : reached,
    change: logged ? { from: before.state, to: result.state, hard, attempt: counted.attempt } : null,
    worthTelling: counted.worthTelling || again,
  }
}

/** A recovery is over when it has been told: the check is ok, hard, at its first attempt. */
function rested(reached: CheckState, hardChanged: boolean, rule: StateRule, now: number): CheckState {
  const moves = hardChanged || rule.softRecoveryIsHardChange === true
  return {
    ...{ ...reached, hard: true, attempt: 1, lastHardState: 'ok' },
    lastHardStateChange: moves ? now : reached.lastHardStateChange,
    onBrokenGround: hardChanged ? false : reached.onBrokenGround === true,
  }
}

interface Counted {
  hard: boolean
  attempt: number
  stateChanged: boolean
  hardChanged: boolean
  worthTelling: boolean
  retry: boolean
  onBrokenGround: boolean
}

/** Which attempt this is, and whether the problem is soft or hard. */
function count(before: CheckState, state: State, { attempts }: StateRule, down: boolean): Counted {
  const ok = state === 'ok'
  const wasOk = before.state === 'ok'
  // A problem that only began because of what the check runs on is counted anew once that works again.
  const anew = !ok && !down && before.onBrokenGround && !before.hard
  const onBrokenGround = down || (ok && before.onBrokenGround === true)
  const forced = down && before.lastHardState !== state
  let hard = forced || before.hard
  let attempt = forced ? attempts : anew ? 1 : before.attempt
  if (wasOk && ok) [hard, attempt] = [true, 1]
  if (wasOk && !ok) [hard, attempt] = [forced || onBrokenGround ? hard : false, 1]
  const soft = !hard
  const worthTelling = !wasOk && hard && (ok || !onBrokenGround)
  const stateChanged = state !== before.state || (ok && soft)
  if (soft) {
    if (!wasOk && attempt < attempts) attempt++
    else if (stateChanged && !ok) attempt = 1
    else if (attempt < attempts) attempt++
  }
  const lastHard = forced ? state : before.lastHardState
  const usedUp = attempt >= attempts && (state !== lastHard || (soft && !ok))
  return {
    ...{ hard, attempt, stateChanged, onBrokenGround },
    hardChanged: forced || usedUp,
    worthTelling: worthTelling || usedUp,
    retry: soft && !usedUp,
  }
}
