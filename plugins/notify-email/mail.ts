/** A message as the parts of a mail. Pure. */
import { createHash } from 'node:crypto'
import type { Message } from '../../model/contract.ts'
import { countsOf, itemsOf, type MailItem } from './items.ts'
import { oneLine } from './one-line.ts'
import { kindWords, labels, stateWords } from './words.ts'

export interface MailParts {
  subject: string
  messageId: string
  /** The same for everything about one check: a mail client shows problem and recovery as one conversation. */
  thread: string
  data: MailData
}

/** What the templates read. */
export interface MailData {
  language: string
  title: string
  kind: string
  colour: string
  output: string
  longOutput: string | null
  rows: { label: string; value: string }[]
  link: string | null
  open: string
  /** Takes the problem without signing in. */
  acknowledge: string | null
  take: string
  /** Several messages in one; null = this is one. */
  items: MailItem[] | null
  sent: string
}

const colours = { ok: '#1a7f37', warning: '#9a6700', critical: '#cf222e', unknown: '#6639ba' } as const

/** `domain` is the sender's; the id is the same when the same message is sent again. */
export function mailOf(message: Message, to: string, domain: string): MailParts {
  const { kind, problem, language, time } = message
  const words = labels[language]
  const name = oneLine(problem.targetName ?? problem.target.id, 100)
  const state = stateWords[language][problem.state]
  const title = `${name}: ${problem.rule} ${state}`
  const unique = createHash('sha256').update(`${problem.check}\0${kind}\0${time}\0${to}`).digest('hex').slice(0, 32)
  const when = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'long', timeZone: message.zone })
  const kindOfTarget = problem.target.kind in words.target ? (problem.target.kind as keyof typeof words.target) : 'other'
  const row = (label: string, value: string | null) =>
    value === null || value === '' ? [] : [{ label, value: oneLine(value, 500) }]
  const items = itemsOf(message, colours)
  const several = items && `${problem.rule === 'digest' ? words.digest : words.rest}: ${countsOf(message)}`
  return {
    subject: several === null ? `[${kindWords[language][kind]}] ${title}` : `[${words.several}] ${several}`,
    messageId: `<${unique}@${domain}>`,
    thread: `<${items ? `several-${unique}` : `check-${problem.check}`}@${domain}>`,
    data: {
      language,
      title: several ?? title,
      kind: items ? words.several : kindWords[language][kind],
      colour: colours[problem.state],
      output: problem.output,
      longOutput: items ? null : problem.longOutput,
      items,
      rows: items
        ? []
        : [
            ...row(words.escalated, message.escalation ? escalationText(message.escalation) : null),
            ...row(words.state, state),
            ...row(words.target[kindOfTarget], name === problem.target.id ? name : `${name} (${problem.target.id})`),
            ...row(words.project, problem.project),
            ...row(words.host, problem.host),
            ...row(words.rule, problem.rule),
            ...row(words.instances, message.instances === null ? null : String(message.instances)),
            ...row(words.since, when.format(problem.since)),
            ...row(words.by, message.acknowledgement?.author ?? null),
            ...row(words.comment, message.acknowledgement?.comment ?? null),
          ],
      link: message.link,
      open: words.open,
      acknowledge: message.acknowledge ?? null,
      take: words.take,
      sent: words.sent,
    },
  }
}

const escalationText = ({ chain, step, steps }: NonNullable<Message['escalation']>) => `${chain}, ${step}/${steps}`
