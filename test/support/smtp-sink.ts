import type { AddressInfo } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

export interface ReceivedMail {
  from: string
  to: string[]
  /** Header name in small letters → unfolded value as it came (encoded words and all). */
  headers: Map<string, string>
  raw: string
}

export interface SmtpSink {
  port: number
  mails: ReceivedMail[]
  /** The next mail that nobody has awaited yet. */
  next(): Promise<ReceivedMail>
  close(): Promise<void>
}

/** A real SMTP server on loopback that keeps what it gets. */
export async function smtpSink(options: SMTPServerOptions & { port?: number } = {}): Promise<SmtpSink> {
  const mails: ReceivedMail[] = []
  const untaken: ReceivedMail[] = []
  const waiting: ((mail: ReceivedMail) => void)[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const raw = Buffer.concat(chunks).toString('utf8')
        const { mailFrom, rcptTo } = session.envelope
        const mail = {
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          headers: headersOf(raw),
          raw,
        }
        mails.push(mail)
        const taker = waiting.shift()
        if (taker) taker(mail)
        else untaken.push(mail)
        done()
      })
    },
    ...options,
  })
  server.on('error', () => undefined) // a client that goes away is no failure of the test
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve))
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    next: () => {
      const mail = untaken.shift()
      return mail ? Promise.resolve(mail) : new Promise((resolve) => waiting.push(resolve))
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

function headersOf(raw: string): Map<string, string> {
  const [head = ''] = raw.split('\r\n\r\n', 1)
  const lines = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n')
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]))
}
