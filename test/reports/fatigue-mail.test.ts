import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { healthBoard } from '../../collector/health.ts'
import type { FatigueFacts } from '../../model/alert-history.ts'
import { fatigueReport, lookBackMs, weekAt } from '../../model/fatigue.ts'
import { emailConfig } from '../../plugins/notify-email/config.ts'
import { mailer } from '../../plugins/notify-email/mailer.ts'
import { type FatigueMailDeps, mailFatigue } from '../../reports/fatigue-mail.ts'
import { fatigueText } from '../../reports/fatigue-text.ts'
import { reportsSection } from '../../reports/section.ts'
import { fatigueMailsOf } from '../../store/journal/alert-history.ts'
import { type Database, openDatabase } from '../../store/journal/database.ts'
import { freePort } from '../support/free-port.ts'
import { fixedClock } from '../support/report-scene.ts'
import { silentLogger } from '../support/silent-logger.ts'
import { type SmtpSink, smtpSink } from '../support/smtp-sink.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const zone = 'Europe/Rome'
const at = (text: string) => Date.parse(`2026-11-${text}+01:00`)
const hour = 3_600_000
const due = at('23T08:00')
const hostile = `"><script>alert(1)</script>\r\nBcc: x@example.org`
const facts: FatigueFacts = {
  changes: [
    {
      check: 'c1',
      rule: 'cpu',
      target: { kind: 'instance', id: 'i1' },
      targetName: hostile,
      time: at('17T02:00'),
      to: 'critical',
    },
    { check: 'c1', rule: 'cpu', target: { kind: 'instance', id: 'i1' }, targetName: hostile, time: at('17T04:10'), to: 'ok' },
  ],
  acknowledged: [{ check: 'c1', time: at('17T02:30') }],
  told: [{ check: 'c1', time: at('17T02:00'), kind: 'problem', contact: 'Bice' }],
}
const history = { fatigueFacts: async () => facts }
const config = reportsSection.parse({
  fatigue: { to: [{ email: 'capo@example.org', language: 'it' }, { email: 'noc@example.org' }] },
}).fatigue
const body = (raw: string) =>
  Buffer.from(
    raw.replace(/=\r\n/g, '').replace(/=([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString('utf8')

describe('the weekly report on fatigue by mail', () => {
  const root = temporaryDirectory()
  let db: Database
  let sink: SmtpSink | null
  let port: number
  beforeEach(async () => {
    db = openDatabase(mkdtempSync(join(root(), 'journal-')))
    port = await freePort()
    sink = await smtpSink({ port })
  })
  afterEach(async () => {
    db.close()
    await sink?.close()
  })
  const deps = (now: number): FatigueMailDeps => {
    const clock = fixedClock(now)
    assert.ok(config)
    return {
      ...{ config, history, mails: fatigueMailsOf(db), publicUrl: 'https://specola.example.org', language: 'en', zone },
      mailer: mailer(emailConfig.parse({ host: '127.0.0.1', port, tls: 'none', from: 'specola@example.org', timeout: '2s' })),
      ...{ zones: new Map(), clock, logger: silentLogger(), health: healthBoard(clock) },
    }
  }
  const round = (now: number) => mailFatigue(deps(now), new AbortController().signal)
  const states = () =>
    db
      .all<{ s: string }>(`SELECT address || ' ' || state || ' ' || attempts AS s FROM mailed_fatigue ORDER BY address`)
      .map(({ s }) => s)

  it('goes out on Monday at eight, to each in their language, once', async () => {
    await round(due - 1)
    assert.deepEqual(states(), [])
    await round(due)
    await round(due + hour)
    assert.deepEqual(states(), ['capo@example.org sent 1', 'noc@example.org sent 1'])
    const mails = [...(sink as SmtpSink).mails].sort((a, b) => ((a.to[0] ?? '') < (b.to[0] ?? '') ? -1 : 1))
    assert.deepEqual(
      mails.map(({ to }) => to),
      [['capo@example.org'], ['noc@example.org']],
    )
    const [italian, english] = mails.map(({ raw }) => body(raw))
    assert.match(italian ?? '', /Fino alla presa in carico \(MTTA\)\s+30 m/)
    assert.match(italian ?? '', /Risvegli notturni\s+1/)
    assert.match(english ?? '', /Until over \(MTTR\)\s+2 h 10 m/)
    assert.match(english ?? '', /Acted upon\s+100 % \(1 of 1 told\)/)
    assert.match(english ?? '', /https:\/\/specola\.example\.org\/fatigue\?week=2026-11-16/)
    for (const { raw, headers } of mails) {
      assert.ok(!body(raw.slice(raw.indexOf('text/html'))).includes('<script>'), 'a name is no markup')
      assert.equal(headers.get('bcc'), undefined)
    }
  })

  it('waits while the server is away, and is sent once by whichever engine takes it first', async () => {
    await sink?.close()
    sink = null
    await round(due)
    assert.deepEqual(states(), ['capo@example.org waiting 1', 'noc@example.org waiting 1'])
    sink = await smtpSink({ port })
    await Promise.all([round(due + hour), round(due + hour)])
    assert.deepEqual(states(), ['capo@example.org sent 2', 'noc@example.org sent 2'])
    assert.equal(sink.mails.length, 2)
  })

  it('is not sent when it is days late', async () => {
    await round(due + 4 * 24 * hour)
    assert.deepEqual(states(), [])
  })

  it('says so when the week was quiet, in both languages', () => {
    const week = weekAt('2026-11-16', zone)
    assert.ok(week && lookBackMs > 0)
    const quiet = fatigueReport({ changes: [], acknowledged: [], told: [] }, { ...week, zone })
    assert.match(
      fatigueText(quiet, 'en', zone, null).text,
      /^Alerts and people, 16 Nov 2026 – 22 Nov 2026\n[\s\S]*Nobody was sent a message\./,
    )
    assert.match(fatigueText(quiet, 'it', zone, null).text, /Nessuno ha ricevuto messaggi\./)
  })
})
