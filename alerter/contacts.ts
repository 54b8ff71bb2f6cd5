/** Who hears of what. */

import type { Problem } from '../model/check.ts'
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
}

export interface ContactReach extends Reach<Recipient> {
  silent: readonly Silent[]
}

/** Those who are told, by valid escalations or else as usual, and why the others are not. */
export function reachContacts(
  config: Pick<AlerterConfig, 'contacts' | 'escalations'>,
  rule: Pick<Rule, 'name' | 'importance' | 'alert' | 'device'>,
  target: Pick<Target, 'kind' | 'project'>,
  alert: Alert,
  number: number,
  now: number,
): ContactReach {
  const subject = { project: target.project, rule: rule.name }
  const valid = [...config.escalations.filter((one) => concernsIt(one, subject)), ...(rule.device?.escalations ?? [])].filter(
    (one) => isValid(one, alert, number, now),
  )
  const names = new Set(valid.flatMap(({ contacts }) => contacts))
  const named = new Set(rule.device?.contacts)
  const asked = config.contacts.filter(
    (contact) =>
      maySee(contact, target) &&
      (valid.length > 0
        ? names.has(contact.name)
        : !contact.onlyEscalated && (named.has(contact.name) || concernsIt(contact, subject))),
  )
  const judged = asked.map((contact) => {
    const { states: wishes, period, importance } = contact
    return { contact, reason: notFor({ wishes, period, leastImportance: importance }, alert, rule.importance, now) }
  })
  return {
    recipients: judged.flatMap(({ contact, reason }) => (reason === null ? addressesOf(contact) : [])),
    silent: judged.flatMap(({ contact: { name }, reason }) => (reason === null ? [] : [{ contact: name, reason }])),
    escalated: valid.length > 0,
    repeatMs: repeatOf(valid, rule.alert.repeatMs),
  }
}

export const addressesOf = (contact: Contact): Recipient[] =>
  Object.entries(contact.addresses).map(([notifier, to]) => ({ contact, notifier, to }))

/** What a project spends is not for those who may not see money. */
export const maySee = ({ role }: Pick<Contact, 'role'>, target: Pick<Target, 'kind'>): boolean =>
  target.kind !== 'project' || (role !== 'noc' && role !== 'oncall')

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
