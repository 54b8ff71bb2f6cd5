/** Mail over SMTP, for notifications and for whatever else is mailed. */
import { createTransport, type SendMailOptions } from 'nodemailer'
import type { Delivery, Mailer } from '../../model/contract.ts'
import { oneLine } from '../notifying/text.ts'
import type { EmailConfig } from './config.ts'
import { domainOf } from './mail.ts'

/** An address is what a server gets as it is: nothing in it may end it or begin another one. */
export const notOneAddress = (to: string): string | null =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused here
  oneAddress.test(to) && !/[\u0000-\u001f\u007f]/.test(to) ? null : `not one mail address: ${oneLine(to, 100)}`

const oneAddress = /^[^\s@<>",;:]+@[^\s@<>",;:]+$/

/** Hands one mail over; resolves as soon as the signal is aborted, whatever the server does. */
export async function deliver(
  config: EmailConfig,
  mail: SendMailOptions & { to: string; messageId: string },
  signal: AbortSignal,
): Promise<Delivery> {
  const { to, messageId } = mail
  const wrong = notOneAddress(to)
  if (wrong !== null) return { ok: false, retry: false, reason: wrong }
  const transport = transportFor(config)
  const closed = new Promise<Delivery>((resolve) => {
    const stop = () =>
      resolve({ ok: false, retry: true, reason: safe(config, `${place(config)}: ${(signal.reason as Error).message}`) })
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
  const sent = transport
    .sendMail({
      ...mail,
      from: { name: config.name, address: config.from },
      to: { name: '', address: to },
      headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All', ...(mail.headers as object) },
    })
    .then(
      ({ response }): Delivery => ({ ok: true, id: messageId, answer: safe(config, response ?? '') }),
      (error: unknown): Delivery => failure(config, error),
    )
  try {
    return await Promise.race([sent, closed])
  } finally {
    transport.close()
  }
}

/** The mailer of an `email:` section. */
export function mailer(config: EmailConfig): Mailer {
  return {
    send({ to, subject, text, html, attachments, key, signal }) {
      const files = attachments.map(({ name, type, content }) => ({
        filename: name,
        contentType: type,
        content: Buffer.from(content),
      }))
      const messageId = `<${key}@${domainOf(config)}>`
      return deliver(config, { to, messageId, subject: oneLine(subject, 200), text, html, attachments: files }, signal)
    },
  }
}

function transportFor({ host, port, tls, user, password, timeout, ca }: EmailConfig) {
  return createTransport({
    ...{ host, port, secure: tls === 'implicit', requireTLS: tls === 'starttls', ignoreTLS: tls === 'none' },
    ...(user !== undefined && password ? { auth: { user, pass: password.reveal() } } : {}),
    // Opportunistic TLS keeps a passive listener out; it has nothing to verify against.
    tls: { rejectUnauthorized: tls !== 'opportunistic', minVersion: 'TLSv1.2', ...(ca !== undefined && { ca }) },
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
 * operator's to mend, and the mails are worth keeping until then.
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
