import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import type { Delivery } from '../../model/contract.ts'
import { retryTable } from '../../plugins/notifying/retry-table.ts'
import { render } from '../support/alerting.ts'
import { authority } from '../support/certificates.ts'
import { freePort } from '../support/free-port.ts'
import { giveSecrets, type OverHttp, overHttp, theSecret } from '../support/http-notifiers.ts'
import { type Act, httpStage, type Stage } from '../support/http-stage.ts'
import { notification } from '../support/sample-notification.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const patient = { timeout: '15s' }

async function send(
  { plugin, section, to }: OverHttp,
  url: string,
  way: Record<string, unknown> = patient,
  message = notification(),
  signal = new AbortController().signal,
): Promise<Delivery> {
  giveSecrets(url)
  return plugin.send(message, { config: plugin.config.parse(section(url, way)), to, render, signal })
}

for (const notifier of overHttp)
  describe(`notify ${notifier.title}, with a server that`, () => {
    let stage: Stage
    beforeEach(async () => {
      stage = await httpStage(notifier.taken)
    })
    afterEach(() => stage.close())

    it('takes it: one request, and an id', async () => {
      const delivery = await send(notifier, stage.url)
      assert.ok(delivery.ok, JSON.stringify(delivery))
      assert.ok(delivery.id !== undefined || notifier.title === 'sms')
      assert.equal(stage.asked.length, 1)
    })

    const answers = (
      title: string,
      act: Act,
      retry: boolean,
      check: (delivery: Delivery & { ok: false }) => void = () => undefined,
    ) =>
      it(`${title}: it is ${retry ? 'tried again' : 'given up'}`, async () => {
        stage.always = act
        const delivery = await send(notifier, stage.url, act === 'hang' ? { timeout: '500ms' } : patient)
        assert.ok(!delivery.ok)
        assert.equal(delivery.retry, retry, delivery.reason)
        check(delivery)
      })

    answers('has too much to do', { status: 429, headers: { 'Retry-After': '7' }, body: 'slow down' }, true, ({ retryAfterMs }) =>
      assert.equal(retryAfterMs, 7000),
    )
    answers(
      'names a date to come back at',
      { status: 503, headers: { 'Retry-After': 'Sun, 22 Nov 2026 12:01:00 GMT', Date: 'Sun, 22 Nov 2026 12:00:00 GMT' } },
      true,
      ({ retryAfterMs }) => assert.equal(retryAfterMs, 60_000),
    )
    answers('wants us to wait for a day', { status: 429, headers: { 'Retry-After': '86400' } }, true, ({ retryAfterMs }) =>
      assert.equal(retryAfterMs, 3_600_000),
    )
    for (const status of [500, 502, 503, 504, 408, 425]) answers(`says ${status}`, { status }, true)
    for (const status of [401, 403, 404, 407]) answers(`says ${status}, which the operator can mend`, { status }, true)
    for (const status of [400, 405, 409, 410, 413, 415, 422, 501]) answers(`says ${status}`, { status, body: 'no' }, false)
    answers('closes the connection', 'close', true)
    answers('does not speak HTTP', 'babble', true)
    answers('says nothing', 'hang', true, ({ reason }) => assert.match(reason, /no answer within 0\.5 s/))

    it('floods: no more than a little of it is read', async () => {
      stage.always = 'flood'
      const delivery = await send(notifier, stage.url, { timeout: '5s' })
      assert.equal(delivery.ok, !notifier.reads, JSON.stringify(delivery))
      assert.ok(delivery.ok || delivery.retry)
    })

    it('breaks off in its answer: a status counts, a body that had to be read does not', async () => {
      stage.always = 'half'
      const delivery = await send(notifier, stage.url)
      assert.equal(delivery.ok, !notifier.reads, JSON.stringify(delivery))
      assert.ok(delivery.ok || delivery.retry)
    })

    for (const status of [301, 302, 307, 308])
      it(`redirects with ${status}: nobody else sees anything`, async () => {
        const other = await httpStage(notifier.taken)
        stage.always = { status, headers: { Location: `${other.url}/elsewhere` } }
        const delivery = await send(notifier, stage.url)
        assert.ok(!delivery.ok && delivery.retry)
        assert.deepEqual(other.asked, [])
        await other.close()
      })

    it('echoes everything it was sent: no secret is in the reason, nor in the answer', async () => {
      const echo = ({ path, headers, body }: { path: string; headers: object; body: string }) =>
        `${theSecret} ${path} ${JSON.stringify(headers)} ${body} ${Buffer.from(theSecret).toString('base64')}`
      for (const status of [200, 400, 401, 500]) {
        stage.always = { status, body: echo }
        const told = JSON.stringify(await send(notifier, stage.url))
        assert.doesNotMatch(told, /hunter2|aHVudGVy/, told)
      }
    })

    it('is not there', async () => {
      const url = `http://127.0.0.1:${await freePort()}`
      const delivery = await send(notifier, url)
      assert.ok(!delivery.ok && delivery.retry)
      assert.match(delivery.reason, /nobody listens there/)
      assert.doesNotMatch(delivery.reason, /hunter2/)
    })

    it('hangs while we are told to stop: it ends at once', async () => {
      stage.always = 'hang'
      const stop = new AbortController()
      const sending = send(notifier, stage.url, { timeout: '60s' }, notification(), stop.signal)
      while (stage.asked.length === 0) await new Promise((resolve) => setImmediate(resolve))
      stop.abort(new Error('stopped'))
      const delivery = await sending
      assert.ok(!delivery.ok && delivery.retry)
      assert.match(delivery.reason, /stopped/)
    })

    it('does not know the address: the configuration says so', () => {
      giveSecrets(stage.url)
      const config = notifier.plugin.config.parse(notifier.section(stage.url, {}))
      assert.equal(notifier.plugin.wrongAddress?.(notifier.to, config), null)
      for (const wrong of ['no such place', 'x\r\ny', '<script>']) assert.ok(notifier.plugin.wrongAddress?.(wrong, config))
    })
  })

describe('notifiers over TLS', () => {
  const root = temporaryDirectory()
  const [webhook] = overHttp as readonly [OverHttp]

  const secured = async (sign: (directory: string) => { cert: string; key: string; ca: string | null }) => {
    const { cert, key, ca } = sign(mkdtempSync(join(root(), 'tls-')))
    const stage = await httpStage({ status: 204 }, { cert, key })
    const delivery = await send(webhook, stage.url, { timeout: '5s', ...(ca !== null && { ca }) })
    await stage.close()
    return { delivery, asked: stage.asked }
  }
  const refuses = (title: string, reason: RegExp, sign: Parameters<typeof secured>[0]) =>
    it(`send nothing to a server ${title}`, async () => {
      const { delivery, asked } = await secured(sign)
      assert.ok(!delivery.ok && delivery.retry)
      assert.match(delivery.reason, reason)
      assert.deepEqual(asked, [])
    })

  it('trust the authority that is named', async () => {
    const { delivery } = await secured((directory) => {
      const own = authority(directory, 'own')
      return { ...own.sign('127.0.0.1'), ca: own.ca }
    })
    assert.ok(delivery.ok, JSON.stringify(delivery))
  })
  refuses('whose authority nobody knows', /an unknown authority signed the certificate: name it \(ca\)/, (directory) => ({
    ...authority(directory, 'unknown').sign('127.0.0.1'),
    ca: null,
  }))
  refuses('with the certificate of another name', /certificate is for another name/, (directory) => {
    const own = authority(directory, 'own')
    return { ...own.sign('10.0.0.1'), ca: own.ca }
  })
  refuses('whose certificate has expired', /certificate has expired/, (directory) => {
    const own = authority(directory, 'own')
    return { ...own.sign('127.0.0.1', -1), ca: own.ca }
  })
  it('say it when the server speaks no TLS', async () => {
    const stage = await httpStage({ status: 204 })
    const delivery = await send(webhook, stage.url.replace('http:', 'https:'))
    assert.ok(!delivery.ok && delivery.retry)
    assert.match(delivery.reason, /does not speak TLS|wrong version/i)
    await stage.close()
  })
})

describe('the retry table', () => {
  it('is the one of the documentation', async () => {
    const { readFileSync } = await import('node:fs')
    const text = readFileSync(join(import.meta.dirname, '../../docs/notifiers.md'), 'utf8')
    for (const { meaning } of retryTable) assert.ok(text.includes(meaning), meaning)
  })
})
