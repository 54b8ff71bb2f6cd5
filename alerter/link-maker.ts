/** Links to acknowledge, for those who may. */
import type { Clock } from '../model/clock.ts'
import type { AcknowledgeLinks } from '../model/on-call.ts'
import type { AcknowledgeLink } from './delivery.ts'
import type { AlerterConfig } from './section.ts'

/** `base`: where people reach the pages, without a slash at its end. */
export function linkMaker(
  { contacts, acknowledgeLinks: { valid } }: Pick<AlerterConfig, 'contacts' | 'acknowledgeLinks'>,
  links: AcknowledgeLinks,
  base: string,
  clock: Clock,
): AcknowledgeLink {
  const may = new Set(contacts.filter(({ role }) => ['admin', 'noc', 'oncall'].includes(role)).map(({ name }) => name))
  return ({ check, began, state }, contact) => {
    if (valid === 0 || began === undefined || state === 'ok' || !may.has(contact)) return null
    return `${base}/ack/${links.make({ check, began, contact, expires: clock.now() + valid })}`
  }
}
