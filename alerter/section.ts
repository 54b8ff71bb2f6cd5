/** The alerter's part of the configuration. Notifiers bring their own sections under their own names. */
import { z } from 'zod'
import { duration, type Secret, secret, timeZone } from '../config/fields.ts'
import { loadFile } from '../config/load.ts'
import type { Role } from '../model/access.ts'
import type { Notifier, Plugin } from '../model/contract.ts'
import type { TimePeriod } from '../model/time-period.ts'
import { type CommandsConfig, commandsSection } from './commands-section.ts'
import { type Device, devicesField, readDevices } from './devices-section.ts'
import { together } from './include.ts'
import { journalField, type SharedJournal } from './journal-section.ts'
import { type Habits, habitFields, type PeopleConfig, peopleFields, readHabits, readPeople } from './people-section.ts'
import {
  type DowntimeWindow,
  escalationField,
  named,
  periodField,
  readEscalations,
  readPeriods,
  readWindows,
  type ScopedEscalation,
  windowField,
} from './planning-section.ts'
import { asNagios, type Quirks, sensible } from './quirks.ts'

const roles = ['admin', 'noc', 'oncall', 'manager', 'member', 'reader'] as const satisfies readonly Role[]
const states = ['warning', 'critical', 'unknown', 'nodata', 'recovery', 'flapping', 'downtime'] as const
/** What a contact hears of unless it says otherwise. */
const usual = ['warning', 'critical', 'unknown', 'nodata', 'recovery'] as const satisfies readonly (typeof states)[number][]
const quirkNames = Object.keys(sensible) as (keyof Quirks)[]
/** Roles that see all projects. */
export const seesAll: readonly Role[] = ['admin', 'noc', 'oncall']

export interface Contact {
  name: string
  role: Role
  /** Ids of the projects whose problems it hears of; null = all, and what belongs to no project. */
  projects: readonly string[] | null
  /** Names of rules; null = all. */
  rules: readonly string[] | null
  states: readonly (typeof states)[number][]
  language: 'it' | 'en' | null
  zone: string | null
  /** Notifier name → address. */
  addresses: Readonly<Record<string, string>>
  /** Told only inside; null = always. */
  period: TimePeriod | null
  /** What matters less is not for it. */
  importance: number
  /** Hears only by escalations and chains. */
  onlyEscalated: boolean
  habits: Habits
}

export interface AlerterConfig extends PeopleConfig {
  /** Rules file; null = the one that comes with Specola. */
  rules: string | null
  contacts: readonly Contact[]
  /** Notifier name → its own configuration. */
  notifiers: Readonly<Record<string, unknown>>
  publicUrl: string | null
  language: 'it' | 'en'
  zone: string
  /** A check that takes longer answers nothing this time. */
  timeoutMs: number
  /** After a hypervisor is back, its instances get this long to be heard from again before they are alerted. */
  settleMs: number
  /** A first word of a problem waits so long whether it is one of many. */
  groupingWaitMs: number
  /** A notification that could not be delivered for this long is given up. */
  giveUpMs: number
  periods: ReadonlyMap<string, TimePeriod>
  escalations: readonly ScopedEscalation[]
  /** Downtimes that come again. */
  windows: readonly DowntimeWindow[]
  quirks: Quirks
  /** Named pipe for Nagios' external commands; null = none. */
  commandFile: string | null
  /** How commands of others are run. */
  commands: CommandsConfig
  /** What is checked besides the cloud. */
  devices: readonly Device[]
  /** null = the data directory's. */
  journal: SharedJournal | null
  /** Who may push results over HTTP: name → token. */
  resultTokens: ReadonlyMap<string, Secret>
}

export const isNotifier = (plugin: Plugin): plugin is Notifier => plugin.kind === 'notifier'

/** The schema of `alerter:` with the sections of these plugins. Without contacts it keeps states and tells nobody. */
export function alerterSection(plugins: readonly Plugin[], included = false) {
  const notifiers = plugins.filter(isNotifier)
  const names = notifiers.map((notifier) => notifier.name)
  const language = z.enum(['it', 'en'])
  const contact = z.strictObject({
    name: z.string().min(1),
    role: z.enum(roles).default('noc'),
    projects: z.array(z.string().min(1)).optional(),
    rules: z.array(z.string().min(1)).optional(),
    states: z.array(z.enum(states)).default([...usual]),
    period: z.string().min(1).optional(),
    importance: z.number().min(0).default(0),
    onlyEscalated: z.boolean().default(false),
    language: language.optional(),
    zone: timeZone.optional(),
    ...habitFields,
    ...Object.fromEntries(names.map((name) => [name, z.string().min(3).max(254).optional()])),
  })
  const fields = {
    rules: z.string().min(1).optional(),
    ...(included ? {} : { include: z.string().min(1).optional() }),
    contacts: z.array(contact).default([]),
    publicUrl: z.url({ protocol: /^https?$/ }).optional(),
    language: language.default('en'),
    zone: timeZone.default('Europe/Rome'),
    timeout: duration.prefault('30s'),
    settle: duration.prefault('2m'),
    groupingWait: duration.prefault('15s'),
    giveUp: duration.prefault('3d'),
    periods: z.array(periodField).default([]),
    escalations: z.array(escalationField).default([]),
    downtimes: z.array(windowField).default([]),
    ...peopleFields,
    commandFile: z.string().min(1).optional(),
    journal: journalField.optional(),
    resultTokens: z.record(z.string().min(1), secret).default({}),
    commands: commandsSection,
    devices: devicesField(plugins),
    nagiosCompatible: z.boolean().default(false),
    quirks: z
      .strictObject(
        Object.fromEntries(quirkNames.map((name) => [name, z.boolean().optional()])) as Record<
          keyof Quirks,
          z.ZodOptional<z.ZodBoolean>
        >,
      )
      .default({}),
  }
  const taken = names.find((name) => name in fields || name in habitFields)
  if (taken !== undefined) throw new Error(`the notifier "${taken}" is named as a setting of the alerter`)
  return z
    .strictObject({
      ...fields,
      ...Object.fromEntries(notifiers.map((notifier) => [notifier.name, notifier.config.optional()])),
    })
    .transform((section, ctx): AlerterConfig => {
      const sections = section as Record<string, unknown>
      const complain: Complain = (path, message) => ctx.addIssue({ code: 'custom', path: [...path], message, input: section })
      const quirks: Quirks = {
        ...(section.nagiosCompatible ? asNagios : sensible),
        ...(Object.fromEntries(Object.entries(section.quirks).filter(([, on]) => on !== undefined)) as Partial<Quirks>),
      }
      const periods = readPeriods(section.periods, section.zone, complain, quirks.periodSpans)
      const contacts = section.contacts.map((written, index) =>
        readContact(written, names, sections, { ...section, periods }, (key, message) =>
          complain(['contacts', index, key], message),
        ),
      )
      for (const [index, { addresses }] of contacts.entries())
        for (const [name, to] of Object.entries(addresses)) {
          if (sections[name] === undefined) continue
          const wrong = notifiers.find((one) => one.name === name)?.wrongAddress?.(to, sections[name]) ?? null
          if (wrong !== null) complain(['contacts', index, name], wrong)
        }
      const configured = new Set(names.filter((name) => sections[name] !== undefined))
      const people = readPeople(section, contacts, configured, periods, section.zone, complain)
      const known = new Set([...contacts, ...people.groups, ...people.rotas].map(({ name }) => name))
      for (const [index, { fallback }] of section.contacts.entries())
        if (fallback !== undefined && !contacts.some(({ name }) => name === fallback))
          complain(['contacts', index, 'fallback'], `no contact is named "${fallback}"`)
      const own: AlerterConfig = {
        rules: section.rules ?? null,
        contacts,
        notifiers: Object.fromEntries(names.flatMap((name) => (sections[name] === undefined ? [] : [[name, sections[name]]]))),
        publicUrl: section.publicUrl?.replace(/\/+$/, '') ?? null,
        language: section.language,
        zone: section.zone,
        timeoutMs: section.timeout,
        settleMs: section.settle,
        groupingWaitMs: section.groupingWait,
        giveUpMs: section.giveUp,
        periods,
        escalations: readEscalations(section.escalations, periods, known, complain),
        commandFile: section.commandFile ?? null,
        journal: section.journal ?? null,
        resultTokens: new Map(Object.entries(section.resultTokens)),
        windows: readWindows(section.downtimes, periods, complain),
        ...people,
        quirks,
        commands: section.commands,
        devices: readDevices(section.devices, { plugins, periods, contacts: known, quirks }, (path, message) =>
          complain(['devices', ...path], message),
        ),
      }
      if (typeof sections.include !== 'string') return own
      const file = z.strictObject({ alerter: alerterSection(plugins, true) })
      return together(own, loadFile(sections.include, file).alerter as AlerterConfig, (message) => complain(['include'], message))
    })
    .prefault({})
}

type Complain = (path: readonly (string | number)[], message: string) => void

interface WrittenContact {
  name: string
  role: Role
  projects?: string[] | undefined
  rules?: string[] | undefined
  states: Contact['states'][number][]
  language?: 'it' | 'en' | undefined
  zone?: string | undefined
  period?: string | undefined
  importance: number
  onlyEscalated: boolean
  quiet?: z.output<typeof habitFields.quiet>
  digest?: z.output<typeof habitFields.digest>
  rate?: z.output<typeof habitFields.rate>
  fallback?: string | undefined
}

/** What one contact says, and what is wrong with it as a whole. */
function readContact(
  written: WrittenContact,
  notifiers: readonly string[],
  sections: Readonly<Record<string, unknown>>,
  around: { periods: ReadonlyMap<string, TimePeriod>; zone: string; delivery: { fallback?: string | undefined } },
  complain: (key: string, message: string) => void,
): Contact {
  const { periods } = around
  const { name, role, projects, rules, states, language, zone } = written
  const given = written as unknown as Record<string, unknown>
  const addresses = Object.fromEntries(notifiers.flatMap((key) => (typeof given[key] === 'string' ? [[key, given[key]]] : [])))
  for (const key of Object.keys(addresses))
    if (sections[key] === undefined) complain(key, `the section "${key}:" is missing, so this contact cannot be reached`)
  if (notifiers.length > 0 && Object.keys(addresses).length === 0) complain('name', `no address (known: ${notifiers.join(', ')})`)
  if (!seesAll.includes(role) && projects === undefined)
    complain('role', `a ${role} hears only of projects: write which (projects: [id, …])`)
  return {
    ...{ name, role, states, addresses, projects: projects ?? null, rules: rules ?? null },
    ...{ language: language ?? null, zone: zone ?? null },
    ...{ importance: written.importance, onlyEscalated: written.onlyEscalated },
    period: named(periods, written.period, (text) => complain('period', text)),
    habits: readHabits(written, zone ?? around.zone, periods, around.delivery.fallback, complain),
  }
}
