/** Who hears of what. */
import type { Problem } from '../model/check.ts'
import type { Alert } from './alert.ts'
import type { Contact } from './section.ts'

/** One message to one address. */
export interface Recipient {
  contact: Contact
  notifier: string
  to: string
}

type Heard = Pick<Problem, 'project' | 'rule'> & Partial<Pick<Problem, 'target'>>

/** A recovery is for those who were told of the problem's state. */
export function recipientsOf(
  contacts: readonly Contact[],
  problem: Heard,
  { kind, check }: Pick<Alert, 'kind' | 'check'>,
): Recipient[] {
  return contacts
    .filter((contact) => hearsOf(contact, problem))
    .filter(({ states }) => {
      const wants = (state: string) => (states as readonly string[]).includes(state)
      return kind === 'problem'
        ? wants(check.state.state)
        : kind === 'recovery' && wants('recovery') && check.told.states.some(wants)
    })
    .flatMap((contact) => Object.entries(contact.addresses).map(([notifier, to]) => ({ contact, notifier, to })))
}

/** What belongs to no project is not for contacts of projects; what projects spend is not for who may not see money. */
export function hearsOf({ role, projects, rules }: Contact, problem: Heard): boolean {
  if (problem.target?.kind === 'project' && (role === 'noc' || role === 'oncall')) return false
  return (
    (projects === null || (problem.project !== null && projects.includes(problem.project))) &&
    (rules === null || rules.includes(problem.rule))
  )
}
