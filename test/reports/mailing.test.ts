import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { healthBoard } from '../../collector/health.ts'
import { emailConfig } from '../../plugins/notify-email/config.ts'
import { mailer } from '../../plugins/notify-email/mailer.ts'
import { type MailingDeps, mailReports, pauseAfter } from '../../reports/mailing.ts'
import { closeMonth } from '../../reports/months.ts'
import { reports } from '../../reports/reports.ts'
import { type Database, openDatabase } from '../../store/journal/database.ts'
import { reportMailJournal } from '../../store/journal/report-mails.ts'
import { freePort } from '../support/free-port.ts'
import { at, depsOf, fixedClock, live } from '../support/report-scene.ts'
import { silentLogger } from '../support/silent-logger.ts'
import { type SmtpSink, smtpSink } from '../support/smtp-sink.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const anna = { name: 'anna', projects: ['p1'], address: 'anna@example.org', language: 'it' } as const
const due = at('2026-11-05T08:00:00+01:00')
const hour = 3_600_000

describe('monthly reports by mail', () => {
  const root = temporaryDirectory()
  let db: Database
  let directory: string
  let sink: SmtpSink | null
  let port: number
  beforeEach(async () => {
    directory = mkdtempSync(join(root(), 'journal-'))
    db = openDatabase(directory)
    live(db, [{ instance: 'i1', name: 'web-1', from: at('2026-10-01T00:00:00+02:00'), to: null }])
    port = await freePort()
    sink = await smtpSink({ port })
  })
  afterEach(async () => {
    db.close()
    await sink?.close()
  })

  const deps = (now: number, more: Partial<MailingDeps> = {}): MailingDeps => {
    const clock = fixedClock(now)
    return {
      reports: reports(depsOf(db, clock)),
      mails: reportMailJournal(db),
      mailer: mailer(emailConfig.parse({ host: '127.0.0.1', port, tls: 'none', from: 'specola@example.org', timeout: '2s' })),
      ...{ contacts: [anna], schedule: { day: 5, hour: 8 }, closes: false, zone: 'Europe/Rome', clock },
      ...{ logger: silentLogger(), health: healthBoard(clock) },
      ...more,
    }
  }
  const round = (now: number, more: Partial<MailingDeps> = {}) => mailReports(deps(now, more), new AbortController().signal)
  const states = async () => (await reportMailJournal(db).mails('2026-10')).map(({ state, attempts }) => `${state} ${attempts}`)
  const close = () =>
    closeMonth(depsOf(db, fixedClock(due - hour)), { month: '2026-10', by: 'test', settleMs: 0, gaps: 'refuse' })

  it('go out at the configured hour, in the language of the contact, with the document and the table', async () => {
    await close()
    await round(due - 1)
    assert.deepEqual(await states(), [])
    await round(due)
    const mail = await (sink as SmtpSink).next()
    assert.deepEqual(mail.to, ['anna@example.org'])
    assert.match(Buffer.from(mail.raw).toString(), /filename=project-p1-2026-10\.pdf/)
    assert.match(mail.raw, /filename=project-p1-2026-10\.csv/)
    assert.match(mail.raw, /application\/pdf/)
    assert.match(
      decodeURIComponent(
        mail.headers
          .get('subject')
          ?.replace(/\?=\s+=\?/g, '?==?')
          .replace(/=\?UTF-8\?Q\?(.*?)\?=/gi, (_all, text: string) => text.replace(/_/g, ' ').replace(/=/g, '%')) ?? '',
      ),
      /Rendiconto d’uso di project p1, ottobre 2026/,
    )
    const pdf = Buffer.from(/application\/pdf[\s\S]*?\r\n\r\n([A-Za-z0-9+/=\r\n]+)/.exec(mail.raw)?.[1] ?? '', 'base64')
    assert.equal(pdf.subarray(0, 5).toString(), '%PDF-')
    assert.deepEqual(await states(), ['sent 1'])
  })

  it('go out once, also after a restart', async () => {
    await close()
    await round(due)
    db.close()
    db = openDatabase(directory)
    await round(due + hour)
    await round(due + 48 * hour)
    assert.equal(sink?.mails.length, 1)
  })

  it('wait on disk while the mail server is away, with growing pauses, and over a restart', async () => {
    await close()
    await sink?.close()
    sink = null
    await round(due)
    assert.deepEqual(await states(), ['waiting 1'])
    await round(due + pauseAfter(0) - 1)
    assert.deepEqual(await states(), ['waiting 1'], 'not before its time')
    db.close()
    db = openDatabase(directory)
    await round(due + pauseAfter(0))
    assert.deepEqual(await states(), ['waiting 2'])
    sink = await smtpSink({ port })
    await round(due + pauseAfter(0) + pauseAfter(1))
    await sink.next()
    assert.deepEqual(await states(), ['sent 3'])
    assert.deepEqual([0, 1, 2, 20].map(pauseAfter), [60_000, 120_000, 240_000, 6 * hour])
  })

  it('are given up when the server refuses the recipient for good', async () => {
    await sink?.close()
    sink = await smtpSink({
      port,
      onRcptTo: (_address, _session, done) => done(Object.assign(new Error('no such user'), { responseCode: 550 })),
    })
    await round(due)
    assert.deepEqual(await states(), ['failed 1'])
    await round(due + 100 * hour)
    assert.deepEqual(await states(), ['failed 1'])
  })

  it('wait for the month to be closed, but not for ever', async () => {
    await round(due, { closes: true })
    assert.deepEqual(await states(), [])
    await round(due + 72 * hour, { closes: true })
    const mail = await (sink as SmtpSink).next()
    assert.match(mail.raw.replace(/=\r\n/g, ''), /non =C3=A8 ancora chiuso/)
  })

  it('are of the contact’s own projects only', async () => {
    live(db, [{ instance: 'secret', name: 'top-secret', project: 'p2', from: at('2026-10-01T00:00:00+02:00'), to: null }])
    await round(due)
    const mail = await (sink as SmtpSink).next()
    const csv = Buffer.from(/text\/csv[\s\S]*?\r\n\r\n([A-Za-z0-9+/=\r\n]+)/.exec(mail.raw)?.[1] ?? '', 'base64').toString('utf8')
    assert.ok(csv.includes('web-1') && !csv.includes('top-secret') && !csv.includes('hv-1'), csv.slice(0, 300))
  })
})
