import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { command } from '../../cli/parse.ts'
import { AppError } from '../../model/contract.ts'
import { runCommand } from '../support/command.ts'
import { fixture } from '../support/fixture.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

describe('specola parse', () => {
  const directory = temporaryDirectory()
  const file = (name: string, text: string) => {
    writeFileSync(join(directory(), name), text)
    return join(directory(), name)
  }
  const parse = async (...args: string[]) => {
    const { code, out } = await runCommand(command, ...args)
    return { code, answer: JSON.parse(out) }
  }

  it('output tells text, long text and perfdata, as written and in base units', async () => {
    const { code, answer } = await parse('output', file('plugin', "DISK OK|'/ x'=2ms;5;10;0\nmore\nlines|b=U junk\n"))
    assert.equal(code, 0)
    assert.deepEqual([answer.text, answer.longText, answer.rejected], ['DISK OK', 'more\nlines', ['junk']])
    const [disk, b] = answer.perfdata
    assert.deepEqual([disk.label, disk.value, disk.unit, disk.warn, disk.crit, disk.min], ['/ x', 2, 'ms', '5', '10', 0])
    assert.deepEqual([disk.base.value, disk.base.unit, disk.base.warn], [0.002, 'seconds', 0.005])
    assert.deepEqual([b.label, b.value], ['b', null])
  })

  it('range tells whether a value alerts', async () => {
    assert.equal((await parse('range', '10:20', '25')).answer.alert, true)
    assert.equal((await parse('range', '~:-3', '-5')).answer.alert, false)
    assert.deepEqual((await parse('range', '@1:2', '1', '3')).answer.values, [
      { value: 1, alert: true },
      { value: 3, alert: false },
    ])
  })

  it('range ends with 2 for a wrong range and says where', async () => {
    const { code, answer } = await parse('range', '10%', '5')
    assert.deepEqual([code, answer.position], [2, 2])
  })

  it('period answers the questions of every case', async () => {
    const cases = JSON.parse(fixture('alerting/timeperiods.json.gz')).cases.filter(
      (one: { timezone: string; exclude: string[] }) => one.timezone === 'UTC' && !one.exclude.includes('workhours'),
    )
    const { code, answer } = await parse('period', file('periods.json', JSON.stringify({ cases })), '--nagios-compatible')
    assert.equal(code, 0)
    for (const [i, one] of cases.entries())
      assert.deepEqual(
        answer.cases[i].questions,
        one.questions.map(({ at, in: inside, next }: { at: number; in: boolean; next: number }) => ({ at, in: inside, next })),
        one.name,
      )
  })

  it('period says which case it cannot answer, and answers the others', async () => {
    const cases = [
      { timezone: 'UTC', name: 'a', ranges: ['monday 09:00-17:00'], exclude: ['gone'], questions: [{ at: 1 }] },
      { timezone: 'UTC', name: 'b', ranges: ['monday 09:00-17:00'], questions: [{ at: 1 }] },
    ]
    const { code, answer } = await parse('period', file('half.json', JSON.stringify(cases)))
    assert.equal(code, 1)
    assert.deepEqual(answer.cases[0].errors, ['a: excludes "gone", which is not defined'])
    assert.equal(answer.cases[1].questions[0].in, false)
  })

  it('refuses what it does not know', async () => {
    await assert.rejects(runCommand(command, 'tea', 'leaves'), (error: AppError) => error.code === 'usage')
    await assert.rejects(runCommand(command, 'range', '10', 'x'), (error: AppError) => error.code === 'usage')
    await assert.rejects(runCommand(command, 'period', file('no.json', '{')), AppError)
    await assert.rejects(runCommand(command, 'output', join(directory(), 'missing')), AppError)
  })
})
