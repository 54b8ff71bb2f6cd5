/** Contacts of a Nagios configuration. One that hears otherwise of hosts than of services becomes two. */

import { wishes } from './import-words.ts'
import { namesIn } from './inherit.ts'
import type { NagiosObject } from './nagios-object.ts'
import type { NagiosObjects } from './objects.ts'
import type { Complaint } from './read-definitions.ts'

export interface ImportedContact {
  name: string
  states: string[]
  period?: string
  importance?: number
  /** Hears only of checks that name it. */
  rules: []
  email: string
}

export interface People {
  contacts: ImportedContact[]
  /** Those who hear of a check; without those who cannot be reached. */
  of(object: NagiosObject, host: boolean): string[]
}

export function importPeople(objects: NagiosObjects, complaints: Complaint[]): People {
  const contacts: ImportedContact[] = []
  const names = new Map<string, { host: string | null; service: string | null }>()
  for (const [name, { values, file, line }] of objects.contacts) {
    const email = values.get('email')
    if (email === undefined) {
      const message = `the contact "${name}" has no email: its notification commands are not taken`
      complaints.push({ file, line, message, fatal: false })
      continue
    }
    const others = ['host_notification_commands', 'service_notification_commands']
      .flatMap((directive) => namesIn(values.get(directive)))
      .filter((command) => !/mail/i.test(command))
    if (others.length > 0) {
      const message = `the contact "${name}" is mailed; not taken: ${[...new Set(others)].join(', ')} (alerter.command runs such: docs/notifiers.md)`
      complaints.push({ file, line, message, fatal: false })
    }
    const importance = values.get('minimum_importance')
    const wanted = (of: 'host' | 'service'): Omit<ImportedContact, 'name'> | null => {
      if (values.get(`${of}_notifications_enabled`) === '0') return null
      const period = values.get(`${of}_notification_period`)
      return {
        states: wishes(values.get(`${of}_notification_options`), of === 'host'),
        ...(period === undefined ? {} : { period }),
        ...(importance === undefined ? {} : { importance: Number(importance) }),
        ...{ rules: [], email },
      }
    }
    const [host, service] = [wanted('host'), wanted('service')]
    // A host has no warning state, so hearing of it makes no difference.
    const same = host && service && JSON.stringify(withoutWarning(host)) === JSON.stringify(withoutWarning(service))
    if (service) contacts.push({ name, ...service })
    if (host && !same) contacts.push({ name: service ? `${name} (hosts)` : name, ...host })
    names.set(name, {
      service: service ? name : null,
      host: host === null ? null : same || !service ? name : `${name} (hosts)`,
    })
  }
  return {
    contacts,
    of: ({ values }, host) => {
      const members = namesIn(values.get('contact_groups')).flatMap((group) => objects.contactgroups.get(group)?.members ?? [])
      const all = [...new Set([...namesIn(values.get('contacts')), ...members])]
      return all.flatMap((name) => names.get(name)?.[host ? 'host' : 'service'] ?? [])
    },
  }
}

const withoutWarning = ({ states, ...rest }: Omit<ImportedContact, 'name'>) => ({
  ...rest,
  states: states.filter((state) => state !== 'warning').sort(),
})
