/** Lists of hosts, services and contacts as Nagios writes them: names, `*`, groups, `!` to leave out, patterns. */

import { namesIn } from './inherit.ts'
import type { Value } from './read-definitions.ts'

export interface Names {
  /** All that there are, in order. */
  all: readonly string[]
  members: (group: string) => readonly string[] | undefined
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
    const found = written === '*' ? known.all : known.members(written.replace(/^!\s*/, ''))
    if (!found) missing(written, groups as Value)
    for (const name of found ?? []) into.add(name)
  }
  return [...taken].filter((name) => !left.has(name))
}

function matching(written: string, all: readonly string[], patterns: Names['patterns']): readonly string[] {
  if (written === '*') return all
  if (patterns === 'none' || (patterns === 'marked' && !/[*?+\\]/.test(written))) return all.includes(written) ? [written] : []
  try {
    const pattern = new RegExp(written)
    return all.filter((name) => pattern.test(name))
  } catch {
    return []
  }
}
