/** A whole Nagios object configuration, resolved: templates, groups, lists, what services take from their hosts. Pure. */
import { readDependencies, readEscalations } from './dependencies.ts'
import { type Group, readGroups } from './groups.ts'
import { namesIn, type Resolved, resolveTemplates } from './inherit.ts'
import { type NagiosObject, objectOf } from './nagios-object.ts'
import type { Names } from './object-lists.ts'
import { hostOf, placeServices } from './place-services.ts'
import { type Complaint, type Definition, readDefinitions } from './read-definitions.ts'

export interface NagiosObjects {
  hosts: Map<string, NagiosObject>
  /** By `host;description`. */
  services: Map<string, NagiosObject>
  hostgroups: Map<string, Group>
  servicegroups: readonly NagiosObject[]
  contacts: Map<string, NagiosObject>
  contactgroups: Map<string, Group>
  commands: Map<string, NagiosObject>
  periods: Map<string, Definition>
  dependencies: readonly NagiosObject[]
  escalations: readonly NagiosObject[]
  complaints: Complaint[]
  /** Nagios would start with it. */
  valid: boolean
}

export interface ReadOptions {
  patterns?: Names['patterns']
}

export interface Source {
  file: string
  text: string
}

/** Reads files as one configuration; the order of definitions does not matter. */
export function readObjects(sources: readonly Source[], { patterns = 'none' }: ReadOptions = {}): NagiosObjects {
  const read = sources.map(({ file, text }) => readDefinitions(text, file))
  const { resolved, complaints: wrong } = resolveTemplates(read.flatMap(({ definitions }) => definitions))
  const complaints = [...read.flatMap((one) => one.complaints), ...wrong]
  const complain = ({ definition }: Resolved, message: string, line = definition.line, fatal = true) =>
    complaints.push({ file: definition.file, line, message, fatal })
  const of = (kind: string) => resolved.filter(({ definition }) => definition.kind === kind)

  const named = (kind: string): Map<string, Resolved> => {
    const all = new Map<string, Resolved>()
    for (const one of of(kind)) {
      const value = one.values.get(`${kind}_name`)
      const before = value && all.get(value.text)
      // a host without a name is none, whatever Nagios' own words for it
      if (!value) complain(one, `this ${kind} has no ${kind}_name`, undefined, kind !== 'host')
      else if (before) complain(one, `the ${kind} "${value.text}" is defined already (${place(before)})`, value.line)
      else all.set(value.text, one)
    }
    return all
  }
  const [rawHosts, rawContacts, rawCommands, rawPeriods] = [
    named('host'),
    named('contact'),
    named('command'),
    named('timeperiod'),
  ]
  const listed = (all: ReadonlyMap<string, Resolved>) => [...all].map(([name, one]) => ({ name, resolved: one }))
  const hostgroups = readGroups(
    { kind: 'hostgroup', groupMembers: 'hostgroup_members', memberGroups: 'hostgroups' },
    [...named('hostgroup').values()],
    listed(rawHosts),
    patterns,
  )
  const contactgroups = readGroups(
    { kind: 'contactgroup', groupMembers: 'contactgroup_members', memberGroups: 'contactgroups' },
    [...named('contactgroup').values()],
    listed(rawContacts),
    patterns,
  )
  complaints.push(...hostgroups.complaints, ...contactgroups.complaints)

  const refer = (one: Resolved, directive: string, known: ReadonlyMap<string, unknown>, what: string) => {
    const value = one.values.get(directive)
    for (const name of namesIn(value?.text)) if (!known.has(name)) complain(one, `there is no ${what} "${name}"`, value?.line)
  }
  const checkReferences = (one: Resolved) => {
    refer(one, 'contacts', rawContacts, 'contact')
    refer(one, 'contact_groups', contactgroups.groups, 'contactgroup')
    for (const directive of ['check_period', 'notification_period']) refer(one, directive, rawPeriods, 'timeperiod')
    for (const directive of ['check_command', 'event_handler']) {
      const command = one.values.get(directive)
      const [called = ''] = command?.text.split('!') ?? []
      if (command && !rawCommands.has(called)) complain(one, `there is no command "${called}"`, command.line)
    }
    const attempts = one.values.get('max_check_attempts')
    if (!attempts || !(Number(attempts.text) >= 1))
      complain(
        one,
        `max_check_attempts is ${attempts ? `"${attempts.text}"` : 'missing'}: a number from 1 on is needed`,
        attempts?.line,
      )
  }
  const hosts = new Map<string, NagiosObject>()
  for (const [name, one] of [...rawHosts].sort(byName)) {
    checkReferences(one)
    refer(one, 'parents', rawHosts, 'host')
    hosts.set(name, objectOf(one, { alias: name, address: name, ...intervals }))
  }
  complaints.push(...circularParents(rawHosts))

  for (const one of of('hostextinfo')) addExtended(one, hosts)

  const names: Names = {
    ...{ all: [...hosts.keys()], defined: [...rawHosts.keys()], patterns, groups: [...hostgroups.groups.keys()] },
    members: (group) => hostgroups.groups.get(group)?.members,
    listed: (group) => hostgroups.groups.get(group)?.listed,
  }
  const { counting, complaints: doubled } = placeServices(of('service'), names)
  complaints.push(...doubled)
  for (const one of new Set(counting.values())) {
    checkReferences(one)
    if (!one.values.has('check_command')) complain(one, 'this service has no check_command')
  }
  const services = new Map(
    [...counting].flatMap(([key, one]): [string, NagiosObject][] => {
      const host = hosts.get(hostOf(key)) // one that is not defined was told
      return host ? [[key, serviceOn(host, one)]] : []
    }),
  )
  const said = (host: string, service: string | null, directive: string) =>
    (service === null ? undefined : counting.get(`${host};${service}`)?.values.get(directive)?.text) ??
    rawHosts.get(host)?.values.get(directive)?.text
  const context = { said, hosts, services: new Map([...services].sort(byName)), names, complain }
  return {
    ...{ hosts, services: context.services, hostgroups: hostgroups.groups, contactgroups: contactgroups.groups, complaints },
    servicegroups: of('servicegroup').map((one) => objectOf(one, {})),
    contacts: new Map([...rawContacts].map(([name, one]) => [name, objectOf(one, { alias: name })])),
    commands: new Map([...rawCommands].map(([name, one]) => [name, objectOf(one, {})])),
    periods: new Map([...rawPeriods].map(([name, { definition, values }]) => [name, { ...definition, values: new Map(values) }])),
    dependencies: readDependencies([...of('hostdependency'), ...of('servicedependency')], context),
    escalations: readEscalations([...of('hostescalation'), ...of('serviceescalation')], context),
    get valid() {
      return !complaints.some(({ fatal }) => fatal)
    },
  }
}

const intervals = { check_interval: '5', retry_interval: '1', notification_interval: '30' }
const place = ({ definition }: Resolved) => `${definition.file}:${definition.line}`
const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => (a < b ? -1 : 1)
/** Contacts, notification interval and period are the host's where a service says nothing. */
function serviceOn(host: NagiosObject, one: Resolved): NagiosObject {
  const service = objectOf(one, { check_interval: '5', retry_interval: '1' })
  const values = new Map(service.values)
  const take = (name: string) => {
    const value = host.values.get(name)
    if (value !== undefined && !values.has(name) && !one.nulls.has(name)) values.set(name, value)
  }
  const people = ['contacts', 'contact_groups']
  if (!people.some((name) => values.has(name) || one.nulls.has(name)))
    for (const name of ['contacts', 'contact_groups']) take(name)
  take('notification_interval')
  take('notification_period')
  values.set('host_name', host.values.get('host_name') ?? '')
  values.delete('hostgroup_name')
  return { ...service, values }
}

function circularParents(hosts: ReadonlyMap<string, Resolved>): Complaint[] {
  const complaints: Complaint[] = []
  const done = new Set<string>()
  const visit = (name: string, trail: readonly string[]): void => {
    const one = hosts.get(name)
    if (!one || done.has(name)) return
    const value = one.values.get('parents')
    for (const parent of namesIn(value?.text)) {
      if (parent === name || trail.includes(parent)) {
        const { file, line } = one.definition
        const round = [...trail.slice(Math.max(0, trail.indexOf(parent))), name, parent].join(' → ')
        complaints.push({ file, line: value?.line ?? line, message: `parents go round in a circle: ${round}`, fatal: true })
      } else visit(parent, [...trail, name])
    }
    done.add(name)
  }
  for (const name of hosts.keys()) visit(name, [])
  return complaints
}

/** Older configurations say notes and addresses of pages apart; what the host says itself counts. */
function addExtended(one: Resolved, hosts: Map<string, NagiosObject>): void {
  for (const name of namesIn(one.values.get('host_name')?.text)) {
    const host = hosts.get(name)
    if (!host) continue
    const more = ['notes', 'notes_url', 'action_url'].flatMap((directive): [string, string][] => {
      const value = one.values.get(directive)
      return value === undefined || host.values.has(directive) ? [] : [[directive, value.text]]
    })
    hosts.set(name, { ...host, values: new Map([...host.values, ...more]) })
  }
}
