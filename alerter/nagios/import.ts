/** A Nagios configuration in Specola's terms, and what of it cannot be taken, with its place. */
import { hostRule } from '../external-commands.ts'
import { type ImportedCheck, importCheck, variablesOf } from './import-check.ts'
import { type ImportedContact, importPeople } from './import-people.ts'
import { namesIn } from './inherit.ts'
import { macroWorld } from './macro-world.ts'
import type { CheckSettings, Making } from './making.ts'
import type { NagiosObject } from './nagios-object.ts'
import type { NagiosObjects } from './objects.ts'
import type { Complaint } from './read-definitions.ts'

export interface Imported {
  /** The section `alerter:` of a configuration, ready to run. */
  alerter: {
    /** Nagios' mail went through the machine's own mail server. */
    email?: { host: string; port: number; tls: string; from: string }
    commands?: { resourceFile?: string; eventHandlers?: boolean }
    periods: { name: string; lines: string[]; exclude?: string[] }[]
    contacts: ImportedContact[]
    devices: ImportedDevice[]
  }
  complaints: Complaint[]
  /** Checks with event handlers. */
  handled: number
}

export interface ImportedDevice {
  name: string
  address: string
  alias?: string
  groups?: string[]
  parents?: string[]
  variables?: Record<string, string>
  check?: ImportedCheck
  services: ImportedCheck[]
}

export interface ImportSettings extends CheckSettings {
  /** Holds what `$USERn$` stand for; read when Specola starts, so that its passwords stay there. */
  resourceFile: string | null
  adminEmail: string | null
  /** Whether the event handlers that are taken are run: as long as Nagios runs them too, they should not be. */
  runHandlers: boolean
}

/** What Nagios takes where its main file says nothing. */
export const nagiosDefaults: ImportSettings = {
  ...{ intervalLength: 60, hostTimeout: 30, serviceTimeout: 60, timeoutState: 'critical', aggressive: false, shell: false },
  ...{ hostFlapping: { low: 20, high: 30 }, serviceFlapping: { low: 20, high: 30 }, resourceFile: null, adminEmail: null },
  ...{ eventHandlers: true, eventHandlerTimeout: 30, globalHostHandler: null, globalServiceHandler: null, runHandlers: false },
}

export function importNagios(objects: NagiosObjects, settings: ImportSettings): Imported {
  const complaints = [...objects.complaints]
  const people = importPeople(objects, complaints)
  const making: Making = { objects, world: macroWorld(objects, new Map()), people, settings, complaints }
  const services = Map.groupBy(objects.services.values(), ({ values }) => values.get('host_name') ?? '')
  const devices = [...objects.hosts.values()].map((host) =>
    deviceOf(host, services.get(host.values.get('host_name') ?? '') ?? [], making),
  )
  const from = settings.adminEmail?.includes('@') ? settings.adminEmail : 'nagios@localhost'
  const handled = devices
    .flatMap(({ check, services }) => [...(check ? [check] : []), ...services])
    .filter(({ handler }) => handler).length
  const commands = {
    ...(settings.resourceFile === null ? {} : { resourceFile: settings.resourceFile }),
    ...(handled > 0 ? { eventHandlers: settings.runHandlers } : {}),
  }
  return {
    handled,
    alerter: {
      ...(people.contacts.length > 0 ? { email: { host: '127.0.0.1', port: 25, tls: 'opportunistic', from } } : {}),
      ...(Object.keys(commands).length > 0 ? { commands } : {}),
      periods: [...objects.periods].map(([name, { values }]) => {
        const exclude = namesIn(values.get('exclude')?.text)
        const lines = [...values].filter(([key]) => key.startsWith('day ')).map(([, { text }]) => dayLine(text))
        return { name, lines, ...(exclude.length > 0 ? { exclude } : {}) }
      }),
      contacts: people.contacts,
      devices,
    },
    complaints,
  }
}

function deviceOf(host: NagiosObject, services: readonly NagiosObject[], making: Making): ImportedDevice {
  const { objects, complaints } = making
  const name = host.values.get('host_name') ?? ''
  const alias = host.values.get('alias')
  const groups = [...objects.hostgroups.values()].filter(({ members }) => members.includes(name)).map((group) => group.name)
  const parents = namesIn(host.values.get('parents'))
  const check = importCheck(host, name, null, making)
  return {
    ...{ name, address: host.values.get('address') ?? name },
    ...(alias === undefined || alias === name ? {} : { alias }),
    ...(groups.length > 0 ? { groups } : {}),
    ...(parents.length > 0 ? { parents } : {}),
    ...variablesOf(host, true),
    ...(check ? { check } : {}),
    services: services.flatMap((service) => {
      const description = service.values.get('service_description') ?? ''
      if (description === hostRule) {
        const message = `a service cannot be called "${hostRule}" here: that is the host's own check`
        complaints.push({ file: service.file, line: service.line, message, fatal: false })
        return []
      }
      return importCheck(service, name, description, making) ?? []
    }),
  }
}

/** `monday   09:00-17:00` with single blanks, and hours without blanks around their commas. */
const dayLine = (text: string) =>
  text
    .replace(/\s+/g, ' ')
    .replace(/\s*,\s*/g, ',')
    .trim()
