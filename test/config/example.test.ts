import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadRules } from '../../alerter/rules.ts'
import { configurationFrom } from '../../cli/configuration.ts'
import { findPlugins } from '../../cli/plugins.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const root = join(import.meta.dirname, '..', '..')

describe('configurations that are shown to people', () => {
  const directory = temporaryDirectory()

  it('are valid: config/example.yaml', async () => {
    const config = configurationFrom(join(root, 'config', 'example.yaml'), await findPlugins())
    assert.equal(config.collector.amqp.length, 1)
    assert.equal(config.collector.libvirt[0]?.interval, 30_000)
  })

  it('are valid: docs/plugins.md', async () => {
    const [rules = '', section = ''] = [
      ...readFileSync(join(root, 'docs', 'plugins.md'), 'utf8').matchAll(/```yaml\n([\s\S]*?)```/g),
    ].map(([, text]) => text ?? '')
    const plugins = await findPlugins()
    const paths = { rules: join(directory(), 'rules.yaml'), section: join(directory(), 'devices.yaml') }
    writeFileSync(paths.rules, rules)
    writeFileSync(paths.section, section)
    assert.deepEqual(
      loadRules(paths.rules, plugins).map(({ name }) => name),
      ['ssh'],
    )
    const { devices } = configurationFrom(paths.section, plugins).alerter
    assert.deepEqual(
      devices[0]?.rules.map(({ name }) => name),
      ['host', 'front page', 'load', 'backup'],
    )
  })

  it('are valid: the ten lines of the README', async () => {
    const shown = /```yaml\n([\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8'))?.[1] ?? ''
    const secret = join(directory(), 'secret')
    writeFileSync(secret, 'hush\n')
    const file = join(directory(), 'specola.yaml')
    writeFileSync(file, shown.replaceAll(/file: \S+/g, `file: ${secret}`))
    const config = configurationFrom(file, await findPlugins())
    assert.equal(config.collector.amqp[0]?.urls.length, 2)
    assert.equal(config.collector.amqp[0]?.password?.reveal(), 'hush')
  })
})
