/** "Only when it has been so for 10 minutes": what held at every look of a time, not only at the last. Pure. */
import type { State } from './check.ts'

/** What was judged at an instant, epoch ms; state null = nothing was known then. */
export interface Look {
  time: number
  state: Exclude<State, 'unknown' | 'nodata'> | null
}

const ranks = { ok: 0, warning: 1, critical: 2 } as const

export interface Held {
  /** The worst state that held all the time. */
  state: Exclude<State, 'unknown' | 'nodata'>
  /** What it would be without the waiting: that of the last look. */
  now: Exclude<State, 'unknown' | 'nodata'>
  /** For so long it has not been better than `now`, ms. */
  since: number
}

/**
 * Looks in order of time, the last one is now; null when nothing is known now. A time of which nothing is known proves nothing:
 * it interrupts what held, and never makes a problem of a silence.
 */
export function heldFor(looks: readonly Look[], forMs: number): Held | null {
  const last = looks.at(-1)
  if (!last || last.state === null) return null
  const begins = (least: number): number => {
    let from = last.time
    for (let i = looks.length - 1; i >= 0; i--) {
      const { state, time } = looks[i] as Look
      if (state === null || ranks[state] < least) break
      from = time
    }
    return from
  }
  const held = (['critical', 'warning'] as const).find(
    (state) => ranks[last.state as 'ok'] >= ranks[state] && last.time - begins(ranks[state]) >= forMs,
  )
  return { state: held ?? 'ok', now: last.state, since: last.time - begins(ranks[last.state]) }
}
