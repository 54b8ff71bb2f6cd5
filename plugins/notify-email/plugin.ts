import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Notifier } from '../../model/contract.ts'
import { type EmailConfig, emailConfig } from './config.ts'
import { mailOf } from './mail.ts'
import { deliver, domainOf } from './mailer.ts'

const template = (name: string) => readFileSync(join(import.meta.dirname, name), 'utf8')
const textTemplate = template('message.txt.hbs')
const htmlTemplate = template('message.html.hbs')

/** One mail per notification, over SMTP. */
export const plugin: Notifier<EmailConfig> = {
  kind: 'notifier',
  name: 'email',
  description: 'Mail over SMTP, as text and HTML, with a link to the problem',
  config: emailConfig,
  async send(message, { config, to, render, signal }) {
    const { subject, messageId, thread, data } = mailOf(message, to, domainOf(config))
    const mail = {
      ...{ to, subject, messageId, inReplyTo: thread, references: thread },
      text: render.text(textTemplate, data),
      html: render.html(htmlTemplate, data),
      headers: { 'X-Specola-Check': message.problem.check },
    }
    return deliver(config, mail, signal)
  },
}
