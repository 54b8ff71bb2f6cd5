/** Who hears of what. */

import type { Role } from '../model/access.ts'
import type { Problem, State } from '../model/check.ts'
import type { Target } from '../model/contract.ts'
import type { Alert, Reach } from './alert.ts'
import { isValid, notFor, repeatOf } from './hearing.ts'
import type { Rule } from './rules.ts'
import type { AlerterConfig, Contact } from './section.ts'

/** One message to one address. */
export interface Recipient {
  contact: Contact
  notifier: string
  to: string
}

/** A contact that would hear of the problem, and why it does not hear of this alert. */
export interface Silent {
  contact: string
  reason: string
  /** Stable code of the filter. */
  filter: string
}

export interface ContactReach extends Reach<Recipient> {
  silent: readonly Silent[]
}

/** What decides who is asked, beside the configuration. */
export interface Asking {
  /** The contacts behind a name: its own, the members of a group, whoever a rota has on call now. */
  named: (name: string) => readonly string[]
  /** Those whom a chain tells besides. */
  chain: readonly string[]
  /** What each contact heard last: a recovery is for these alone. Null = as Nagios: for whoever would hear of the problem. */
  heard: Readonly<Record<string, State>> | null
}

const plainly: Asking = { named: (name) => [name], chain: [], heard: null }

/** Those who are told, by valid escalations or else as usual, by a chain besides, and why the others are not. */
export function reachContacts(
  config: Pick<AlerterConfig, 'contacts' | 'escalations'>,
  rule: Pick<Rule, 'name' | 'importance' | 'alert' | 'device'>,
  target: Pick<Target, 'kind' | 'project'> & Partial<Pick<Target, 'id'>>,
  alert: Alert,
  number: number,
  now: number,
  { named, chain, heard }: Asking = plainly,
): ContactReach {
  const subject = { project: target.project, rule: rule.name }
  const valid = [...config.escalations.filter((one) => concernsIt(one, subject)), ...(rule.device?.escalations ?? [])].filter(
    (one) => isValid(one, alert, number, now),
  )
  const names = new Set(valid.flatMap(({ contacts }) => contacts.flatMap(named)))
  const ofDevice = new Set(rule.device?.contacts)
  const usually = (contact: Contact) =>
    valid.length > 0
      ? names.has(contact.name)
      : !contact.onlyEscalated && (ofDevice.has(contact.name) || concernsIt(contact, subject))
  const known = alert.kind === 'recovery' ? heard : null
  const asked = config.contacts.filter(
    (contact) =>
      maySee(contact, target) && (known ? known[contact.name] !== undefined : usually(contact) || chain.includes(contact.name)),
  )
  const judged = asked.map((contact) => {
    const { states: wishes, period, importance } = contact
    const hearing = { wishes, period, leastImportance: importance }
    const heardState = known?.[contact.name]
    return { contact, held: notFor(hearing, alert, rule.importance, now, heardState) ?? noOtherWay(contact, target) }
  })
  return {
    recipients: judged.flatMap(({ contact, held }) => (held === null ? addressesOf(contact, target) : [])),
    silent: judged.flatMap(({ contact: { name }, held }) => (held === null ? [] : [{ contact: name, ...held }])),
    escalated: valid.length > 0,
    repeatMs: repeatOf(valid, rule.alert.repeatMs),
  }
}

/** That a notifier fails is told by another one. */
const failing = ({ kind, id = '' }: Pick<Target, 'kind'> & Partial<Pick<Target, 'id'>>) =>
  kind === 'connection' && id.startsWith('notify-') ? id.slice('notify-'.length) : null

export const addressesOf = (contact: Contact, target: Pick<Target, 'kind'> & Partial<Pick<Target, 'id'>>): Recipient[] =>
  Object.entries(contact.addresses).flatMap(([notifier, to]) => (notifier === failing(target) ? [] : [{ contact, notifier, to }]))

const noOtherWay = (contact: Contact, target: Pick<Target, 'kind'> & Partial<Pick<Target, 'id'>>) =>
  addressesOf(contact, target).length > 0
    ? null
    : { filter: 'no-other-way', reason: 'it is about the only way to this contact: others are told' }

const cloudWide: readonly Role[] = ['admin', 'noc', 'oncall']

/**
 * Who hears of causes need not hear what they mean for each project. Who sees some projects only never hears of another; what a project spends is not for those who may not see money.
 */
export const maySee = (
  { role, projects }: Pick<Contact, 'role' | 'projects'>,
  target: Pick<Target, 'kind' | 'project'>,
): boolean =>
  (target.kind !== 'impact' || projects !== null) &&
  (target.kind !== 'project' || (role !== 'noc' && role !== 'oncall')) &&
  (cloudWide.includes(role) || (target.project !== null && (projects ?? []).includes(target.project)))

/** What belongs to no project is not for those who hear of projects. */
export function concernsIt(
  { projects, rules }: Pick<Contact, 'projects' | 'rules'>,
  problem: Pick<Problem, 'project' | 'rule'>,
): boolean {
  return (
    (projects === null || (problem.project !== null && projects.includes(problem.project))) &&
    (rules === null || rules.includes(problem.rule))
  )
}
