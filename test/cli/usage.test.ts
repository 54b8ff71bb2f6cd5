import assert from 'node:assert/strict'
import { join } from 'node:path'
import { command as importCommand } from '../../cli/import.ts'
import { command as usageCommand } from '../../cli/usage.ts'
import type { UsageDifference } from '../../model/usage.ts'
import { openDatabase } from '../../store/journal/database.ts'
import { paritySnapshots } from '../../store/journal/parity-snapshots.ts'
import { runCommand } from '../support/command.ts'
import { assertSameUsage } from '../support/compare-usage.ts'
import { mainRun, novaUsage, type TenantUsage } from '../support/recordings.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

describe('specola usage', function () {
  this.timeout(30_000)
  const directory = temporaryDirectory()
  const nova = novaUsage(mainRun)
  const period = ['--from', new Date(nova.from).toISOString(), '--to', new Date(nova.to).toISOString()]
  const data = () => join(directory(), 'run')
  const usage = async (...args: string[]) => (await runCommand(usageCommand, '--data', data(), ...args)).out

  before(async () => {
    await runCommand(importCommand, mainRun.notifications, '--data', data(), '--inventory', mainRun.inventory)
    const db = openDatabase(data())
    // the end of the run stands for the end of the day
    await paritySnapshots(db, { now: () => nova.to }).take({ day: '2026-11-22', from: nova.from, to: nova.to }, 'UTC')
    db.close()
  })

  it("says why Nova's figure is another one, in words", async () => {
    assert.match(
      await usage(...period, '--view', 'difference'),
      /^web-rebuilt-07 .*\n +Rebuilt on 22 Nov 2026: Nova forgot 1\s?m 57\s?s as m1\.tiny$/m,
    )
    assert.match(
      await usage(...period, '--view', 'difference', '--language', 'it'),
      /Ricostruita \(22 nov 2026\): Nova ha dimenticato 1\s?m 57\s?s come m1\.tiny/,
    )
  })

  it('says the same in JSON and CSV', async () => {
    const { rows } = JSON.parse(await usage(...period, '--view', 'difference', '--json')) as { rows: UsageDifference[] }
    const causes = rows.flatMap((row) => row.causes)
    assert.ok(rows.some(({ causes }) => causes.some(({ event }) => event === 'instance.resize_finish')))
    const lines = (await usage(...period, '--view', 'difference', '--csv')).trimEnd().split('\r\n')
    assert.equal(lines.length, 1 + causes.length)
    const hours = lines.slice(1).reduce((sum, line) => sum + Number(line.split(',')[9]), 0)
    assert.ok(Math.abs(hours - causes.reduce((sum, cause) => sum + cause.hours, 0)) < 1e-9)
  })

  it("prints what was kept of Nova's figures in Nova's own shape", async () => {
    const kept = JSON.parse(await usage('--view', 'parity', '--as-of', '2026-11-22', '--json')) as {
      tenant_usages: TenantUsage[]
    }
    assertSameUsage(kept.tenant_usages, nova.usages)
    assert.match(await usage('--view', 'parity', '--as-of', '2026-11-22', '--by', 'flavor'), /^m1\.tiny +\d+ /m)
  })

  const refuses = (title: string, args: readonly string[], message: RegExp) =>
    it(`refuses ${title}`, () => assert.rejects(runCommand(usageCommand, '--data', data(), ...args), message))
  refuses(
    'a day of which nothing was kept',
    ['--view', 'parity', '--as-of', '2026-11-21'],
    /nothing was kept at the end of 2026-11-21/,
  )
  refuses(
    'a later day, and names the one there is',
    ['--view', 'parity', '--as-of', '2026-11-30'],
    /newest before it is 2026-11-22/,
  )
  refuses('a day that is none', ['--view', 'parity', '--as-of', 'yesterday'], /"yesterday" is no day/)
  refuses(
    'a kept day and a period at once',
    [...period, '--view', 'parity', '--as-of', '2026-11-22'],
    /--as-of goes with --view parity/,
  )
  refuses('kept figures by what Nova does not say', ['--view', 'parity', '--as-of', '2026-11-22', '--by', 'host'], /--by host/)
  refuses('an unknown language', [...period, '--view', 'difference', '--language', 'de'], /none of en, it/)
})
