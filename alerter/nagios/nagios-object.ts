import { namesIn, type Resolved } from './inherit.ts'

/** One object, with everything that it says or inherits; lists are comma-separated and sorted. */
export interface NagiosObject {
  kind: string
  file: string
  line: number
  values: ReadonlyMap<string, string>
}

const sortedLists = new Set(['contacts', 'contact_groups', 'hostgroups', 'servicegroups', 'parents'])

/** An object with its defaults. */
export function objectOf({ definition, values }: Resolved, defaults: Readonly<Record<string, string>>): NagiosObject {
  const texts = [...values]
    .filter(([name]) => name !== 'use' && name !== 'name' && name !== 'register')
    .map(([name, { text }]): [string, string] => [
      name,
      sortedLists.has(name) ? [...new Set(namesIn(text))].sort().join(',') : text,
    ])
  const { kind, file, line } = definition
  return { kind, file, line, values: new Map([...Object.entries(defaults), ...texts]) }
}
