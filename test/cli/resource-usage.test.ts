import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { Command } from '../../cli/command.ts'
import { command as importCommand } from '../../cli/import.ts'
import { command as usageCommand } from '../../cli/usage.ts'
import { AppError } from '../../model/contract.ts'
import type { ResourceUsageRow } from '../../model/usage.ts'
import { mainRun } from '../support/recordings.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

async function run(command: Command, ...args: string[]) {
  const lines: string[] = []
  const code = await command.run(args, { out: (text) => void lines.push(text), err: () => undefined })
  return { code, text: lines.join('\n') }
}

describe('specola usage --resources', function () {
  this.timeout(30_000)
  const directory = temporaryDirectory()
  const period = ['--from', '2026-11-22T15:00', '--to', '2026-11-22T16:16']
  const usage = (...args: string[]) => run(usageCommand, '--data', join(directory(), 'd'), ...period, '--resources', ...args)
  const rows = async (...args: string[]) =>
    (JSON.parse((await usage(...args, '--json')).text) as { rows: ResourceUsageRow[] }).rows

  before(async () => {
    const counts = await run(
      importCommand,
      mainRun.notifications,
      '--data',
      join(directory(), 'd'),
      '--inventory',
      mainRun.before,
    )
    assert.deepEqual(JSON.parse(counts.text), { messages: 6688, events: 6688, duplicates: 0, ignored: 0, parked: 0 })
  })

  it('says what was held, with names that outlive what they name', async () => {
    const volumes = await rows('volume', '--by', 'resource')
    assert.equal(volumes.length, 6)
    const grown = volumes.find(({ name }) => name === 'referti-vol-07')
    // created at 16:06:05 with 1 GiB, 6 GiB from 16:06:09 on, and still there at 16:16
    assert.ok(grown && Math.abs(grown.gibHours - (4 * 1 + 591 * 6) / 3600) < 1e-9, String(grown?.gibHours))
    assert.deepEqual(
      (await rows('--kind', 'volume', '--by', 'type')).map(({ name }) => name),
      ['files'],
    )
  })

  it('says for how long a floating IP served nothing', async () => {
    const used = (await rows('floatingip', '--by', 'resource')).find(({ name }) => name === '192.0.2.198')
    assert.ok(used && used.gibHours === 0)
    // its server was deleted in silence at 16:06:05
    assert.ok(Math.abs((used.hours - used.idleHours) * 3600 - 74) <= 1, String((used.hours - used.idleHours) * 3600))
  })

  it('is of one user when asked for', async () => {
    const all = await rows('volume', '--by', 'user')
    assert.ok(all.length > 0)
    for (const one of all) assert.deepEqual(await rows('volume', '--by', 'user', '--user', one.key), [one])
    assert.deepEqual(await rows('--user', 'nobody'), [])
    await assert.rejects(
      run(usageCommand, '--data', join(directory(), 'd'), ...period, '--user', 'x'),
      (error) => error instanceof AppError && error.code === 'usage' && /--resources/.test(error.message),
    )
  })

  it('adds up to the same by anything', async () => {
    const sums = new Set<string>()
    for (const by of ['project', 'user', 'resource', 'type'])
      sums.add((await rows('--by', by)).reduce((sum, { gibHours, hours }) => sum + gibHours + 7 * hours, 0).toFixed(9))
    assert.equal(sums.size, 1)
  })

  it('as CSV and as a table too', async () => {
    assert.match(
      (await usage('snapshot', '--csv')).text,
      /^project,name,kind,count,hours,gib_hours,idle_hours\r\n\w+,referti-online,snapshot,1,/,
    )
    assert.match((await usage()).text, /^project +kind +count +hours +gib hours +idle hours\nreferti-online +volume +2 /)
  })

  it('refuses what it does not know', async () => {
    await assert.rejects(usage('tape'), (error) => error instanceof AppError && /"tape" is none of volume/.test(error.message))
    await assert.rejects(usage('--by', 'flavor'), AppError)
    await assert.rejects(run(usageCommand, '--data', directory(), ...period, 'volume'), /what is "volume"/)
  })
})
