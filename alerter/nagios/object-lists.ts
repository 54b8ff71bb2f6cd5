/** Lists of hosts, services and contacts as Nagios writes them: names, `*`, groups, `!` to leave out, patterns. */

import { namesIn } from './inherit.ts'
import type { Value } from './read-definitions.ts'

export interface Names {
  /** All that there are, in order; and as they were defined. */
  all: readonly string[]
  defined: readonly string[]
  /** Of hosts, as they were defined. */
  groups: readonly string[]
  members: (group: string) => readonly string[] | undefined
  /** … as Nagios lists them. */
  listed: (group: string) => readonly string[] | undefined
  /** Names may be regular expressions: `use_regexp_matching` (those with * or ?) or `use_true_regexp_matching` (all). */
  patterns: 'none' | 'marked' | 'all'
}

/** Reads a list of names and one of groups; `missing` hears of what matches nothing. */
export function expandList(
  names: Value | undefined,
  groups: Value | undefined,
  known: Names,
  missing: (what: string, at: Value) => void,
): string[] {
  const taken = new Set<string>()
  const left = new Set<string>()
  for (const written of namesIn(names?.text)) {
    const into = written.startsWith('!') ? left : taken
    const found = matching(written.replace(/^!\s*/, ''), known.all, known.patterns)
    if (found.length === 0) missing(written, names as Value)
    for (const name of found) into.add(name)
  }
  for (const written of namesIn(groups?.text)) {
    const into = written.startsWith('!') ? left : taken
    const every = written === '*' && known.patterns === 'none'
    // whoever is in any
    const found = every ? known.groups.flatMap((one) => known.members(one) ?? []) : known.members(written.replace(/^!\s*/, ''))
    if (!found) missing(written, groups as Value)
    for (const name of found ?? []) into.add(name)
  }
  return [...taken].filter((name) => !left.has(name))
}

function matching(written: string, all: readonly string[], patterns: Names['patterns']): readonly string[] {
  // with patterns, Nagios reads even this as one: a wrong one
  if (written === '*') return patterns === 'none' ? all : []
  if (patterns === 'none' || (patterns === 'marked' && !/[*?+\\]/.test(written))) return all.includes(written) ? [written] : []
  try {
    const pattern = new RegExp(written)
    return all.filter((name) => pattern.test(name))
  } catch {
    return []
  }
}

/**
 * The host that keeps a service's own definition, of all that it is for: Nagios makes copies for the others, and of two definitions of
 * one service the copies count before the definitions. Null = none of them: it was left out again, or copied too.
 */
export function firstHost(names: Value | undefined, groups: Value | undefined, known: Names): string | null {
  const taken = (list: Value | undefined) => namesIn(list?.text).filter((one) => !one.startsWith('!'))
  const [group] = taken(groups)
  const named = taken(names).flatMap((name) =>
    name === '*' ? known.defined.toReversed() : matching(name, known.all, known.patterns).toReversed(),
  )
  if (group === undefined) return named[0] ?? null
  const first = known.listed(group === '*' ? (known.groups.at(-1) ?? '') : group)?.at(-1)
  return first === undefined || named.includes(first) ? null : first
}
