import assert from 'node:assert/strict'
import { configurationFrom, demoConfiguration } from '../../cli/configuration.ts'
import { findPlugins } from '../../cli/plugins.ts'
import { settingsHash } from '../../cli/settings-hash.ts'

describe('the hash of settings', () => {
  it('takes every configuration, also with prices, and changes with each of its values', async () => {
    process.env.SPECOLA_SMTP_PASSWORD ??= 'only-for-the-example'
    const plugins = await findPlugins()
    const one = () => demoConfiguration(plugins)
    assert.equal(settingsHash(one()), settingsHash(one()))
    assert.notEqual(settingsHash(one()), settingsHash({ ...one(), data: 'elsewhere' }))
    assert.match(settingsHash(configurationFrom('config/example.yaml', plugins)), /^[0-9a-f]{64}$/)
    for (const [a, b] of [
      [new Map([['a', 1n]]), new Map([['a', 2n]])],
      [/a/, /b/],
      [new Set([1]), new Set([2])],
    ])
      assert.notEqual(settingsHash({ a }), settingsHash({ a: b }))
  })
})
