import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import type { State } from '../../model/check.ts'
import type { Message } from '../../model/contract.ts'
import { render } from '../../test/support/alerting.ts'
import { freePort } from '../../test/support/free-port.ts'
import { hostileNames, unprintable } from '../../test/support/hostile.ts'
import { type SmtpSink, smtpSink } from '../../test/support/smtp-sink.ts'
import { plugin } from './plugin.ts'

const message = (over: Partial<Message> = {}, problem: Partial<Message['problem']> = {}): Message => ({
  ...{ kind: 'problem', transition: null, acknowledgement: null, link: 'https://specola.example/checks/c1', instances: null },
  ...{ time: Date.UTC(2026, 10, 22, 12), zone: 'Europe/Rome', language: 'en' },
  ...over,
  problem: {
    ...{
      check: 'c1',
      rule: 'state',
      plugin: 'state',
      target: { kind: 'instance', id: 'i-1' },
      targetName: 'web-1',
      project: 'p1',
    },
    ...{
      host: 'hv-1',
      state: 'critical' as State,
      hard: true,
      attempt: 1,
      maxAttempts: 1,
      since: Date.UTC(2026, 10, 22, 11, 58),
    },
    ...{
      output: 'shut off on its hypervisor',
      longOutput: null,
      perfdata: [],
      lastCheck: null,
      nextCheck: null,
      acknowledgement: null,
    },
    ...problem,
  },
})

const decoded = (raw: string) =>
  raw.replace(/=\r\n/g, '').replace(/(?:=[0-9A-F]{2})+/g, (bytes) => Buffer.from(bytes.replaceAll('=', ''), 'hex').toString())

describe('notify email', () => {
  let sink: SmtpSink
  afterEach(() => sink.close())
  const send = (
    what: Message,
    over: Record<string, unknown> = {},
    to = 'noc@example.org',
    signal = new AbortController().signal,
  ) =>
    plugin.send(what, {
      ...{ to, render, signal },
      config: plugin.config.parse({ host: '127.0.0.1', port: sink.port, tls: 'none', from: 'specola@example.org', ...over }),
    })

  it('sends the problem as text and HTML, with the link', async () => {
    sink = await smtpSink()
    const delivery = await send(message())
    assert.equal(delivery.ok, true)
    const { headers, raw, from, to } = await sink.next()
    assert.deepEqual([from, to], ['specola@example.org', ['noc@example.org']])
    assert.equal(headers.get('subject'), '[PROBLEM] web-1: state critical')
    assert.equal(headers.get('auto-submitted'), 'auto-generated')
    const body = decoded(raw)
    assert.match(body, /Content-Type: text\/plain/)
    assert.match(body, /Content-Type: text\/html/)
    assert.match(body, /Open this problem: https:\/\/specola\.example\/checks\/c1/)
    assert.match(body, /<a href="https:\/\/specola\.example\/checks\/c1"/)
    assert.match(body, /Since: Nov 22, 2026, 12:58:00 PM GMT\+1/)
  })

  it('puts problem and recovery of a check into one conversation, and sends the same message under the same id', async () => {
    sink = await smtpSink()
    await send(message())
    await send(message())
    await send(message({ kind: 'recovery', time: Date.UTC(2026, 10, 22, 13) }, { state: 'ok' }))
    await send(message({}, { check: 'c2' }))
    const [first, again, recovery, other] = sink.mails.map(({ headers }) => headers)
    assert.equal(first?.get('message-id'), again?.get('message-id'))
    assert.notEqual(first?.get('message-id'), recovery?.get('message-id'))
    assert.equal(first?.get('references'), recovery?.get('references'))
    assert.equal(first?.get('in-reply-to'), recovery?.get('in-reply-to'))
    assert.notEqual(first?.get('references'), other?.get('references'))
    assert.match(recovery?.get('subject') ?? '', /^\[RECOVERY\] web-1: state ok$/)
  })

  it('speaks the language of the reader', async () => {
    sink = await smtpSink()
    await send(
      message({
        language: 'it',
        kind: 'acknowledgement',
        acknowledgement: { author: 'bob', comment: 'ci penso io', time: 0, sticky: false },
      }),
    )
    const { headers, raw } = await sink.next()
    assert.equal(headers.get('subject'), '[PRESO IN CARICO] web-1: state critico')
    assert.match(decoded(raw), /Preso in carico da: bob\r?\nCommento: ci penso io/)
  })

  it('says how many instances are counted under a hypervisor', async () => {
    sink = await smtpSink()
    await send(message({ instances: 37 }, { target: { kind: 'connection', id: 'libvirt hv-1' }, targetName: 'libvirt hv-1' }))
    assert.match(decoded((await sink.next()).raw), /Carries: 37/)
  })

  it('lets no name become a header, a second recipient, or markup', async () => {
    sink = await smtpSink()
    const name = 'x\r\nBcc: eve@evil.example\r\n\r\n<script>alert(1)</script>"\u202e'
    await send(
      message({}, { targetName: name, output: '<img src=x onerror=alert(1)>', longOutput: '</pre><b>{{link}}', project: name }),
    )
    const { headers, raw, to } = await sink.next()
    assert.deepEqual(to, ['noc@example.org'])
    assert.equal(headers.has('bcc'), false)
    const body = decoded(raw)
    const html = body.slice(body.indexOf('<!doctype html>'))
    assert.doesNotMatch(html, /<script>|<img|<b>/)
    assert.match(html, /&lt;script&gt;/)
    assert.doesNotMatch(body, /\u202e/)
  })

  it('lets nothing of the sort through, whatever it is called', async () => {
    sink = await smtpSink()
    for (const name of hostileNames) {
      const by = { author: name, comment: name, time: 0, sticky: false }
      const what = message(
        { acknowledgement: by },
        { targetName: name, output: name, longOutput: name, project: name, host: name },
      )
      const delivery = await send(what)
      assert.ok(delivery.ok, JSON.stringify(delivery))
      const { headers, raw, to } = await sink.next()
      assert.deepEqual(to, ['noc@example.org'])
      assert.equal(headers.has('bcc'), false)
      assert.ok((headers.get('subject') ?? '').length < 1000)
      for (const line of raw.split('\r\n')) assert.ok(line.length <= 998 && !unprintable.test(line))
      assert.doesNotMatch(raw.replaceAll('\r\n', ''), /[\r\n]/)
      const body = decoded(raw)
      const html = body.slice(body.indexOf('<!doctype html>'))
      assert.doesNotMatch(html, /<(script|img|b|svg|iframe)\b|\son\w+="|javascript:/i)
    }
  })

  it('shows the last hours as a picture within the mail, and in words', async () => {
    sink = await smtpSink()
    const config = plugin.config.parse({ host: '127.0.0.1', port: sink.port, tls: 'none', from: 'specola@example.org' })
    const history = async () => ({ from: 0, to: 10_800_000, times: [0, 60_000], values: [12, 97.5], unit: '%' })
    const context = { config, to: 'x@b.c', render, signal: new AbortController().signal, history }
    assert.ok((await plugin.send(message({ language: 'it' }), context)).ok)
    const { raw } = await sink.next()
    assert.match(
      raw,
      /Content-Type: image\/png; name=chart\.png\r\nContent-ID: <chart@specola>\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: inline/,
    )
    assert.match(
      decoded(raw),
      /<img src="cid:chart@specola" width="560" height="160" alt="Dalle 01:00 alle 04:00: minimo 12 %, massimo 97,5 %, ultimo 97,5 %"/,
    )
    assert.match(decoded(raw), /\r\n\r\nDalle 01:00 alle 04:00: minimo 12 %/)
    assert.match(raw, /iVBORw0KGgo/)
  })

  it('goes without the picture when the operator does not want it', async () => {
    sink = await smtpSink()
    await send(message(), { chart: false })
    assert.doesNotMatch((await sink.next()).raw, /image\/png|cid:/)
  })

  it('uses templates of the operator, and the built-in ones when they cannot be used', async () => {
    sink = await smtpSink()
    await send(message(), { templates: { subject: 'Allarme {{target.name}}', text: 'Guarda {{link}}' } })
    const { headers, raw } = await sink.next()
    assert.equal(headers.get('subject'), 'Allarme web-1')
    assert.match(decoded(raw), /Guarda https:\/\/specola\.example\/checks\/c1/)
    const delivery = await send(message(), {
      templates: { subject: '{{lookup title}}{{#each rows}}{{json}}{{/each}}{{#with}}{{/with}}' },
    })
    assert.ok(delivery.ok)
    assert.match(delivery.notice ?? '', /template: .*; the built-in one is used/)
    assert.match((await sink.next()).headers.get('subject') ?? '', /^\[PROBLEM\]/)
  })

  it('refuses an address that is two', async () => {
    sink = await smtpSink()
    const delivery = await send(message(), {}, 'noc@example.org, eve@evil.example')
    assert.deepEqual(delivery, { ok: false, retry: false, reason: 'not one mail address: noc@example.org, eve@evil.example' })
    assert.deepEqual(sink.mails, [])
  })

  const refusal = (title: string, code: number, step: 'onMailFrom' | 'onRcptTo' | 'onData', retry: boolean) =>
    it(`${retry ? 'tries again' : 'gives up'} when the server says ${code} to ${title}`, async () => {
      const error = Object.assign(new Error('no, thank you'), { responseCode: code })
      sink = await smtpSink(
        step === 'onData'
          ? { onData: (stream, _, done) => void stream.resume().on('end', () => done(error)) }
          : { [step]: (_: unknown, __: unknown, done: (error: Error) => void) => done(error) },
      )
      const delivery = await send(message())
      assert.ok(!delivery.ok)
      assert.equal(delivery.retry, retry)
      assert.match(delivery.reason, new RegExp(`^mail server 127\\.0\\.0\\.1:${sink.port}: .*no, thank you`))
    })
  refusal('the recipient', 550, 'onRcptTo', false)
  refusal('the recipient', 450, 'onRcptTo', true)
  refusal('the sender', 553, 'onMailFrom', false)
  refusal('the content', 554, 'onData', false)
  refusal('the content', 452, 'onData', true)

  it('tries again when nobody answers', async () => {
    sink = await smtpSink()
    const delivery = await send(message(), { port: await freePort() })
    assert.ok(!delivery.ok && delivery.retry)
    assert.match(delivery.reason, /ECONNREFUSED/)
  })

  it('ends when it is told to, though the server says nothing', async () => {
    sink = await smtpSink()
    const silent = createServer(() => undefined)
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const stop = new AbortController()
    const sending = send(message(), { port: (silent.address() as { port: number }).port }, 'noc@example.org', stop.signal)
    silent.once('connection', () => stop.abort(new Error('no answer within 30 s')))
    const delivery = await sending
    assert.ok(!delivery.ok && delivery.retry)
    assert.match(delivery.reason, /no answer within 30 s/)
    silent.close()
  })

  it('refuses a password over a line that anybody can read', () => {
    const unsafe = plugin.config.safeParse({ host: 'h', from: 'a@b.c', user: 'u', password: { env: 'HOME' } })
    assert.equal(unsafe.success, false)
  })

  it('never tells the password, whatever the server answers', async () => {
    process.env.SPECOLA_TEST_PASSWORD = 'hunter2-hunter2'
    const echoed = Buffer.from('hunter2-hunter2').toString('base64')
    sink = await smtpSink({
      secure: true,
      authOptional: false,
      authMethods: ['LOGIN'],
      onAuth: ({ password }, _, done) => done(new Error(`wrong: ${password} ${echoed}`)),
    })
    const config = plugin.config.parse({
      ...{ host: '127.0.0.1', port: sink.port, tls: 'implicit', from: 'a@b.c', user: 'specola' },
      password: { env: 'SPECOLA_TEST_PASSWORD' },
    })
    const refused = await plugin.send(message(), { config, to: 'x@b.c', render, signal: new AbortController().signal })
    assert.ok(!refused.ok && refused.retry, 'an unknown certificate is not trusted with a password')
    const { failure } = await import('./mailer.ts')
    const told = failure(config, { code: 'EAUTH', responseCode: 535, response: `535 wrong: hunter2-hunter2 ${echoed}` })
    assert.ok(!told.ok && told.retry)
    assert.doesNotMatch(told.reason, /hunter2|aHVudGVy/)
  })
})
