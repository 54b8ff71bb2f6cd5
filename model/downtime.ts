/** Planned downtimes: when each begins and ends, and which begin with which. Pure; rules of Nagios. Times are epoch ms. */

export interface Downtime {
  id: string
  /** What it is for: a check's id, or a pattern of targets. */
  subject: string
  /** false = flexible: it begins with the first problem between `start` and `end`, and then lasts `durationMs`. */
  fixed: boolean
  start: number
  end: number
  durationMs: number
  /** Begins and ends with this one instead of at its own times. */
  triggeredBy: string | null
  author: string
  comment: string
  /** In effect. */
  active: boolean
  /** When a flexible one began; null = not yet. */
  since: number | null
}

/** A downtime as the journal keeps it, also when it is over. */
export interface StoredDowntime extends Downtime {
  endedAt: number | null
  /** How it ended; null while it has not. */
  outcome: 'over' | 'never needed' | 'cancelled' | null
}

/** What time did to a downtime. `expired`: a flexible one that was never needed. */
export interface DowntimeTurn {
  downtime: Downtime
  what: 'started' | 'ended' | 'expired' | 'cancelled'
}

/** Why a downtime cannot be; null = it can. */
export function cannotBe({ start, end, fixed, durationMs }: Downtime, now: number): string | null {
  if (end <= start) return 'it ends before it begins'
  if (end <= now) return 'it is over already'
  return !fixed && durationMs <= 0 ? 'a flexible downtime needs a duration' : null
}

/** When something happens to it next; null = it waits for another. */
export function nextTurn({ fixed, start, end, durationMs, triggeredBy, active, since }: Downtime): number | null {
  if (active) return fixed ? end : (since ?? start) + durationMs
  if (!fixed && since !== null) return since
  if (!fixed) return end + 1000
  return triggeredBy === null ? start : null
}

/** A problem now: the flexible downtimes of this subject that wait for one begin. */
export function beginFlexible(downtimes: readonly Downtime[], subject: string, now: number): Downtime[] {
  return downtimes.map((one) => (one.subject === subject && waits(one, now) ? { ...one, since: now } : one))
}

/** A flexible downtime whose time has come, and that no problem has started yet. */
export const waits = ({ fixed, active, triggeredBy, start, end }: Downtime, now: number) =>
  !fixed && !active && triggeredBy === null && start <= now && now <= end

/** One downtime's turn has come, with all that begin or end with it. */
export function turn(downtimes: readonly Downtime[], id: string, now: number): { left: Downtime[]; turns: DowntimeTurn[] } {
  const downtime = downtimes.find((one) => one.id === id)
  if (!downtime) return { left: [...downtimes], turns: [] }
  if (!downtime.active && !downtime.fixed && downtime.since === null && downtime.triggeredBy === null)
    return { left: without(downtimes, id), turns: [{ downtime, what: 'expired' }] }
  return downtime.active ? finish(downtimes, downtime, 'ended') : begin(downtimes, downtime, now)
}

function begin(downtimes: readonly Downtime[], downtime: Downtime, now: number): { left: Downtime[]; turns: DowntimeTurn[] } {
  const started: Downtime = { ...downtime, active: true, since: downtime.fixed ? null : (downtime.since ?? now) }
  let left = downtimes.map((one) => (one.id === downtime.id ? started : one))
  const turns: DowntimeTurn[] = [{ downtime: started, what: 'started' }]
  for (const other of downtimes.filter(({ triggeredBy, active }) => triggeredBy === downtime.id && !active)) {
    const then = begin(left, other, now)
    left = then.left
    turns.push(...then.turns)
  }
  return { left, turns }
}

/** Takes a downtime back: it ends if it had begun, and so do those that it started. */
export function cancel(downtimes: readonly Downtime[], id: string): { left: Downtime[]; turns: DowntimeTurn[] } {
  const downtime = downtimes.find((one) => one.id === id)
  return downtime ? finish(downtimes, downtime, 'cancelled') : { left: [...downtimes], turns: [] }
}

function finish(
  downtimes: readonly Downtime[],
  downtime: Downtime,
  what: 'ended' | 'cancelled',
): { left: Downtime[]; turns: DowntimeTurn[] } {
  let left = without(downtimes, downtime.id)
  const turns: DowntimeTurn[] = [{ downtime, what }]
  for (const other of downtimes.filter(({ triggeredBy }) => triggeredBy === downtime.id)) {
    const then = finish(left, other, what)
    left = then.left
    turns.push(...then.turns)
  }
  return { left, turns }
}

const without = (downtimes: readonly Downtime[], id: string) => downtimes.filter((one) => one.id !== id)
