/** Members of groups: those that the group names, those of its member groups, and those that name the group. */

import { namesIn, type Resolved } from './inherit.ts'
import type { Complaint } from './read-definitions.ts'

export interface Group {
  name: string
  alias: string
  /** In alphabetical order. */
  members: readonly string[]
  /** In the order in which Nagios lists them: member groups', those that name the group, its own. */
  listed: readonly string[]
  resolved: Resolved
}

export interface GroupKind {
  /** `hostgroup`, `contactgroup`. */
  kind: string
  /** Directive of a group that names member groups. */
  groupMembers: string
  /** Directive of a member that names groups. */
  memberGroups: string
}

export function readGroups(
  { kind, groupMembers, memberGroups }: GroupKind,
  groups: readonly Resolved[],
  members: readonly { name: string; resolved: Resolved }[],
  patterns: 'none' | 'marked' | 'all' = 'none',
): { groups: Map<string, Group>; complaints: Complaint[] } {
  const complaints: Complaint[] = []
  const byName = new Map(groups.map((group) => [group.values.get(`${kind}_name`)?.text ?? '', group]))
  const direct = new Map<string, Set<string>>()
  const excluded = new Map<string, ReadonlySet<string>>()
  const naming = new Map<string, Set<string>>()
  for (const [name, { values }] of byName) {
    const [taken, left] = [new Set<string>(), new Set<string>()]
    for (const member of namesIn(values.get('members')?.text))
      if (member === '*' && patterns === 'none') for (const one of members.toReversed()) taken.add(one.name)
      else (member.startsWith('!') ? left : taken).add(member.replace(/^!\s*/, ''))
    direct.set(name, taken)
    excluded.set(name, left)
  }
  for (const { name, resolved } of members) {
    const value = resolved.values.get(memberGroups)
    for (const group of namesIn(value?.text))
      if (direct.has(group)) naming.set(group, (naming.get(group) ?? new Set()).add(name))
      else {
        const { file, line } = resolved.definition
        complaints.push({ file, line: value?.line ?? line, message: `there is no ${kind} "${group}"`, fatal: true })
      }
  }
  const complete = (name: string, trail: readonly string[]): string[] =>
    all(name, trail).filter((member) => !excluded.get(name)?.has(member))
  const all = (name: string, trail: readonly string[]): string[] => [
    ...namesIn(byName.get(name)?.values.get(groupMembers)?.text)
      .filter((inner) => !trail.includes(inner))
      .flatMap((inner) => complete(inner, [...trail, name])),
    ...(naming.get(name) ?? []),
    ...(direct.get(name) ?? []),
  ]
  const known = new Set(members.map(({ name }) => name))
  const read = new Map<string, Group>()
  for (const [name, resolved] of byName) {
    const listed = [...new Set(complete(name, [name]))]
    const sorted = listed.toSorted()
    const { file, line } = resolved.definition
    for (const member of sorted)
      if (!known.has(member))
        complaints.push({
          file,
          line,
          message: `the ${kind} "${name}" has a member "${member}" that is not defined`,
          fatal: true,
        })
    read.set(name, { name, alias: resolved.values.get('alias')?.text ?? name, members: sorted, listed, resolved })
  }
  return { groups: read, complaints }
}
