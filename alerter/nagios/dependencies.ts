/** Dependencies and escalations: one definition may mean many pairs. */
import { namesIn, type Resolved } from './inherit.ts'
import type { NagiosObject } from './nagios-object.ts'
import { expandList, type Names } from './object-lists.ts'

export interface ExpandContext {
  services: ReadonlyMap<string, NagiosObject>
  names: Names
  complain: (one: Resolved, message: string, line?: number) => void
}

interface Pair {
  host: string
  service: string | null
}

export function readDependencies(all: readonly Resolved[], context: ExpandContext): NagiosObject[] {
  const expanded = all.flatMap((one) => {
    const services = one.definition.kind === 'servicedependency'
    const masters = pairs(one, '', services, context)
    const said = one.values.has('dependent_host_name') || one.values.has('dependent_hostgroup_name')
    return masters.flatMap((master) => {
      // Left out, it depends on the same host: that of the master.
      const dependents = said
        ? pairs(one, 'dependent_', services, context)
        : namesIn(one.values.get('dependent_service_description')?.text).map((service) => ({ host: master.host, service }))
      return dependents.map((dependent) => dependencyOf(one, master, dependent))
    })
  })
  complainOfCircles(expanded, all, context)
  return expanded
}

export function readEscalations(all: readonly Resolved[], context: ExpandContext): NagiosObject[] {
  return all.flatMap((one) =>
    pairs(one, '', one.definition.kind === 'serviceescalation', context).map(({ host, service }) => {
      const object = plain(one)
      const of = context.services.get(`${host};${service}`)
      const contacts = object.values.has('contacts') || object.values.has('contact_groups') ? [] : ['contacts', 'contact_groups']
      const implied = contacts.flatMap((name): [string, string][] =>
        of?.values.has(name) ? [[name, of.values.get(name) ?? '']] : [],
      )
      return { ...object, values: new Map([...object.values, ...implied, ...identity('', { host, service })]) }
    }),
  )
}

/** Which hosts, or which services of which hosts, a definition names; `prefix` is `dependent_` or nothing. */
function pairs(one: Resolved, prefix: string, services: boolean, { services: known, names, complain }: ExpandContext): Pair[] {
  const missing = (what: string, { line }: { line: number }) => complain(one, `no host or hostgroup matches "${what}"`, line)
  const hosts = expandList(one.values.get(`${prefix}host_name`), one.values.get(`${prefix}hostgroup_name`), names, missing)
  if (!services) return hosts.map((host) => ({ host, service: null }))
  const described = one.values.get(`${prefix}service_description`)
  return hosts.flatMap((host) =>
    namesIn(described?.text).flatMap((written): Pair[] => {
      const there = [...known.keys()].filter((key) => key.startsWith(`${host};`)).map((key) => key.slice(host.length + 1))
      const found = written === '*' ? there : there.filter((name) => name === written)
      if (found.length === 0) complain(one, `there is no service "${written}" on "${host}"`, described?.line)
      return found.map((service) => ({ host, service }))
    }),
  )
}

const identity = (prefix: string, { host, service }: Pair): [string, string][] => [
  [`${prefix}host_name`, host],
  ...(service === null ? [] : [[`${prefix}service_description`, service] as [string, string]]),
]

function plain({ definition: { kind, file, line }, values }: Resolved): NagiosObject {
  const texts = [...values].filter(([name]) => !/^(use|name|register|(dependent_)?hostgroup_name)$/.test(name))
  return { kind, file, line, values: new Map(texts.map(([name, { text }]) => [name, text])) }
}

function dependencyOf(one: Resolved, master: Pair, dependent: Pair): NagiosObject {
  const object = plain(one)
  const values = new Map([
    ['inherits_parent', '0'],
    ...object.values,
    ...identity('', master),
    ...identity('dependent_', dependent),
  ])
  return { ...object, values: values as Map<string, string> }
}

function complainOfCircles(expanded: readonly NagiosObject[], all: readonly Resolved[], { complain }: ExpandContext): void {
  const key = (prefix: string, { values }: NagiosObject) =>
    `${values.get(`${prefix}host_name`) ?? ''};${values.get(`${prefix}service_description`) ?? ''}`
  const masters = Map.groupBy(expanded, (one) => key('dependent_', one))
  const done = new Set<string>()
  const visit = (of: string, trail: readonly string[]): void => {
    if (done.has(of)) return
    for (const one of masters.get(of) ?? []) {
      const master = key('', one)
      const where = all.find(({ definition }) => definition.file === one.file && definition.line === one.line)
      if (master !== of && !trail.includes(master)) visit(master, [...trail, of])
      else if (where) complain(where, `dependencies go round in a circle through ${of.replace(/;$/, '')}`)
    }
    done.add(of)
  }
  for (const of of masters.keys()) visit(of, [])
}
