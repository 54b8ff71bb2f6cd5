/** What macros find in a resolved configuration. */
import { namesIn } from './inherit.ts'
import type { MacroContext, MacroHost, MacroService, MacroWorld } from './macros.ts'
import type { NagiosObject } from './nagios-object.ts'
import type { NagiosObjects } from './objects.ts'

export function macroWorld(objects: NagiosObjects, users: ReadonlyMap<number, string>): MacroWorld {
  return {
    host(name) {
      const host = objects.hosts.get(name)
      return host && macroHost(objects, host)
    },
    service(host, description) {
      const service = objects.services.get(`${host};${description}`)
      return service && macroService(service)
    },
    hostgroup: (name) => objects.hostgroups.get(name),
    contact(name) {
      const contact = objects.contacts.get(name)
      if (!contact) return undefined
      const text = (directive: string) => contact.values.get(directive) ?? ''
      const addresses = ['', ...[1, 2, 3, 4, 5, 6].map((n) => text(`address${n}`))]
      return { alias: text('alias'), email: text('email'), pager: text('pager'), addresses }
    },
    user: (n) => users.get(n),
  }
}

/** For the command line of a service's check, or of a host's. */
export function macroContext(world: MacroWorld, host: string, service: string | null): MacroContext {
  return { world, host: world.host(host) ?? null, service: service === null ? null : (world.service(host, service) ?? null) }
}

function macroHost(objects: NagiosObjects, host: NagiosObject): MacroHost {
  const text = (directive: string) => host.values.get(directive) ?? ''
  const name = text('host_name')
  return {
    ...{ name, alias: text('alias'), address: text('address'), ...common(host, text('alias')) },
    groups: [...objects.hostgroups.values()].filter(({ members }) => members.includes(name)).map((group) => group.name),
  }
}

function macroService(service: NagiosObject): MacroService {
  const description = service.values.get('service_description') ?? ''
  return { description, ...common(service, description), groups: namesIn(service.values.get('servicegroups')) }
}

function common({ values }: NagiosObject, name: string) {
  const text = (directive: string) => values.get(directive) ?? ''
  return {
    ...{ displayName: values.get('display_name') ?? name, notes: text('notes'), notesUrl: text('notes_url') },
    ...{ actionUrl: text('action_url'), checkCommand: text('check_command'), maxAttempts: text('max_check_attempts') },
    custom: new Map([...values].filter(([directive]) => directive.startsWith('_'))),
  }
}
