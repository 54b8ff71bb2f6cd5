/** Which labels a target must have. Pure; patterns are fully anchored. */
import { globFits } from './glob.ts'
import type { Labels } from './target.ts'

export type Requirement = { label: string } & (
  | { test: 'in' | 'notIn' | 'like' | 'notLike'; values: readonly string[] }
  | { test: 'regex' | 'notRegex'; pattern: RegExp }
  | { test: 'exists' | 'absent' }
)

/** All of them must hold. */
export type Selector = readonly Requirement[]

export const selects = (selector: Selector, labels: Labels): boolean =>
  selector.every((requirement) => holds(requirement, labels[requirement.label] ?? []))

/** With several values one is enough; what is negated must hold for all, and holds for a label that is not there. */
export function holds(requirement: Requirement, values: readonly string[]): boolean {
  switch (requirement.test) {
    case 'in':
      return values.some((value) => requirement.values.includes(value))
    case 'notIn':
      return !values.some((value) => requirement.values.includes(value))
    case 'like':
      return values.some((value) => requirement.values.some((pattern) => globFits(pattern, value)))
    case 'notLike':
      return !values.some((value) => requirement.values.some((pattern) => globFits(pattern, value)))
    case 'regex':
      return values.some((value) => requirement.pattern.test(value))
    case 'notRegex':
      return !values.some((value) => requirement.pattern.test(value))
    case 'exists':
      return values.length > 0
    case 'absent':
      return values.length === 0
  }
}

const words = {
  ...{ in: 'in', notIn: 'not in', like: 'like', notLike: 'not like', regex: 'matches', notRegex: 'does not match' },
  ...{ exists: 'exists', absent: 'is absent' },
} as const

/** For people: `meta.tier in (gold, silver)`. */
export function requirementText(requirement: Requirement): string {
  const asked =
    'values' in requirement
      ? ` (${requirement.values.join(', ')})`
      : 'pattern' in requirement
        ? ` ${requirement.pattern.source}`
        : ''
  return `${requirement.label} ${words[requirement.test]}${asked}`
}
