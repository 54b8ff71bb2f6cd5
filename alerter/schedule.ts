/** When a check runs next. Checks are spread over their interval by hash, in few slots, so that a slot's reads can be one query. */
import { createHash } from 'node:crypto'

/** An interval has at most this many slots: the store is asked that often for all targets of a rule. */
export const slots = 6

/** Stable id of a rule on a target; safe in URLs. */
export function checkId(rule: string, kind: string, target: string): string {
  return createHash('sha256').update(`${rule}\0${kind}\0${target}`).digest('hex').slice(0, 20)
}

/** Offset of a check in its interval. The same target has the same place in every rule of that interval. */
export function slotOffset(target: string, intervalMs: number): number {
  const hash = createHash('sha256').update(target).digest().readUInt32BE(0)
  const width = Math.max(1000, Math.floor(intervalMs / slots))
  return (hash % Math.max(1, Math.floor(intervalMs / width))) * width
}

/** Anywhere in the interval: for checks that gain nothing from being asked together. */
export function spreadOffset(check: string, intervalMs: number): number {
  return createHash('sha256').update(check).digest().readUInt32BE(0) % intervalMs
}

/** The first instant after `now` of the slot at `offset`. */
export function nextRegular(offset: number, intervalMs: number, now: number): number {
  return Math.floor((now - offset) / intervalMs + 1) * intervalMs + offset
}

/** A soft problem is looked at again after the retry interval, on a common beat. */
export function nextRetry(retryMs: number, now: number): number {
  const beat = Math.min(retryMs, 5000)
  return Math.ceil((now + retryMs) / beat) * beat
}

/**
 * After a start nobody waits a whole interval: first results come within 10 seconds, or an interval if that is shorter. Not in
 * the first second, when collectors have not even said that they are starting.
 */
export function firstCheck(offset: number, intervalMs: number, now: number, within = 10_000): number {
  const window = Math.min(intervalMs, within)
  const early = Math.min(1000, window / 2)
  return now + early + Math.floor((offset / intervalMs) * (window - early))
}
