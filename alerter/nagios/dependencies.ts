/** Dependencies and escalations: one definition may mean many pairs. */
import { namesIn, type Resolved } from './inherit.ts'
import type { NagiosObject } from './nagios-object.ts'
import { expandList, type Names } from './object-lists.ts'

export interface ExpandContext {
  hosts: ReadonlyMap<string, NagiosObject>
  /** What a service, or else its host, says itself or inherits; without what is usual. */
  said: (host: string, service: string | null, directive: string) => string | undefined
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
  for (const directive of ['execution_failure_options', 'notification_failure_options']) {
    const holding = expanded.filter(({ values }) => failing(values.get(directive)))
    complainOfCircles(holding, all, context)
  }
  // one that holds nothing is none
  return expanded.filter(
    ({ values }) => failing(values.get('execution_failure_options')) || failing(values.get('notification_failure_options')),
  )
}

export function readEscalations(all: readonly Resolved[], context: ExpandContext): NagiosObject[] {
  return all.flatMap((one) =>
    pairs(one, '', one.definition.kind === 'serviceescalation', context).map(({ host, service }) => {
      const object = plain(one)
      const of = (directive: string) => context.said(host, service, directive)
      const take = (own: string, value: string | undefined): [string, string][] =>
        object.values.has(own) || value === undefined ? [] : [[own, value]]
      const whole = service === null ? context.hosts.get(host) : context.services.get(`${host};${service}`)
      const people = object.values.has('contacts') || object.values.has('contact_groups')
      const implied = [
        ...(people ? [] : ['contacts', 'contact_groups'].flatMap((name) => take(name, whole?.values.get(name)))),
        // no number at all is no interval: told once
        ...take('notification_interval', of('notification_interval') ?? '0'),
        ...take('escalation_period', of('notification_period')),
      ]
      return { ...object, values: new Map([...object.values, ...implied, ...identity('', { host, service })]) }
    }),
  )
}

/** Which hosts, or which services of which hosts, a definition names; `prefix` is `dependent_` or nothing. */
function pairs(one: Resolved, prefix: string, services: boolean, { services: known, names, complain }: ExpandContext): Pair[] {
  const missing = (what: string, { line }: { line: number }) => complain(one, `no host or hostgroup matches "${what}"`, line)
  const hosts = expandList(one.values.get(`${prefix}host_name`), one.values.get(`${prefix}hostgroup_name`), names, missing)
  if (hosts.length === 0 && prefix === '') complain(one, 'no host is left that this is for')
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

const failing = (options: string | undefined) => options !== undefined && !/^\s*n(one)?\s*$/.test(options)

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
