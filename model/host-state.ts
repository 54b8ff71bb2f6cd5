/** Soft and hard states of hosts, which Nagios counts a little differently from those of services. `unknown` reads as UNREACHABLE. */
import type { CheckState, State } from './check.ts'
import { type Circumstances, known, type StateResult, type StateRule, type Step } from './state.ts'

/**
 * One result further for a host. Unlike a service, a host that recovers while soft stays soft until the next result, and
 * becoming hard does not count as a change of state. A confirmed result is hard at once, at its first attempt.
 */
export function stepHost(
  previous: CheckState,
  result: StateResult,
  rule: StateRule,
  now: number,
  { confirmed = false }: Circumstances = {},
): Step {
  const before = known(previous, result, now)
  const counted = count(before, result.state, rule)
  const { stateChanged, soft } = counted
  const hardChanged = counted.usedUp || (confirmed && stateChanged)
  const hard = hardChanged || confirmed || (!soft && !stateChanged)
  const attempt = confirmed && stateChanged ? 1 : counted.attempt
  const reached: CheckState = {
    ...before,
    ...{ state: result.state, hard, attempt },
    lastStateChange: stateChanged ? now : before.lastStateChange,
    lastHardState: hardChanged ? result.state : before.lastHardState,
    lastHardStateChange: hardChanged ? now : before.lastHardStateChange,
  }
  const logged = stateChanged || hardChanged || !hard
  const turned = (before.state === 'ok') !== (result.state === 'ok')
  return {
    ...{ next: reached, reached, stateChanged, hardChanged },
    change: logged ? { from: before.state, to: result.state, hard, attempt } : null,
    handled: stateChanged || hardChanged || turned || (soft && result.state !== 'ok'),
    worthTelling: counted.worthTelling || hardChanged,
    retry: soft && !counted.usedUp && result.state !== 'ok',
  }
}

function count(before: CheckState, state: State, { attempts }: StateRule) {
  const ok = state === 'ok'
  const wasOk = before.state === 'ok'
  const recovered = ok && !wasOk && before.hard
  let attempt = wasOk || recovered ? 1 : before.attempt
  const soft = wasOk ? !ok : !before.hard
  const stateChanged = state !== before.state || (ok && soft)
  if (soft) {
    if (!wasOk && !ok && attempt < attempts) attempt++
    else if (stateChanged || ok) attempt = 1
    else if (attempt < attempts) attempt++
  }
  return {
    ...{ attempt, soft, stateChanged },
    worthTelling: !wasOk && before.hard,
    usedUp: recovered || (attempt >= attempts && state !== before.lastHardState),
  }
}
