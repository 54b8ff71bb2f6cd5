/**
 * When many fail at once, what they have in common is the cause: one rule for regions, availability zones, hypervisors, routers
 * and networks. Pure.
 */
import type { State } from './check.ts'

/** Something that a possible cause carries. */
export interface Carried {
  id: string
  name: string | null
  project: string | null
  /** Since when it fails, epoch ms; null = it works. */
  begun: number | null
  /** It is not known to fail, it has fallen silent. */
  silent: boolean
  /** Something else explains it: it speaks neither for this cause nor against it. */
  explained: boolean
}

/** A possible cause, as the engine sees it at one moment. */
export interface CauseView {
  /** What it carries: hypervisors, instances, ports … */
  of: 'zone' | 'hypervisor' | 'instance' | 'network' | 'port' | 'target'
  carried: readonly Carried[]
  /** What the last result said and since when that holds; null = there was none. */
  before: { state: State; since: number } | null
  /** Its own checks know that it fails: what it carries says nothing new. */
  fails: boolean
  /** … or it failed until then, and what it carries has not had time to be heard from. */
  settling: boolean
  /** It works again since then; null = it did not fail lately. */
  back: number | null
}

export interface CauseRule {
  /** Percent of what is carried that has to fail; more than this. */
  share: number
  /** … and at least so many. */
  least: number
  /** They began to fail within this time of each other. */
  windowMs: number
}

export interface Verdict {
  /** critical: most fail; nodata: most are silent; warning: it is over, and some are left that still fail. */
  state: 'ok' | 'warning' | 'critical' | 'nodata'
  failing: readonly Carried[]
  /** How many count. */
  of: number
}

/** Fewer than this are told one by one. */
const leastLeft = 2

/** null: nothing can be said, what was said before stands. */
export function verdictOf({ carried, before, fails, settling, back }: CauseView, rule: CauseRule, now: number): Verdict | null {
  if (fails || settling) return null
  const counted = carried.filter(({ explained }) => !explained)
  const failing = counted.filter((one): one is Carried & { begun: number } => one.begun !== null)
  const enough = (count: number) => count >= rule.least && count * 100 > rule.share * counted.length
  const failed = before?.state === 'critical' || before?.state === 'nodata'
  if (enough(failing.length) && (failed || enough(together(failing, rule.windowMs))))
    return { state: failing.every(({ silent }) => silent) ? 'nodata' : 'critical', failing, of: counted.length }
  const over = failed ? now : before?.state === 'warning' ? before.since : back
  const left = over === null ? [] : failing.filter(({ begun }) => begun <= over)
  return left.length >= leastLeft
    ? { state: 'warning', failing: left, of: counted.length }
    : { state: 'ok', failing: [], of: counted.length }
}

/** The most that began within one window. */
function together(failing: readonly { begun: number }[], windowMs: number): number {
  const begun = failing.map((one) => one.begun).sort((a, b) => a - b)
  let first = 0
  let most = 0
  for (let last = 0; last < begun.length; last++) {
    while ((begun[last] as number) - (begun[first] as number) > windowMs) first++
    most = Math.max(most, last - first + 1)
  }
  return most
}

/** `a, b, c … and 44 more`, the first ones by name. */
export function cappedList(names: readonly string[], most = 3): { names: string[]; more: number } {
  const sorted = [...names].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  return { names: sorted.slice(0, most), more: Math.max(0, sorted.length - most) }
}

export const listText = ({ names, more }: { names: readonly string[]; more: number }): string =>
  `${names.join(', ')}${more > 0 ? ` … and ${more} more` : ''}`
