import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { command } from '../../cli/simulate.ts'
import type { AppError } from '../../model/contract.ts'
import { runCommand } from '../support/command.ts'
import { fixture } from '../support/fixture.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

describe('specola simulate', () => {
  const directory = temporaryDirectory()

  it('prints one line per trace, with what the engine did and what it left out', async () => {
    const [first = '', second = ''] = fixture('alerting/nagios-traces.jsonl.br').split('\n')
    const files = [first, second].map((text, i) => {
      writeFileSync(join(directory(), `${i}.json`), text)
      return join(directory(), `${i}.json`)
    })
    const { code, out } = await runCommand(command, '--nagios-compatible', ...files)
    assert.equal(code, 0)
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.deepEqual(
      lines.map(({ trace }) => trace),
      [first, second].map((text) => JSON.parse(text).id),
    )
    for (const { observed, unsupported } of lines) assert.ok(observed.length > 0 && Array.isArray(unsupported))
  })

  it('refuses what is not a trace', async () => {
    const file = join(directory(), 'not.json')
    writeFileSync(file, '{"format":"something/9"}')
    await assert.rejects(
      runCommand(command, file),
      (error: AppError) => error.code === 'invalid' && error.message.includes('format'),
    )
    await assert.rejects(runCommand(command), (error: AppError) => error.code === 'usage')
  })
})
