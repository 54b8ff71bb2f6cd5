/** The alerter's part of the configuration. Notifiers bring their own sections under their own names. */
import { z } from 'zod'
import { duration, timeZone } from '../config/fields.ts'
import type { Role } from '../model/access.ts'
import type { Notifier, Plugin } from '../model/contract.ts'

const roles = ['admin', 'noc', 'oncall', 'manager', 'member', 'reader'] as const satisfies readonly Role[]
const states = ['warning', 'critical', 'unknown', 'recovery'] as const
const seesAll: readonly Role[] = ['admin', 'noc', 'oncall']

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
}

export interface AlerterConfig {
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
  /** A notification that could not be delivered for this long is given up. */
  giveUpMs: number
}

export const isNotifier = (plugin: Plugin): plugin is Notifier => plugin.kind === 'notifier'

/** The schema of `alerter:` with the sections of these plugins. Without contacts it keeps states and tells nobody. */
export function alerterSection(plugins: readonly Plugin[]) {
  const notifiers = plugins.filter(isNotifier)
  const names = notifiers.map((notifier) => notifier.name)
  const language = z.enum(['it', 'en'])
  const contact = z.strictObject({
    name: z.string().min(1),
    role: z.enum(roles).default('noc'),
    projects: z.array(z.string().min(1)).optional(),
    rules: z.array(z.string().min(1)).optional(),
    states: z.array(z.enum(states)).default([...states]),
    language: language.optional(),
    zone: timeZone.optional(),
    ...Object.fromEntries(names.map((name) => [name, z.string().min(3).max(254).optional()])),
  })
  return z
    .strictObject({
      rules: z.string().min(1).optional(),
      contacts: z.array(contact).default([]),
      publicUrl: z.url({ protocol: /^https?$/ }).optional(),
      language: language.default('en'),
      zone: timeZone.default('Europe/Rome'),
      timeout: duration.prefault('30s'),
      settle: duration.prefault('2m'),
      giveUp: duration.prefault('3d'),
      ...Object.fromEntries(notifiers.map((notifier) => [notifier.name, notifier.config.optional()])),
    })
    .transform((section, ctx): AlerterConfig => {
      const sections = section as Record<string, unknown>
      const complain: Complain = (path, message) => ctx.addIssue({ code: 'custom', path: [...path], message, input: section })
      const contacts = section.contacts.map((written, index) =>
        readContact(written, names, sections, (key, message) => complain(['contacts', index, key], message)),
      )
      return {
        rules: section.rules ?? null,
        contacts,
        notifiers: Object.fromEntries(names.flatMap((name) => (sections[name] === undefined ? [] : [[name, sections[name]]]))),
        publicUrl: section.publicUrl?.replace(/\/+$/, '') ?? null,
        language: section.language,
        zone: section.zone,
        timeoutMs: section.timeout,
        settleMs: section.settle,
        giveUpMs: section.giveUp,
      }
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
}

/** What one contact says, and what is wrong with it as a whole. */
function readContact(
  written: WrittenContact,
  notifiers: readonly string[],
  sections: Readonly<Record<string, unknown>>,
  complain: (key: string, message: string) => void,
): Contact {
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
  }
}
