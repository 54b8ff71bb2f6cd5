/** How much of a time something was there, by the states that its check was in. Pure; epoch ms. */
import type { State } from './check.ts'

export interface Availability {
  /** ok or warning; critical; not known; and planned to be away, which counts as neither. */
  upMs: number
  downMs: number
  unknownMs: number
  plannedMs: number
  /** Of the time that is known and not planned, 0…100; null = nothing is known. */
  percent: number | null
}

export interface Change {
  time: number
  to: State
}

/**
 * `initial`: the state when the time begins; null = it was not known. Changes in order. What nobody knows is neither up nor down.
 */
export function availability(
  { from, to }: { from: number; to: number },
  initial: State | null,
  changes: readonly Change[],
  planned: readonly { from: number; to: number }[],
): Availability {
  const sums = { upMs: 0, downMs: 0, unknownMs: 0, plannedMs: 0 }
  const away = merged(planned, from, to)
  const add = (state: State | null, start: number, end: number) => {
    if (end <= start) return
    const off = away.reduce((sum, one) => sum + Math.max(0, Math.min(end, one.to) - Math.max(start, one.from)), 0)
    const kind = state === 'ok' || state === 'warning' ? 'upMs' : state === 'critical' ? 'downMs' : 'unknownMs'
    sums.plannedMs += off
    sums[kind] += end - start - off
  }
  let [state, since] = [initial, from]
  for (const change of changes) {
    const time = Math.min(to, Math.max(from, change.time))
    add(state, since, time)
    state = change.to
    since = time
  }
  add(state, since, to)
  const known = sums.upMs + sums.downMs
  return { ...sums, percent: known === 0 ? null : (100 * sums.upMs) / known }
}

/** Within the time, without overlaps. */
function merged(spans: readonly { from: number; to: number }[], from: number, to: number) {
  const result: { from: number; to: number }[] = []
  for (const span of [...spans].sort((a, b) => a.from - b.from)) {
    const own = { from: Math.max(from, span.from), to: Math.min(to, span.to) }
    const last = result.at(-1)
    if (last && own.from <= last.to) last.to = Math.max(last.to, own.to)
    else if (own.to > own.from) result.push(own)
  }
  return result
}
