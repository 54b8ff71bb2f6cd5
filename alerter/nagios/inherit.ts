/** Templates: what a definition takes from those that it uses. */
import type { Complaint, Definition, Value } from './read-definitions.ts'

/** What makes an object itself is never taken from a template. */
const own: Record<string, readonly string[]> = {
  ...{ host: ['host_name'], hostgroup: ['hostgroup_name'], servicegroup: ['servicegroup_name'], contact: ['contact_name'] },
  ...{ contactgroup: ['contactgroup_name'], command: ['command_name'], timeperiod: ['timeperiod_name'] },
}

export interface Resolved {
  definition: Definition
  /** After inheritance; what was set to `null` is not there. */
  values: ReadonlyMap<string, Value>
  /** What was: it takes nothing from elsewhere either. */
  nulls: ReadonlySet<string>
}

/** Objects that are not templates only, with everything that they inherit. The first template wins, value by value. */
export function resolveTemplates(definitions: readonly Definition[]): { resolved: Resolved[]; complaints: Complaint[] } {
  const complaints: Complaint[] = []
  const templates = new Map<string, Definition>()
  for (const definition of definitions) {
    const name = definition.values.get('name')?.text
    if (name !== undefined && !templates.has(`${definition.kind} ${name}`))
      templates.set(`${definition.kind} ${name}`, definition)
  }
  const done = new Map<Definition, Map<string, Value>>()
  const valuesOf = (definition: Definition, trail: readonly Definition[]): Map<string, Value> => {
    const known = done.get(definition)
    if (known) return known
    const values = new Map(definition.values)
    const use = definition.values.get('use')
    // blanks around a comma are part of a template's name there, which no template has
    for (const name of (use?.text ?? '').split(',').filter((one) => one !== '')) {
      const template = templates.get(`${definition.kind} ${name}`)
      const at = { file: definition.file, line: use?.line ?? definition.line }
      if (!template) complaints.push({ ...at, message: `there is no ${definition.kind} template "${name}"`, fatal: true })
      else if (template === definition || trail.includes(template))
        complaints.push({ ...at, message: `the template "${name}" uses itself in the end; it is cut here`, fatal: false })
      else inherit(values, valuesOf(template, [...trail, definition]), own[definition.kind] ?? [])
    }
    if (trail.length === 0) done.set(definition, values)
    return values
  }
  const resolved = definitions
    .filter(({ values }) => values.get('register')?.text !== '0')
    .map((definition) => {
      const values = valuesOf(definition, [])
      const nulls = new Set([...values].flatMap(([name, { text }]) => (text === 'null' ? [name] : [])))
      return { definition, values: settled(values), nulls }
    })
  return { resolved, complaints }
}

/** Names of a list, in order, without blanks around them. */
export const namesIn = (list: string | undefined): string[] =>
  (list ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')

function inherit(values: Map<string, Value>, from: ReadonlyMap<string, Value>, except: readonly string[]): void {
  for (const [name, value] of from) {
    if (name === 'name' || name === 'use' || name === 'register' || except.includes(name)) continue
    const mine = values.get(name)
    if (!mine) values.set(name, value)
    else if (adds(name, mine) && value.text !== 'null') {
      const further = value.text.startsWith('+')
      values.set(name, {
        ...mine,
        text: `${further ? '+' : ''}${further ? value.text.slice(1) : value.text},${mine.text.slice(1)}`,
      })
    }
  }
}

/** Lists are added to; custom variables and texts may begin with a plus. */
const adds = (name: string, { text }: Value) => text.startsWith('+') && !plainText.test(name)
const plainText = /^(_.*|alias|address|notes|display_name|check_command|event_handler|command_line)$/
/** Of these `null` is a text like any other; a custom variable is there, and empty. */
const keepsNull = /^(_.*|alias|address)$/

function settled(values: ReadonlyMap<string, Value>): Map<string, Value> {
  return new Map(
    [...values]
      .filter(([name, { text }]) => text !== 'null' || keepsNull.test(name))
      .map(([name, value]) => [name, adds(name, value) ? { ...value, text: value.text.slice(1) } : value]),
  )
}
