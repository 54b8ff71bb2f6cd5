import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findPlugins, shippedPlugins } from '../../cli/plugins.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

describe('plugins', () => {
  const root = temporaryDirectory()
  const withPlugin = (folder: string, text: string) => {
    const directory = mkdtempSync(join(root(), 'plugins-'))
    mkdirSync(join(directory, folder))
    writeFileSync(join(directory, folder, 'plugin.ts'), text)
    return directory
  }

  it('are found by folder', async () => {
    const found = (await findPlugins()).map(({ kind, name }) => `${kind} ${name}`)
    const wanted = [
      'check budget',
      'check connection',
      'check cpu',
      'check no-data',
      'check passive',
      'check state',
      'notifier email',
    ]
    assert.deepEqual(
      wanted.filter((one) => !found.includes(one)),
      [],
    )
    assert.deepEqual(found, found.toSorted())
  })

  const refuses = (title: string, text: string, message: RegExp) =>
    it(`${title} are refused by name`, () =>
      assert.rejects(findPlugins([shippedPlugins, withPlugin('check-mine', text)]), (error: Error) => {
        assert.match(error.message, /check-mine\/plugin\.ts: /)
        assert.match(error.message, message)
        return true
      }))
  refuses('that export nothing', 'export const other = 1', /exports no "plugin"/)
  refuses('that cannot be loaded', 'export const = ', /cannot be loaded/)
  refuses(
    'without a schema',
    `export const plugin = { kind: 'check', name: 'm', description: 'd', targets: ['instance'], config: {}, run() {} }`,
    /config: must be a zod schema/,
  )
  refuses('of no known kind', `export const plugin = { kind: 'chek', name: 'm' }`, /not a plugin: kind/)
  it('of a name that is taken are refused by name', async () => {
    const directory = withPlugin(
      'check-mine',
      `import { plugin as cpu } from '${join(shippedPlugins, 'check-cpu', 'plugin.ts')}'\nexport const plugin = { ...cpu }`,
    )
    await assert.rejects(
      findPlugins([shippedPlugins, directory]),
      /check-mine\/plugin\.ts: there is a check "cpu" already, in .*check-cpu/,
    )
  })
})
