/** Soft and hard states: what one more result makes of a check. Pure; Nagios's rules (reference: a real Nagios agrees on every trace). */
import type { CheckState, State } from './check.ts'

export interface StateRule {
  /** Problem results in a row until the problem is hard; 1 = at once. */
  attempts: number
  /** Every hard problem result counts as a change. */
  volatile?: boolean
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
  change: StateChange | null
  /** The state differs from that of the result before. */
  stateChanged: boolean
  /** A hard state was reached that was not the hard state before. */
  hardChanged: boolean
  /** Nobody is told because of this result alone. */
  quiet?: boolean
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
}

/** One result further. */
export function step(
  previous: CheckState,
  result: StateResult,
  rule: StateRule,
  now: number,
  circumstances: Circumstances = {},
): Step {
  const known: CheckState = {
    ...previous,
    lastStateChange: previous.lastStateChange ?? previous.lastCheck,
    lastHardStateChange: previous.lastHardStateChange ?? previous.lastCheck,
    checked: true,
    lastCheck: now,
    output: result.output,
  }
  return result.state === 'ok'
    ? stepOk(known, rule, now, circumstances)
    : stepProblem(known, result.state, rule, now, circumstances)
}

function stepOk(
  known: CheckState,
  rule: StateRule,
  now: number,
  { dependencyDown = false, confirmed = false }: Circumstances,
): Step {
  const next: CheckState = { ...known, state: 'ok', hard: true, attempt: 1, lastHardState: 'ok' }
  if (known.state === 'ok') return { next, change: null, stateChanged: false, hardChanged: false }
  const attempt = confirmed ? 1 : !known.hard ? known.attempt + 1 : dependencyDown ? rule.attempts : known.attempt
  const wasHard = known.hard && !hardEarly(known, rule)
  const hard = confirmed || wasHard || (known.lastHardState !== 'ok' && (dependencyDown || attempt >= rule.attempts))
  return {
    next: { ...next, lastStateChange: now, lastHardStateChange: now },
    change: { from: known.state, to: 'ok', hard, attempt },
    stateChanged: true,
    hardChanged: known.hard,
  }
}

/** Hard before its attempts were used up, because what it runs on was down. */
const hardEarly = (known: CheckState, rule: StateRule) => known.hard && known.attempt < rule.attempts

function stepProblem(known: CheckState, state: State, rule: StateRule, now: number, circumstances: Circumstances): Step {
  const stateChanged = state !== known.state
  const { hard, attempt } = reach(known, stateChanged, rule, circumstances)
  const hardChanged = hard && (stateChanged || !known.hard)
  const next: CheckState = {
    ...known,
    state,
    hard,
    attempt,
    lastHardState: hardChanged ? state : known.lastHardState,
    lastStateChange: stateChanged || hardChanged ? now : known.lastStateChange,
    lastHardStateChange: hardChanged ? now : known.lastHardStateChange,
  }
  const told = !hard || hardChanged || rule.volatile === true
  const quiet = circumstances.dependencyDown === true && known.state !== 'ok' && !known.hard
  return { next, change: told ? { from: known.state, to: state, hard, attempt } : null, stateChanged, hardChanged, quiet }
}

/** How far a problem result brings the check: soft or hard, and at which attempt. */
function reach(
  known: CheckState,
  stateChanged: boolean,
  rule: StateRule,
  { dependencyDown = false, confirmed = false }: Circumstances,
): { hard: boolean; attempt: number } {
  if (known.state !== 'ok' && known.hard && !stateChanged) return { hard: true, attempt: known.attempt }
  if (confirmed) return { hard: true, attempt: 1 }
  if (known.state === 'ok') return { hard: dependencyDown || rule.attempts <= 1, attempt: 1 }
  if (dependencyDown) return { hard: true, attempt: rule.attempts }
  if (known.hard) return { hard: !hardEarly(known, rule), attempt: known.attempt }
  const attempt = known.attempt + 1
  return { hard: attempt >= rule.attempts, attempt }
}
