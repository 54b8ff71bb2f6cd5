import assert from 'node:assert/strict'
import { Secret } from '../../config/fields.ts'
import type { PassiveResult } from '../../model/contract.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { startUi, type TestUi } from '../support/ui-server.ts'

describe('POST /api/v1/results', () => {
  const directory = temporaryDirectory()
  const given: PassiveResult[] = []
  let ui: TestUi
  before(async () => {
    ui = await startUi(directory(), {
      results: {
        tokens: new Map([['backup', new Secret('s3cret-of-backup')]]),
        async submit(results) {
          given.push(...results)
          return results.map(({ rule }) =>
            rule === 'backup' ? { ok: true, check: 'c1' } : { ok: false, reason: 'no such rule' },
          )
        },
      },
    })
  })
  beforeEach(() => void given.splice(0))
  after(() => ui.close())

  const post = (body: unknown, token = 's3cret-of-backup') =>
    fetch(`${ui.url}/api/v1/results`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })

  it('takes one result, its output read as a plugin prints it', async () => {
    const response = await post({ target: 'db-1', rule: 'backup', exit: 1, output: 'slow | took=42s;30;60\nmore' })
    assert.deepEqual([response.status, await response.json()], [200, { taken: 1, refused: [] }])
    assert.deepEqual(given, [
      {
        ...{ target: 'db-1', rule: 'backup', state: 'warning', output: 'slow', longOutput: 'more' },
        perfdata: [{ label: 'took', value: 42, unit: 's', warn: '30', crit: '60' }],
      },
    ])
  })

  it('takes many, and says which were not taken and why', async () => {
    const results = ['backup', 'other'].map((rule) => ({ target: 'db-1', rule, state: 'ok' }))
    const response = await post({ results })
    assert.deepEqual(await response.json(), { taken: 1, refused: [{ index: 1, reason: 'no such rule' }] })
    assert.equal((await post({ target: 'db-1', rule: 'other', state: 'ok' })).status, 422)
  })

  it('an exit code outside 0 to 3 is unknown', async () => {
    await post({ target: 'db-1', rule: 'backup', exit: 137 })
    assert.equal(given[0]?.state, 'unknown')
  })

  for (const [title, token] of [
    ['a wrong token', 'guess'],
    ['a token and more', 's3cret-of-backup x'],
    ['the name instead of the token', 'backup'],
  ] as const)
    it(`refuses ${title}`, async () => {
      assert.equal((await post({ target: 'db-1', rule: 'backup', state: 'ok' }, token)).status, 401)
      assert.deepEqual(given, [])
    })

  for (const [title, body] of [
    ['what is no JSON', '{"target":'],
    ['a state and an exit code', { target: 'a', rule: 'backup', state: 'ok', exit: 0 }],
    ['neither', { target: 'a', rule: 'backup' }],
    ['a state that there is not', { target: 'a', rule: 'backup', state: 'fine' }],
    ['keys that are not known', { target: 'a', rule: 'backup', state: 'ok', host: 'a' }],
    ['no result at all', { results: [] }],
  ] as const)
    it(`refuses ${title}`, async () => {
      assert.equal((await post(body)).status, 400)
      assert.deepEqual(given, [])
    })

  it('refuses what is too large', async () => {
    assert.equal((await post({ target: 'a', rule: 'backup', state: 'ok', output: 'x'.repeat(2 ** 21) })).status, 413)
  })
})
