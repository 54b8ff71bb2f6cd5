/** Flapping: a check that changes too often. Percent of weighted changes among the last 21 recorded states, as Nagios counts. */
import type { State } from './check.ts'

/** Most recent states, oldest first; shorter than `ring` = the rest was ok. */
export interface Flapping {
  recent: readonly State[]
  /** 0…100 */
  percent: number
  flapping: boolean
  /** A problem had been told when it began: if the check is ok when it stops, its recovery is still owed. */
  recoveryOwed: boolean
  /** Somebody switched the detection off: changes are counted, but nothing follows from them. */
  off?: boolean
}

export interface FlappingRule {
  /** Percent at or below which it stops, and at or above which it starts. */
  low: number
  high: number
  /** States that are not recorded. */
  ignored?: readonly State[]
  /** false: changes are counted, but nothing follows from them. */
  detect?: boolean
}

const ring = 21

export const steady: Flapping = { recent: [], percent: 0, flapping: false, recoveryOwed: false }

/** One state further; `record` false only counts anew. */
export function flap(previous: Flapping, state: State, rule: FlappingRule, record: boolean): Flapping {
  const recorded = record && !rule.ignored?.includes(state)
  const recent = recorded ? [...previous.recent, state].slice(-ring) : previous.recent
  const percent = changePercent(recent)
  const flapping = rule.detect === false ? previous.flapping : previous.flapping ? percent > rule.low : percent >= rule.high
  return { ...previous, recent, percent, flapping }
}

/** Newer changes weigh more: 0.75 for the oldest of the 20 pairs, 1.25 for the newest. */
function changePercent(recent: readonly State[]): number {
  const states: State[] = [...Array<State>(ring - recent.length).fill('ok'), ...recent]
  let sum = 0
  for (let i = 0; i < ring - 1; i++) if (states[i] !== states[i + 1]) sum += 0.75 + (i * 0.5) / (ring - 2)
  return (sum / (ring - 1)) * 100
}
