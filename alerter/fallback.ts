/** Whoever cannot be reached is stood in for by another. Pure. */
import type { TargetKind } from '../model/contract.ts'
import type { OutboxItem, StandIn } from '../model/outbox.ts'
import { maySee } from './contacts.ts'
import { notificationTo } from './judge.ts'
import type { AlerterConfig, Contact } from './section.ts'

/** Tried so often, or for so long, or refused for good. A fallback has no fallback: it would go round. */
export function fallsBack(
  item: OutboxItem,
  { attempts, refused, now }: { attempts: number; refused: boolean; now: number },
  { delivery }: Pick<AlerterConfig, 'delivery'>,
): boolean {
  if (item.fellBack || item.message.standsInFor !== undefined) return false
  return refused || attempts >= delivery.afterAttempts || now - item.message.time >= delivery.afterMs
}

/** The same message to the fallback of its contact, by other ways than the one that fails where there are some. */
export function standIns(config: AlerterConfig, item: OutboxItem, reason: string): StandIn[] {
  const contact = config.contacts.find(({ name }) => name === item.contact)
  const fallback = config.contacts.find(({ name }) => name === contact?.habits.fallback)
  if (!fallback || fallback === contact || !mayHear(fallback, item)) return []
  const ways = Object.entries(fallback.addresses).filter(([notifier, to]) => notifier !== item.notifier || to !== item.to)
  const others = ways.filter(([notifier]) => notifier !== item.notifier)
  const { time: _, zone: _zone, language: _language, acknowledgement: _ack, link: _link, ...said } = item.message
  return (others.length > 0 ? others : ways).map(([notifier, to]) => {
    const { message, ...way } = notificationTo(config, { contact: fallback, notifier, to }, { ...said, time: item.message.time })
    const standsInFor = { contact: item.contact, notifier: item.notifier, reason }
    const note = `in place of ${item.contact}, who cannot be reached by ${item.notifier}: ${reason}`
    const longOutput = message.problem.longOutput === null ? note : `${note}\n${message.problem.longOutput}`
    return {
      for: item.id,
      notification: { ...way, message: { ...message, standsInFor, problem: { ...message.problem, longOutput } } },
    }
  })
}

/** Who sees some projects only does not stand in for another's. */
const mayHear = (contact: Contact, { message: { problem } }: OutboxItem): boolean =>
  maySee(contact, { kind: problem.target.kind as TargetKind, project: problem.project })
