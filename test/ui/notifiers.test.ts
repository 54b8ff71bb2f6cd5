import assert from 'node:assert/strict'
import { systemClock } from '../../model/clock.ts'
import { fakeNotifiers } from '../support/fake-notifiers.ts'
import { httpStage, type Stage } from '../support/http-stage.ts'
import { type SmtpSink, smtpSink } from '../support/smtp-sink.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { type Visitor, visitor } from '../support/ui-client.ts'
import { startUi, type TestUi } from '../support/ui-server.ts'

describe('the page of notifiers', () => {
  const directory = temporaryDirectory()
  let ui: TestUi
  let nino: Visitor
  let sink: SmtpSink
  let stage: Stage
  before(async () => {
    sink = await smtpSink()
    stage = await httpStage({ status: 204 })
    const section = `
email: { host: 127.0.0.1, port: ${sink.port}, tls: none, from: specola@example.org }
webhook: { endpoints: { cmdb: { url: "${stage.url}", timeout: 1s } } }
contacts:
  - { name: noc, email: noc@example.org, webhook: cmdb }
  - { name: '<script>alert(1)</script>', email: evil@example.org, language: it }`
    ui = await startUi(directory(), { only: ['nino', 'ada'], notifiers: fakeNotifiers(systemClock, section) })
    nino = visitor(ui.url)
    await nino.signIn('nino')
  })
  after(async () => {
    await ui.close()
    await sink.close()
    await stage.close()
  })

  const test = (form: Record<string, string>, who = nino) => who.submit('/notifiers/test', form, '/notifiers')

  it('shows who is reached how, and what could be configured', async () => {
    const page = await nino.text('/notifiers')
    assert.match(page, /noc@example\.org/)
    assert.match(page, /&lt;script&gt;alert\(1\)&lt;\/script&gt;/)
    assert.doesNotMatch(page, /<script>alert/)
    assert.match(page, /<strong>telegram<\/strong>/)
  })

  it('sends a test, shows the answer, and keeps who did it', async () => {
    const response = await test({ notifier: 'email', contact: 'noc' })
    assert.equal(response.status, 200)
    assert.match(await response.text(), /The test was taken[\s\S]*250 OK/)
    const mail = await sink.next()
    assert.equal(mail.headers.get('subject'), '[TEST] web-1 <sample>: cpu warning')
    assert.match(mail.raw, /Content-ID: <chart@specola>/)
    const [last] = await ui.accounts.trail(1)
    assert.deepEqual([last?.who, last?.what, last?.object, last?.detail], ['nino', 'notifier.test', 'email noc', 'ok'])
  })

  it('writes to a contact in its language', async () => {
    await test({ notifier: 'email', contact: '<script>alert(1)</script>' })
    assert.match((await sink.next()).headers.get('subject') ?? '', /^\[PROVA\]/)
  })

  it('says what went wrong, with the server’s own words and no markup of its own', async () => {
    stage.next = [{ status: 400, body: '<b>no such tenant</b>' }]
    const response = await test({ notifier: 'webhook', contact: 'noc' })
    assert.equal(response.status, 502)
    const page = await response.text()
    assert.match(page, /The test was refused/)
    assert.match(page, /HTTP 400: &lt;b&gt;no such tenant&lt;\/b&gt;/)
  })

  it('writes to nobody who is not in the configuration', async () => {
    const before = sink.mails.length
    for (const form of [
      { notifier: 'email', contact: 'eve@evil.example' },
      { notifier: 'telegram', contact: 'noc' },
      { notifier: 'email', contact: 'noc', to: 'eve@evil.example' },
    ])
      assert.ok([404, 200].includes((await test(form)).status))
    assert.ok(sink.mails.slice(before).every(({ to }) => to[0] === 'noc@example.org'))
  })

  it('does nothing without the token of the page', async () => {
    const before = sink.mails.length
    assert.equal((await nino.post('/notifiers/test', { notifier: 'email', contact: 'noc' })).status, 403)
    assert.equal(
      (await nino.post('/notifiers/test', { notifier: 'email', contact: 'noc', csrf: 'x' }, { origin: 'https://evil.example' }))
        .status,
      403,
    )
    assert.equal(sink.mails.length, before)
  })

  it('sends only so many tests a minute', async () => {
    const ada = visitor(ui.url)
    await ada.signIn('ada')
    const before = sink.mails.length
    const statuses: number[] = []
    for (let n = 0; n < 8; n++) statuses.push((await test({ notifier: 'email', contact: 'noc' }, ada)).status)
    assert.deepEqual(statuses, [200, 200, 200, 200, 200, 200, 400, 400])
    assert.equal(sink.mails.length, before + 6)
  })

  it('shows what a message would look like, without sending one', async () => {
    const before = [sink.mails.length, stage.asked.length]
    const page = await nino.text('/notifiers/preview?notifier=email&contact=noc&kind=recovery')
    assert.match(page, /\[RECOVERY\] web-1 &lt;sample&gt;: cpu ok/)
    const frame = page.replaceAll('&#x3D;', '=')
    assert.ok(frame.includes('src="/notifiers/preview/html?notifier=email&amp;contact=noc&amp;kind=recovery"'))
    const html = await nino.get('/notifiers/preview/html?notifier=email&contact=noc&kind=problem')
    assert.match(html.headers.get('content-security-policy') ?? '', /default-src 'none'.*sandbox/)
    assert.match(await html.text(), /<img src="data:image\/png;base64,iVBOR/)
    assert.match(await nino.text('/notifiers/preview?notifier=webhook&contact=noc'), /&quot;version&quot;:1/)
    assert.equal((await nino.get('/notifiers/preview?notifier=email&contact=nobody')).status, 404)
    assert.deepEqual([sink.mails.length, stage.asked.length], before)
  })
})
