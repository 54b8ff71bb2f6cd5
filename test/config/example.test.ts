import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
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
