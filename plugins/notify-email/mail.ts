/** A message as the parts of a mail. */
import type { Message, NotifierContext } from '../../model/contract.ts'
import { colours, summaryOf } from '../notifying/summary.ts'
import { oneLine } from '../notifying/text.ts'
import { htmlTemplate, textTemplate } from './built-in.ts'
import type { EmailConfig } from './config.ts'
import { type Figure, figureOf } from './figure.ts'

export interface Mail {
  subject: string
  text: string
  html: string
  figure: Figure | null
  messageId: string
  /** The same for everything about one check: a mail client shows problem and recovery as one conversation. */
  thread: string
  /** Why it is not as the operator's templates would have it. */
  notice: string | null
}

const longestSubject = 200

/** The id is the same when the same message is sent again. */
export async function mailOf(
  message: Message,
  { config, to, render, history }: Pick<NotifierContext<EmailConfig>, 'config' | 'to' | 'render' | 'history'>,
): Promise<Mail> {
  const summary = summaryOf(message, to)
  const measured = config.chart ? ((await history?.()) ?? null) : null
  const figure = measured && (await figureOf(measured, message))
  const data = { ...summary, colour: colours[summary.state], figure }
  const { subject, text, html } = config.templates
  const plainSubject = () => `[${summary.kindWord}] ${summary.title}`
  const made = {
    subject: subject?.render(render.text, data, plainSubject) ?? { text: plainSubject(), notice: null },
    text: text?.render(render.text, data, () => render.text(textTemplate, data)) ?? {
      ...{ text: render.text(textTemplate, data), notice: null },
    },
    html: html?.render(render.html, data, () => render.html(htmlTemplate, data)) ?? {
      ...{ text: render.html(htmlTemplate, data), notice: null },
    },
  }
  const domain = domainOf(config)
  return {
    subject: oneLine(made.subject.text, longestSubject),
    ...{ text: made.text.text, html: made.html.text, figure },
    ...{ messageId: `<${summary.key}@${domain}>`, thread: `<check-${oneLine(summary.check, 200)}@${domain}>` },
    notice: made.subject.notice ?? made.text.notice ?? made.html.notice,
  }
}

/** The sender's. */
export const domainOf = ({ from }: Pick<EmailConfig, 'from'>): string => from.slice(from.lastIndexOf('@') + 1)
