import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { rulesSchema } from '../../alerter/rules.ts'
import { findPlugins, shippedPlugins } from '../../cli/plugins.ts'
import { load } from '../../config/load.ts'
import type { Plugin } from '../../model/contract.ts'

/** Secrets that samples name; some have a form. */
const ofSamples = {
  ...{
    SPECOLA_SMTP_PASSWORD: 'only-for-the-sample',
    SPECOLA_WEBHOOK_SECRET: 'only-for-the-sample',
    SPECOLA_SLACK_TOKEN: 'xoxb-sample',
  },
  ...{ SPECOLA_SLACK_WEBHOOK: 'https://hooks.slack.example/T0/B0/x', SPECOLA_TEAMS_WEBHOOK: 'https://teams.example/workflows/x' },
  ...{
    SPECOLA_TELEGRAM_TOKEN: '123456:sample',
    SPECOLA_MATRIX_TOKEN: 'only-for-the-sample',
    SPECOLA_SMS_TOKEN: 'only-for-the-sample',
  },
  ...{ SPECOLA_PAGERDUTY_KEY: '0123456789abcdef0123456789abcdef', SPECOLA_OPSGENIE_KEY: 'only-for-the-sample' },
}

describe('every plugin', () => {
  let all: Plugin[]
  before(async () => {
    for (const [name, value] of Object.entries(ofSamples)) process.env[name] ??= value
    all = await findPlugins()
  })
  const folders = readdirSync(shippedPlugins).filter((folder) => existsSync(join(shippedPlugins, folder, 'plugin.ts')))
  for (const folder of folders) {
    const path = (file: string) => join(shippedPlugins, folder, file)

    it(`${folder} shows its sample in its README`, () => {
      const sample = readFileSync(path('sample.yaml'), 'utf8').trim()
      assert.ok(readFileSync(path('README.md'), 'utf8').includes(`\`\`\`yaml\n${sample}\n\`\`\``))
    })

    it(`${folder} has a sample that is valid`, () => {
      const sample = readFileSync(path('sample.yaml'), 'utf8')
      const [kind, ...words] = folder.split('-')
      const plugin = all.find((one) => one.name === words.join('-') && one.kind === (kind === 'check' ? 'check' : 'notifier'))
      assert.ok(plugin, `the folder is named after the plugin`)
      const indented = sample.replace(/^/gm, '    ').replace(/^ {4}/, '  - ')
      const loaded = plugin.kind === 'check' ? load(`rules:\n${indented}`, rulesSchema(all)) : load(sample, plugin.config)
      assert.deepEqual(loaded.ok ? [] : loaded.errors, [])
    })

    if (folder.startsWith('check-')) it(`${folder} has cases`, () => assert.ok(existsSync(path('cases'))))
  }
})
