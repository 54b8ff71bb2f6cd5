import assert from 'node:assert/strict'
import { render } from '../../test/support/alerting.ts'
import { hostileNames } from '../../test/support/hostile.ts'
import { httpStage, type Stage } from '../../test/support/http-stage.ts'
import { notification } from '../../test/support/sample-notification.ts'
import { plugin } from './plugin.ts'
import { segmentsOf, smsOf } from './segments.ts'

describe('what an SMS holds', () => {
  const holds = (title: string, text: string, alphabet: 'GSM-7' | 'UCS-2', segments: number) =>
    it(`${title}: ${segments} of ${alphabet}`, () => {
      const sms = smsOf(text, 10, 'keep')
      assert.deepEqual([sms.alphabet, sms.segments], [alphabet, segments])
    })
  holds('160 letters', 'a'.repeat(160), 'GSM-7', 1)
  holds('161 letters', 'a'.repeat(161), 'GSM-7', 2)
  holds('306 letters', 'a'.repeat(306), 'GSM-7', 2)
  holds('307 letters', 'a'.repeat(307), 'GSM-7', 3)
  holds('80 euro signs, which take two places', '€'.repeat(80), 'GSM-7', 1)
  holds('81 euro signs', '€'.repeat(81), 'GSM-7', 2)
  holds('152 letters, a bracket that must not be parted, 152 letters', `${'a'.repeat(152)}[${'a'.repeat(152)}`, 'GSM-7', 3)
  holds('Spanish accents', 'perché está así', 'UCS-2', 1)
  holds('Italian accents that have a place', 'è là, però più giù', 'GSM-7', 1)
  holds('70 Cyrillic letters', 'я'.repeat(70), 'UCS-2', 1)
  holds('71 Cyrillic letters', 'я'.repeat(71), 'UCS-2', 2)
  holds('36 faces of two units', '😀'.repeat(36), 'UCS-2', 2)
  holds('quotation marks and dashes with a plain form', '“so” – it’s…', 'GSM-7', 1)

  it('drops accents that have no place, when told to', () =>
    assert.deepEqual(smsOf('perché está así', 1, 'drop').text, 'perché esta asi'))

  it('is cut to the segments that are paid for, and never within a character', () => {
    for (const text of [...hostileNames, '[€]'.repeat(400), '😀'.repeat(400)])
      for (const most of [1, 2, 3]) {
        const sms = smsOf(text.toWellFormed(), most, 'drop')
        assert.ok(sms.segments <= most)
        assert.equal(segmentsOf(sms.text, sms.alphabet), sms.segments)
        assert.ok(sms.text.isWellFormed())
      }
  })
})

describe('notify sms', () => {
  let stage: Stage
  beforeEach(async () => {
    process.env.SPECOLA_TEST_SMS = 'gateway+secret&1'
    stage = await httpStage({ status: 200, body: 'STATUS: queued' })
  })
  afterEach(() => stage.close())
  const send = (section: Record<string, unknown>, message = notification()) =>
    plugin.send(message, {
      ...{ to: '+393331234567', render, signal: new AbortController().signal },
      config: plugin.config.parse({ url: `${stage.url}/send`, timeout: '1s', ...section }),
    })

  it('sends parameters, each encoded, whatever is in them', async () => {
    for (const name of hostileNames) {
      const section = { method: 'GET', query: { to: '{{to}}', text: '{{text}}', key: { env: 'SPECOLA_TEST_SMS' } } }
      const delivery = await send(section, notification({}, { targetName: name, output: name }))
      assert.ok(delivery.ok)
      const { searchParams } = new URL(stage.asked.at(-1)?.path ?? '', 'http://x')
      assert.deepEqual([...searchParams.keys()], ['to', 'text', 'key'])
      assert.equal(searchParams.get('to'), '+393331234567')
      assert.equal(searchParams.get('key'), 'gateway+secret&1')
    }
  })

  it('tells the segments, and the answer', async () => {
    const delivery = await send({ form: { to: '{{to}}', text: '{{text}}' } })
    assert.ok(delivery.ok)
    assert.equal(delivery.answer, 'HTTP 200: STATUS: queued (1 segment GSM-7)')
    assert.equal(new URLSearchParams(stage.asked[0]?.body).get('text'), 'PROBLEM web-1: cpu critical. CPU 99 % of its vCPUs')
  })

  it('sends JSON by a template', async () => {
    await send({ body: '{"to": {{json to}}, "text": {{json text}}}', text: '"{{title}}"' })
    assert.deepEqual(JSON.parse(stage.asked[0]?.body ?? ''), { to: '+393331234567', text: '"web-1: cpu critical"' })
  })

  it('believes a gateway that says 200 to everything only when it says that it took the message', async () => {
    stage.always = { status: 200, body: 'ERROR: no credit gateway+secret&1' }
    const delivery = await send({ form: { text: '{{text}}', key: { env: 'SPECOLA_TEST_SMS' } }, expect: 'queued' })
    assert.ok(!delivery.ok && delivery.retry)
    assert.match(delivery.reason, /no "queued" in its answer: ERROR: no credit \*\*\*$/)
  })

  it('refuses a body for a GET', () => {
    assert.equal(plugin.config.safeParse({ url: 'http://a.example', method: 'GET', form: { a: 'b' } }).success, false)
  })
})
