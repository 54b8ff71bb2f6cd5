/** Several checks as one: how many of them are good, against how many are needed. Pure. */
import { covers, type State } from './check.ts'

const dim: readonly State[] = ['unknown', 'nodata']

/** How many of the members must be good: all, any, a number or a share in percent. */
export type Needs = 'all' | 'any' | { count: number } | { percent: number }

export interface Counted {
  good: number
  bad: number
  /** Nothing is known of them: no result, or no data. */
  dark: number
  of: number
}

/** `bad`: the states of a member in which it does not count as good. */
export function count(members: readonly (State | null)[], bad: readonly State[]): Counted {
  const dark = members.filter((state) => state === null || (dim.includes(state) && !covers(bad, state))).length
  const failed = members.filter((state) => state !== null && covers(bad, state)).length
  return { good: members.length - dark - failed, bad: failed, dark, of: members.length }
}

/** How many that is of so many; more than there are can never be met. */
export function needed(needs: Needs, of: number): number {
  if (needs === 'all') return of
  if (needs === 'any') return Math.min(1, of)
  return 'count' in needs ? needs.count : Math.ceil((needs.percent * of) / 100 - 1e-9)
}

/**
 * Critical when fewer are good than are needed, whatever those turn out to be of which nothing is known; unknown when that
 * depends on them; else a warning when fewer are good than are wanted. Of nothing nothing can be said.
 */
export function composed({ good, dark, of }: Counted, needs: Needs, wants: Needs): State {
  if (of === 0) return 'unknown'
  const [least, wish] = [needed(needs, of), needed(wants, of)]
  if (good + dark < least) return 'critical'
  if (good < least) return 'unknown'
  return good < wish ? 'warning' : 'ok'
}
