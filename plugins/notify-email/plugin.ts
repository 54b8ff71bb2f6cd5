import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTransport } from 'nodemailer'
import type { Delivery, Notifier } from '../../model/contract.ts'
import { type EmailConfig, emailConfig } from './config.ts'
import { mailOf, oneLine } from './mail.ts'

const template = (name: string) => readFileSync(join(import.meta.dirname, name), 'utf8')
const textTemplate = template('message.txt.hbs')
const htmlTemplate = template('message.html.hbs')

const oneAddress = /^[^\s@<>",;:]+@[^\s@<>",;:]+$/

/** One mail per notification, over SMTP. */
export const plugin: Notifier<EmailConfig> = {
  kind: 'notifier',
  name: 'email',
  description: 'Mail over SMTP, as text and HTML, with a link to the problem',
  config: emailConfig,
  async send(message, { config, to, render, signal }) {
    if (!oneAddress.test(to)) return { ok: false, retry: false, reason: `not one mail address: ${oneLine(to, 100)}` }
    const domain = config.from.slice(config.from.lastIndexOf('@') + 1)
    const { subject, messageId, thread, data } = mailOf(message, to, domain)
    const transport = transportFor(config)
    const closed = new Promise<Delivery>((resolve) => {
      const stop = () =>
        resolve({ ok: false, retry: true, reason: safe(config, `${place(config)}: ${(signal.reason as Error).message}`) })
      if (signal.aborted) stop()
      else signal.addEventListener('abort', stop, { once: true })
    })
    const sent = transport
      .sendMail({
        from: { name: config.name, address: config.from },
        to: { name: '', address: to },
        ...{ subject, messageId, inReplyTo: thread, references: thread },
        text: render.text(textTemplate, data),
        html: render.html(htmlTemplate, data),
        headers: {
          'Auto-Submitted': 'auto-generated',
          'X-Auto-Response-Suppress': 'All',
          'X-Specola-Check': message.problem.check,
        },
      })
      .then(
        (): Delivery => ({ ok: true, id: messageId }),
        (error: unknown): Delivery => failure(config, error),
      )
    try {
      return await Promise.race([sent, closed])
    } finally {
      transport.close()
    }
  },
}

function transportFor({ host, port, tls, user, password, timeout }: EmailConfig) {
  return createTransport({
    ...{ host, port, secure: tls === 'implicit', requireTLS: tls === 'starttls', ignoreTLS: tls === 'none' },
    ...(user !== undefined && password ? { auth: { user, pass: password.reveal() } } : {}),
    // Opportunistic TLS keeps a passive listener out; it has nothing to verify against.
    tls: { rejectUnauthorized: tls !== 'opportunistic', minVersion: 'TLSv1.2' },
    ...{ connectionTimeout: timeout, greetingTimeout: timeout, socketTimeout: timeout, dnsTimeout: timeout },
    ...{ disableFileAccess: true, disableUrlAccess: true },
  })
}

interface SmtpError {
  code?: string
  responseCode?: number
  response?: string
  message?: string
}

/**
 * What the server refuses for good (5xx for a recipient or the content) is not tried again. A refused sign-in is: it is the
 * operator's to mend, and the notifications are worth keeping until then.
 */
export function failure(config: EmailConfig, error: unknown): Delivery {
  const { code = '', responseCode, response, message = String(error) } = error as SmtpError
  const forGood = responseCode !== undefined && responseCode >= 500 && (code === 'EENVELOPE' || code === 'EMESSAGE')
  return { ok: false, retry: !forGood, reason: safe(config, `${place(config)}: ${response ?? message}`) }
}

const place = ({ host, port }: EmailConfig) => `mail server ${host}:${port}`

/** A server's answer may echo what it was sent. */
function safe({ user, password }: EmailConfig, reason: string): string {
  const secret = password?.reveal() ?? ''
  const encodings = [secret, `\0${user ?? ''}\0${secret}`].map((text) => Buffer.from(text).toString('base64').replace(/=+$/, ''))
  const hidden = [secret, ...encodings]
    .filter((text) => text.length > 3)
    .reduce((text, hide) => text.replaceAll(hide, '***'), reason)
  return hidden.replace(/[\r\n]+/g, ' ').slice(0, 300)
}
