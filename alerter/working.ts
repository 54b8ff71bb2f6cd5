/** Whether the engine really works: what a dead-man's switch is for. */
import type { Entry } from './registry.ts'

/** The loops say that they live. */
export interface Pulse {
  /** Epoch ms of the last look at what is due, and at the queue; null before the first. */
  loop: number | null
  dispatch: number | null
}

const stillMs = 60_000
/** How late checks may be: a busy machine is not a dead one. */
const lateMs = 5 * 60_000

/** Why it does not; null = it does. */
export function whyIdle(
  pulse: Pulse,
  { stalled, entries }: { stalled: boolean; entries: Iterable<Entry> },
  now: number,
): string | null {
  if (stalled) return 'the journal refuses check states'
  if (pulse.loop === null) return 'the engine has not begun'
  if (now - pulse.loop > stillMs) return 'the loop of checks stands still'
  if (pulse.dispatch === null || now - pulse.dispatch > stillMs) return 'the queue of notifications is not served'
  let [all, late] = [0, 0]
  for (const { stored, rule } of entries) {
    all++
    if (stored.nextCheck !== null && now - stored.nextCheck > lateMs + rule.retryMs) late++
  }
  return all > 0 && late * 2 > all ? `${late} of ${all} checks are late` : null
}
