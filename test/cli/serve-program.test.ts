import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ServeProgram, serveProgram } from '../../cli/serve-program.ts'
import { eventually, spawnKept, stopProcess } from '../support/child-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

describe('specola serve', () => {
  const directory = temporaryDirectory()
  const file = (name: string, text: string) => {
    const path = join(directory(), name)
    writeFileSync(path, text)
    return path
  }
  const is = (program: ServeProgram, words: string) =>
    it(`is the program "${program}" with ${words}`, () => {
      const files = { AGENT: file('agent.yaml', 'agent: {}\n'), FILE: file('specola.yaml', 'data: x\n') }
      assert.equal(serveProgram(words.replace(/AGENT|FILE/, (word) => files[word as keyof typeof files]).split(' ')), program)
    })
  is('whole', '--demo')
  is('whole', '--config FILE')
  is('whole', '--config FILE --only collector,ui')
  is('whole', '--config FILE --only collector --demo')
  is('whole', '--only collector')
  is('collector', '--config FILE --only collector')
  is('collector', '--only=collector --config=FILE')
  is('agent', '--config AGENT')
  is('agent', '--config AGENT --only collector')

  it('reads a bus as a whole, with the ledger of what it reads, also when it only collects', async function () {
    this.timeout(30_000)
    const config = file(
      'bus.yaml',
      JSON.stringify({
        data: join(directory(), 'data'),
        collector: { amqp: [{ name: 'nova', urls: ['amqp://127.0.0.1:1'] }] },
      }),
    )
    const main = join(import.meta.dirname, '../../main.ts')
    const { child, output } = spawnKept(process.execPath, [main, 'serve', '--only', 'collector', '--config', config], {
      PATH: process.env.PATH,
    })
    try {
      await eventually('it runs', () => /"roles":\["collector"\].*"demo":false/.test(output()))
      await eventually('it looks for its broker', () => /127\.0\.0\.1:1\b/.test(output()))
    } finally {
      await stopProcess(child)
    }
    assert.equal(child.exitCode, 0, output())
  })
})
