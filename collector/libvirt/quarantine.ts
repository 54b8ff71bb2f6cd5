/**
 * Who does not answer, decided poll by poll. libvirt's monitor has no timeout: a call that reaches a QEMU which hangs comes
 * back when that QEMU does, and holds the domain's lock until then. So a QEMU that was silent is set apart: it is asked alone,
 * where it holds up nobody else, and ever more rarely if asking costs a call each time.
 */

/** What asking one QEMU came to. */
export type Outcome =
  | 'answered'
  /** Passed over, because another call holds the domain's lock. Costs nothing. */
  | 'skipped'
  /** Our own call to it does not come back. Costs one of the daemon's workers until it does. */
  | 'hung'
  /** Not asked, to spare the daemon. */
  | 'unasked'

/** A QEMU that has not answered of late. */
export interface Silence {
  /** Which life of the domain: the next one begins with a clean slate. */
  readonly domainId: number
  /** When it was first asked in vain, epoch ms. */
  readonly since: number
  /** Times in a row that it was passed over. */
  readonly skipped: number
  /** Calls of ours in a row that did not come back. */
  readonly hung: number
  /** Not to be asked before, monotonic ms. */
  readonly notBefore: number
}

export interface Asked {
  domainId: number
  /** When it was asked, epoch ms and monotonic ms. */
  time: number
  at: number
  intervalMs: number
}

/** A QEMU that hangs again and again is asked once in so long. */
const longestRestMs = 300_000

/** Someone else's lock for a moment is everyday: backups, snapshots, a resize. Twice in a row it is asked alone. */
const skippedOften = 2

/** One step further: null = it answers. */
export function afterAsking(before: Silence | null, outcome: Outcome, asked: Asked): Silence | null {
  const known = before?.domainId === asked.domainId ? before : null
  if (outcome === 'answered') return null
  if (outcome === 'unasked') return known
  const fresh: Silence = { domainId: asked.domainId, since: asked.time, skipped: 0, hung: 0, notBefore: asked.at }
  const silence = known ?? fresh
  if (outcome === 'skipped') return { ...silence, skipped: silence.skipped + 1, notBefore: asked.at }
  // The call that hangs holds the lock: the next attempt is passed over at once, and costs nothing. Should it hang all the
  // same, the lock was free and the QEMU was not.
  const rest = silence.hung === 0 ? 0 : Math.min(longestRestMs, asked.intervalMs * 2 ** silence.hung)
  return { ...silence, skipped: 0, hung: silence.hung + 1, notBefore: asked.at + rest }
}

/** Asked alone, outside the chunks of those that answer. */
export const isQuarantined = (silence: Silence | null, domainId: number): boolean =>
  silence?.domainId === domainId && (silence.hung > 0 || silence.skipped >= skippedOften)

/** The finding: `hangs` = our own call does not come back; `locked` = only ever passed over. */
export function finding(silence: Silence | null, domainId: number): 'hangs' | 'locked' | null {
  if (silence === null || !isQuarantined(silence, domainId)) return null
  return silence.hung > 0 ? 'hangs' : 'locked'
}
