/** A message as the parts of a mail. Pure. */
import { createHash } from 'node:crypto'
import type { Message } from '../../model/contract.ts'
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
  sent: string
}

const colours = { ok: '#1a7f37', warning: '#9a6700', critical: '#cf222e', unknown: '#6639ba', nodata: '#465064' } as const

/** Without control characters and line breaks, and no longer than a header should be. */
export function oneLine(text: string, longest: number): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').trim()
  return clean.length > longest ? `${clean.slice(0, longest - 1)}…` : clean
}

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
  return {
    subject: `[${kindWords[language][kind]}] ${title}`,
    messageId: `<${unique}@${domain}>`,
    thread: `<check-${problem.check}@${domain}>`,
    data: {
      language,
      title,
      kind: kindWords[language][kind],
      colour: colours[problem.state],
      output: problem.output,
      longOutput: problem.longOutput,
      rows: [
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
      sent: words.sent,
    },
  }
}
