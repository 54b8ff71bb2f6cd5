import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { SMTPServerAuthentication } from 'smtp-server'
import { deliverDue } from '../../alerter/dispatch.ts'
import { holdingBack } from '../../alerter/hold-back.ts'
import { emptyBatch } from '../../alerter/judge.ts'
import { messageAids } from '../../alerter/message-aids.ts'
import { healthBoard } from '../../collector/health.ts'
import { everything } from '../../model/access.ts'
import type { Message, Notifier } from '../../model/contract.ts'
import { plugin as email } from '../../plugins/notify-email/plugin.ts'
import { plugin as slack } from '../../plugins/notify-slack/plugin.ts'
import { plugin as webhook } from '../../plugins/notify-webhook/plugin.ts'
import { alertJournal } from '../../store/journal/alerts.ts'
import { openDatabase } from '../../store/journal/database.ts'
import { render } from '../support/alerting.ts'
import { authority } from '../support/certificates.ts'
import { httpStage } from '../support/http-stage.ts'
import { notification } from '../support/sample-notification.ts'
import { SamplesInMemory } from '../support/samples-in-memory.ts'
import { silentLogger } from '../support/silent-logger.ts'
import { type SmtpSink, smtpSink } from '../support/smtp-sink.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

/** The outbox on disk, its time in our hands, the servers real. */
describe('the outbox and servers that misbehave', () => {
  const root = temporaryDirectory()
  let closing: (() => unknown)[] = []
  afterEach(async () => {
    for (const close of closing.toReversed()) await close()
    closing = []
  })

  function outbox(plugin: Notifier, section: unknown, to: string) {
    const directory = mkdtempSync(`${root()}/journal-`)
    let db = openDatabase(directory)
    closing.push(() => db.close())
    const clock = new VirtualClock(Date.UTC(2026, 10, 22, 12))
    const health = healthBoard(clock)
    const logger = silentLogger()
    const failing = new Set<string>()
    const notifier = holdingBack(plugin, clock)
    const config = notifier.config.parse(section)
    let journal = alertJournal(db)
    return {
      health,
      logger,
      async queue(...messages: Message[]) {
        const notifications = messages.map((message) => ({
          message: { ...message, time: clock.now() },
          contact: 'noc',
          notifier: notifier.name,
          to,
        }))
        await journal.commit({ ...emptyBatch(), notifications })
      },
      /** Delivers what is due, `times` times, with a pause between that outlasts any back-off. */
      async turns(times: number, pauseMs = 20 * 60_000) {
        for (let n = 0; n < times; n++) {
          const deps = { store: new SamplesInMemory(), journal, logger }
          await deliverDue(
            {
              ...{ queue: journal, render, health, clock, logger, timeoutMs: 30_000, giveUpMs: 3 * 86_400_000 },
              ...{ notifiers: new Map([[notifier.name, { notifier, config }]]), aids: messageAids(deps, []) },
            },
            failing,
            new AbortController().signal,
          )
          await clock.advance(pauseMs)
        }
      },
      /** The process ends and another one goes on. */
      restart() {
        db.close()
        db = openDatabase(directory)
        journal = alertJournal(db)
      },
      async outcomes() {
        const records = await journal.notifications(everything, 'c1', 100)
        return records.toReversed().map(({ outcome, attempts, reason }) => ({ outcome, attempts, reason }))
      },
    }
  }

  const smtp = async (options: Parameters<typeof smtpSink>[0] = {}, over: object = {}) => {
    const sink = await smtpSink(options)
    closing.push(() => sink.close())
    const section = { host: '127.0.0.1', port: sink.port, tls: 'none', from: 'specola@example.org', timeout: '2s', ...over }
    return { sink, box: outbox(email as Notifier, section, 'noc@example.org') }
  }
  const ids = ({ mails }: SmtpSink) => mails.map(({ headers }) => headers.get('message-id'))
  const refusal = (code: number, text: string) => Object.assign(new Error(text), { responseCode: code })

  it('a mail server that greylists gets the mail once, later', async () => {
    let asked = 0
    const { sink, box } = await smtp({
      onRcptTo: (_address, _session, done) => done(++asked <= 2 ? refusal(451, '4.7.1 Greylisted, come back later') : null),
    })
    await box.queue(notification())
    await box.turns(1, 1000)
    assert.deepEqual(await box.outcomes(), [
      { outcome: 'waiting', attempts: 1, reason: `mail server 127.0.0.1:${sink.port}: 451 4.7.1 Greylisted, come back later` },
    ])
    await box.turns(1, 1000) // too early: it is not even asked
    assert.equal(asked, 1)
    box.restart()
    await box.turns(4)
    assert.deepEqual(await box.outcomes(), [{ outcome: 'sent', attempts: 3, reason: null }])
    assert.equal(sink.mails.length, 1)
    assert.equal(box.health.all().find(({ component }) => component === 'notify-email')?.state, 'ok')
  })

  it('a mail server that refuses for good is told once; the next mail goes through', async () => {
    let first = true
    const { sink, box } = await smtp({
      onRcptTo(_address, _session, done) {
        done(first ? refusal(550, '5.1.1 No such user') : null)
        first = false
      },
    })
    await box.queue(notification(), notification({ kind: 'recovery' }, { state: 'ok' }))
    await box.turns(3)
    const [refused, sent] = await box.outcomes()
    assert.deepEqual([refused?.outcome, refused?.attempts, sent?.outcome], ['failed', 1, 'sent'])
    assert.match(refused?.reason ?? '', /550 5\.1\.1 No such user/)
    assert.equal(sink.mails.length, 1)
  })

  it('a mail server that drops the connection in the middle of the mail gets it whole, once', async () => {
    let drops = 2
    const { sink } = await smtp()
    const way = await cutting(sink.port, () => drops-- > 0)
    closing.push(way.close)
    const section = { host: '127.0.0.1', port: way.port, tls: 'none', from: 'specola@example.org', timeout: '2s' }
    const through = outbox(email as Notifier, section, 'noc@example.org')
    await through.queue(notification({}, { longOutput: 'x'.repeat(3000) }))
    await through.turns(4)
    assert.deepEqual(await through.outcomes().then(([one]) => [one?.outcome, one?.attempts]), ['sent', 3])
    assert.equal(sink.mails.length, 1)
  })

  it('a mail server that took the mail and did not say so gets it again under the same id', async () => {
    let lost = true
    const kept: string[] = []
    const { box } = await smtp({
      onData(stream, session, done) {
        const chunks: Buffer[] = []
        stream.on('data', (chunk: Buffer) => chunks.push(chunk))
        stream.on('end', () => {
          kept.push(/^Message-ID: (.*)$/im.exec(Buffer.concat(chunks).toString())?.[1]?.trim() ?? '')
          if (lost) (session as unknown as { connection?: { close(): void } }).connection?.close()
          done(lost ? refusal(421, 'closing') : null)
          lost = false
        })
      },
    })
    await box.queue(notification())
    await box.turns(3)
    assert.deepEqual(await box.outcomes().then(([one]) => [one?.outcome, one?.attempts]), ['sent', 2])
    assert.equal(kept.length, 2)
    assert.equal(new Set(kept).size, 1)
  })

  it('a mail server with the wrong certificate gets neither mail nor password; with the right one it gets all in order', async () => {
    process.env.SPECOLA_TEST_MAIL_PASSWORD = 'hunter2-hunter2'
    const { readFileSync } = await import('node:fs')
    const directory = mkdtempSync(`${root()}/tls-`)
    const own = authority(directory, 'own')
    const logins: string[] = []
    const served = (name: string) => {
      const { cert, key } = own.sign(name)
      return {
        ...{ disabledCommands: [], authOptional: false, cert: readFileSync(cert), key: readFileSync(key) },
        onAuth({ password }: SMTPServerAuthentication, _session: unknown, done: (error: null, answer: { user: string }) => void) {
          logins.push(password ?? '')
          done(null, { user: 'specola' })
        },
      }
    }
    const secured = { tls: 'starttls', user: 'specola', password: { env: 'SPECOLA_TEST_MAIL_PASSWORD' }, ca: own.ca }
    const { sink, box } = await smtp(served('mail.elsewhere.example'), secured)
    await box.queue(notification(), notification({ kind: 'recovery' }, { state: 'ok' }))
    await box.turns(2)
    assert.deepEqual(
      (await box.outcomes()).map(({ outcome }) => outcome),
      ['waiting', 'waiting'],
    )
    assert.match((await box.outcomes())[0]?.reason ?? '', /certificate/)
    assert.deepEqual([sink.mails.length, logins], [0, []])
    assert.equal(box.health.all().find(({ component }) => component === 'notify-email')?.state, 'down')
    await sink.close()
    const right = await smtpSink({ ...served('127.0.0.1'), port: sink.port })
    closing.push(() => right.close())
    await box.turns(4)
    assert.deepEqual(
      right.mails.map(({ headers }) => headers.get('subject')),
      ['[PROBLEM] web-1: cpu critical', '[RECOVERY] web-1: cpu ok'],
    )
    assert.equal(new Set(ids(right)).size, 2)
    assert.deepEqual(new Set(logins), new Set(['hunter2-hunter2']))
    assert.doesNotMatch(JSON.stringify([await box.outcomes(), box.health.all(), box.logger]), /hunter2/)
  })

  it('a web server that limits, fails, hangs and closes gets every message once and in order', async () => {
    const stage = await httpStage({ status: 204 })
    closing.push(() => stage.close())
    stage.next = [
      { status: 429, headers: { 'Retry-After': '120' } },
      { status: 500 },
      'hang',
      'close',
      'half',
      { status: 302, headers: { Location: 'http://127.0.0.1:1/' } },
    ]
    const box = outbox(webhook as Notifier, { endpoints: { cmdb: { url: stage.url, timeout: '1s' } } }, 'cmdb')
    await box.queue(
      notification(),
      notification({ kind: 'acknowledgement' }),
      notification({ kind: 'recovery' }, { state: 'ok' }),
    )
    await box.turns(1, 60_000) // Retry-After says two minutes: after one nothing is asked, though the pause of 15 s is over
    await box.turns(1, 1000)
    assert.equal(stage.asked.length, 1)
    await box.turns(12)
    assert.deepEqual(
      (await box.outcomes()).map(({ outcome }) => outcome),
      ['sent', 'sent', 'sent'],
    )
    const kinds = stage.asked.map(({ body }) => JSON.parse(body).kind as string)
    // `half`: the status 200 came, so that one counts as delivered.
    assert.deepEqual(kinds, [
      'problem',
      'problem',
      'problem',
      'problem',
      'problem',
      'acknowledgement',
      'acknowledgement',
      'recovery',
    ])
    const keys = stage.asked.map(({ headers }) => headers['x-specola-delivery'])
    assert.equal(new Set(keys).size, 3)
  })

  it('a web server that asks to be left alone is left alone by all messages', async () => {
    const stage = await httpStage({ status: 204 })
    closing.push(() => stage.close())
    stage.next = [{ status: 429, headers: { 'Retry-After': '600' } }]
    const box = outbox(webhook as Notifier, { endpoints: { cmdb: { url: stage.url, timeout: '1s' } } }, 'cmdb')
    await box.queue(notification())
    await box.turns(1, 60_000)
    await box.queue(notification({}, { check: 'c2' }), notification({}, { check: 'c3' }))
    await box.turns(5, 60_000)
    assert.equal(stage.asked.length, 1)
    await box.turns(6, 60_000)
    assert.deepEqual(stage.asked.map(({ body }) => JSON.parse(body).check as string).toSorted(), ['c1', 'c1', 'c2', 'c3'])
  })

  it('a refused message is given up at once and holds up nobody', async () => {
    const stage = await httpStage({ status: 204 })
    closing.push(() => stage.close())
    stage.next = [{ status: 422, body: 'no such field' }]
    const box = outbox(webhook as Notifier, { endpoints: { cmdb: { url: stage.url, timeout: '1s' } } }, 'cmdb')
    await box.queue(notification(), notification({ kind: 'recovery' }, { state: 'ok' }))
    await box.turns(2)
    assert.deepEqual(
      (await box.outcomes()).map(({ outcome, attempts }) => [outcome, attempts]),
      [
        ['failed', 1],
        ['sent', 1],
      ],
    )
    assert.equal(stage.asked.length, 2)
  })

  it('a broken template is seen on the health board, and the message goes out', async () => {
    const stage = await httpStage({ status: 204 })
    closing.push(() => stage.close())
    const box = outbox(webhook as Notifier, { endpoints: { cmdb: { url: stage.url, body: 'not {{title}} JSON' } } }, 'cmdb')
    await box.queue(notification())
    await box.turns(1)
    const health = box.health.all().find(({ component }) => component === 'notify-webhook')
    assert.equal(health?.state, 'degraded')
    assert.match(health?.detail ?? '', /^delivers, but template: it makes no JSON: .*; the built-in one is used$/)
    assert.deepEqual(
      (await box.outcomes()).map(({ outcome }) => outcome),
      ['sent'],
    )
  })

  it('threads of a problem are found again after a restart, and end with its recovery', async () => {
    process.env.SPECOLA_TEST_SLACK = 'xoxb-1'
    let posted = 0
    const stage = await httpStage({ status: 200, body: () => `{"ok":true,"ts":"1.${++posted}"}` })
    closing.push(() => stage.close())
    const box = outbox(slack as Notifier, { token: { env: 'SPECOLA_TEST_SLACK' }, api: stage.url }, '#noc')
    await box.queue(notification())
    await box.turns(1)
    box.restart()
    await box.queue(notification(), notification({ kind: 'recovery' }, { state: 'ok' }))
    await box.turns(2)
    await box.queue(notification())
    await box.turns(1)
    const threads = stage.asked.map(({ body }) => (JSON.parse(body) as { thread_ts?: string }).thread_ts)
    assert.deepEqual(threads, [undefined, '1.1', '1.1', undefined])
  })
})

/** A way to a mail server that is cut in the middle of the mail as often as `cut` says. */
async function cutting(port: number, cut: () => boolean): Promise<{ port: number; close: () => Promise<void> }> {
  const { connect } = await import('node:net')
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const onward = connect(port, '127.0.0.1')
    for (const socket of [client, onward]) {
      sockets.add(socket)
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    }
    let inMail = false
    const cuts = cut()
    onward.on('data', (chunk: Buffer) => {
      if (/^354/m.test(chunk.toString())) inMail = true
      client.write(chunk)
    })
    client.on('data', (chunk: Buffer) => {
      if (!cuts || !inMail) return void onward.write(chunk)
      onward.write(chunk.subarray(0, 200), () => {
        client.destroy()
        onward.destroy()
      })
    })
    client.on('end', () => onward.end())
    onward.on('end', () => client.end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
