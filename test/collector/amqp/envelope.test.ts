import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import { largestBody, openBody, openText } from '../../../collector/amqp/envelope.ts'

const inner = '{"event_type":"x.y","payload":{}}'
const enveloped = (version: unknown, message: unknown) => JSON.stringify({ 'oslo.version': version, 'oslo.message': message })

describe("oslo.messaging's envelope", () => {
  const opens = (what: string, body: Uint8Array | string, compression?: string) =>
    it(`opens ${what}`, () => {
      const opened = typeof body === 'string' ? openText(body) : openBody(body, compression)
      assert.ok(opened.ok)
      assert.equal(opened.message.event_type, 'x.y')
      assert.equal(opened.text, inner)
    })
  opens('version 2.0', enveloped('2.0', inner))
  opens('a later 2.x', enveloped('2.7', inner))
  opens('a bare message of the first driver', inner)
  opens('bytes', Buffer.from(enveloped('2.0', inner)))
  opens('what kombu compressed', gzipSync(enveloped('2.0', inner)), 'application/x-gzip')
})

describe('a body that cannot be understood is refused with its reason', () => {
  const refuses = (body: Uint8Array | string, reason: RegExp, compression?: string) =>
    it(`says ${reason.source}`, () => {
      const opened = typeof body === 'string' ? openText(body) : openBody(body, compression)
      assert.ok(!opened.ok)
      assert.match(opened.reason, reason)
    })
  refuses('{"a":', /^not JSON/)
  refuses('"text"', /^not a JSON object$/)
  refuses('[1]', /^not a JSON object$/)
  refuses('null', /^not a JSON object$/)
  refuses(enveloped('3.0', inner), /oslo\.version "3\.0"/)
  refuses(enveloped(2, inner), /oslo\.version 2/)
  refuses(enveloped('2.0', { event_type: 'x' }), /oslo\.message is not a string/)
  refuses(enveloped('2.0', '{'), /^oslo\.message: not JSON/)
  refuses(Buffer.from([0xff, 0xfe]), /^not UTF-8$/)
  refuses(Buffer.alloc(largestBody + 1), /^body of \d+ bytes/)
  refuses(Buffer.from('BZh9'), /bzip2/, 'application/x-bzip2')
  refuses(Buffer.from('not gzip'), /^gzip: /, 'application/x-gzip')
  refuses(gzipSync(Buffer.alloc(64 * 1024 * 1024)), /^gzip: /, 'gzip') // a bomb stays small
})
