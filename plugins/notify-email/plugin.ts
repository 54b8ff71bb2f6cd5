import type { Notifier } from '../../model/contract.ts'
import { type EmailConfig, emailConfig } from './config.ts'
import { mailOf } from './mail.ts'
import { deliver, notOneAddress } from './mailer.ts'

/** One mail per notification, over SMTP. */
export const plugin: Notifier<EmailConfig> = {
  kind: 'notifier',
  name: 'email',
  description: 'Mail over SMTP, as text and HTML, with a picture of the metric and a link to the problem',
  config: emailConfig,
  wrongAddress: notOneAddress,
  async preview(message, context) {
    const { subject, text, html, figure, notice } = await mailOf(message, context)
    const shown = figure ? html.replaceAll(`cid:${figure.id}`, `data:image/png;base64,${figure.png.toString('base64')}`) : html
    return [
      { title: 'Subject', type: 'text', body: subject },
      { title: 'text/plain', type: 'text', body: text },
      { title: 'text/html', type: 'html', body: shown },
      ...(notice === null ? [] : [{ title: '!', type: 'text', body: notice } as const]),
    ]
  },
  async send(message, context) {
    const { subject, text, html, figure, messageId, thread, notice } = await mailOf(message, context)
    const picture = figure && {
      ...{ filename: 'chart.png', contentType: 'image/png', content: figure.png, cid: figure.id },
      contentDisposition: 'inline' as const,
    }
    const mail = {
      ...{ to: context.to, subject, messageId, inReplyTo: thread, references: thread, text, html },
      attachments: picture ? [picture] : [],
      headers: { 'X-Specola-Check': message.problem.check },
    }
    const delivery = await deliver(context.config, mail, context.signal)
    return delivery.ok && notice !== null ? { ...delivery, notice } : delivery
  },
}
