/** Soft and hard states of hosts, which Nagios counts a little differently from those of services. `unknown` reads as UNREACHABLE. */
import type { CheckState } from './check.ts'
import { type Circumstances, type StateResult, type StateRule, type Step, step } from './state.ts'

/**
 * One result further for a host. Unlike a service, a host that recovers while soft stays soft until the next result, and
 * becoming hard does not count as a change of state.
 */
export function stepHost(
  previous: CheckState,
  result: StateResult,
  rule: StateRule,
  now: number,
  { confirmed = false }: Circumstances = {},
): Step {
  if (result.state === 'ok') return recoverHost(previous, result, rule, now, confirmed)
  const moved = step(previous, result, rule, now, { confirmed })
  if (moved.stateChanged) return moved
  const next = { ...moved.next, lastStateChange: previous.lastStateChange ?? previous.lastCheck }
  if (!confirmed || previous.hard) return { ...moved, next }
  return confirmSoft(previous, moved, next, rule)
}

/** A confirmed result for a problem that was soft: hard, but a change only when its attempts are used up. */
function confirmSoft(previous: CheckState, moved: Step, next: CheckState, rule: StateRule): Step {
  const attempt = previous.attempt + 1
  if (attempt >= rule.attempts)
    return { ...moved, next: { ...next, attempt }, change: moved.change && { ...moved.change, attempt } }
  const { lastHardState, lastHardStateChange, lastCheck } = previous
  return {
    next: { ...next, attempt, lastHardState, lastHardStateChange: lastHardStateChange ?? lastCheck },
    change: null,
    stateChanged: false,
    hardChanged: false,
    quiet: true,
  }
}

function recoverHost(previous: CheckState, result: StateResult, rule: StateRule, now: number, confirmed: boolean): Step {
  const { lastHardState, lastHardStateChange, lastCheck } = previous
  const moved = step(previous, result, rule, now, { confirmed })
  if (!moved.change) return { ...moved, next: { ...moved.next, lastHardState } }
  const hard = previous.hard || confirmed
  const change = { ...moved.change, hard, attempt: 1 }
  if (hard) return { ...moved, change }
  return {
    ...moved,
    change,
    next: { ...moved.next, hard: false, lastHardState, lastHardStateChange: lastHardStateChange ?? lastCheck },
  }
}
