import assert from 'node:assert/strict'
import fc from 'fast-check'
import { openText } from '../../../collector/amqp/envelope.ts'
import { readRecorded } from '../../../collector/amqp/read.ts'
import { mayHoldSecrets, scrub } from '../../../collector/amqp/scrub.ts'
import { isFields } from '../../../model/fields.ts'
import { messagesOf, recordings } from '../../support/recordings.ts'

describe('secrets are dropped before anything is stored', () => {
  const drops = (what: string, message: object, secret: string) =>
    it(`drops ${what}`, () => {
      const clean = JSON.stringify(scrub(message))
      assert.ok(!clean.includes(secret), clean)
      assert.ok(clean.includes('kept'), clean)
    })
  const kept = { display_name: 'kept' }
  drops('the context token', { ...kept, _context_auth_token: 's3cr3t-value' }, 's3cr3t-value')
  drops('the service catalog', { ...kept, _context_service_catalog: [{ endpoints: ['s3cr3t-value'] }] }, 's3cr3t-value')
  drops('the listener form of the context', { ...kept, ctxt: { auth_token: 's3cr3t-value', user: 'kept' } }, 's3cr3t-value')
  drops('an administrator password', { ...kept, payload: { args: { admin_pass: 's3cr3t-value' } } }, 's3cr3t-value')
  drops('volume credentials', { ...kept, payload: { connection_info: '{"auth_password": "s3cr3t-value"}' } }, 's3cr3t-value')
  drops('passwords in JSON text', { ...kept, payload: { note: '{"auth_password": "s3cr3t-value"}' } }, 's3cr3t-value')
  drops(
    'Fernet tokens in tracebacks',
    { ...kept, payload: { traceback: `GET x -H gAAAAABk${'s3cr3tvalue'.repeat(4)}` } },
    's3cr3tvalue',
  )
  drops('user data', { ...kept, payload: { args: { user_data: 's3cr3t-value' } } }, 's3cr3t-value')
  drops(
    'what is nested beyond reason',
    { ...kept, payload: JSON.parse(`${'{"a":'.repeat(60)}"s3cr3t-value"${'}'.repeat(60)}`) },
    's3cr3t-value',
  )

  it('gives back the very same object when there is nothing to drop', () => {
    const message = {
      event_type: 'x',
      payload: { list: [1, { key_name: 'mykey' }] },
      _context_auth_token: null,
      _context_service_catalog: [],
    }
    assert.equal(scrub(message), message)
  })

  it('keeps neither token nor catalog in what is parked', () => {
    const read = readRecorded({
      exchange: 'nova',
      routing_key: 'notifications.info',
      properties: { headers: { token: 's3cr3t-value' } },
      body: '{"_context_auth_token": "s3cr3t-value", ',
    })
    assert.ok(!read.ok)
    assert.ok(!JSON.stringify(read.parked).includes('s3cr3t-value'), JSON.stringify(read.parked))
  })

  describe('one look at the text', () => {
    const word = fc.constantFrom(
      ...[
        '_context_auth_token',
        'service_catalog',
        'adminPass',
        'ADMIN_PASSWORD',
        'passwd',
        'key_passphrase',
        'secret',
        'private_key',
      ],
      ...[
        'connection_info',
        'connector',
        'user_data',
        'X-Auth-Token',
        'x-subject-token',
        'Authorization',
        'chap_user',
        'key_name',
      ],
      ...['gAAAABk0123456789012345678901234', 'password: x', 'auth_token=abc', 'user_auth_plugin', 'token', 'harmless'],
    )
    const value = fc.letrec((tie) => ({
      any: fc.oneof({ maxDepth: 4 }, word, fc.string(), fc.constantFrom(null, '', true, 0, 7), tie('list'), tie('fields')),
      list: fc.array(tie('any'), { maxLength: 3 }),
      fields: fc.dictionary(fc.oneof(word, fc.string()), tie('any'), { maxKeys: 4 }),
    }))

    it('overlooks nothing that the walk through the fields would drop', () => {
      fc.assert(
        fc.property(value.fields, fc.constantFrom(undefined, 1), (message, indent) => {
          if (!mayHoldSecrets(JSON.stringify(message, null, indent))) assert.equal(scrub(message), message)
        }),
        { numRuns: 3000 },
      )
    })

    it('spares nearly all recorded messages the walk, and none that has a secret', () => {
      let walked = 0
      const messages = recordings.flatMap(messagesOf)
      for (const { body } of messages) {
        const opened = openText(body)
        assert.ok(opened.ok && isFields(opened.message))
        if (mayHoldSecrets(opened.text)) walked++
        else assert.equal(scrub(opened.message), opened.message)
      }
      assert.ok(walked < messages.length / 20, `${walked} of ${messages.length}`)
    })
  })
})
