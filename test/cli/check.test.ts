import assert from 'node:assert/strict'
import { command } from '../../cli/check.ts'
import { systemClock } from '../../model/clock.ts'
import { openSampleStore, storeSection } from '../../store/open.ts'
import { runCommand } from '../support/command.ts'
import { silentLogger } from '../support/silent-logger.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

describe('specola check', () => {
  const directory = temporaryDirectory()
  before(async () => {
    const store = await openSampleStore(storeSection.parse({ kind: 'duckdb' }), {
      directory: directory(),
      clock: systemClock,
      logger: silentLogger(),
    })
    await store.write([
      {
        measurement: 'instance',
        tags: { instance: 'vm|1', host: 'h' },
        fields: { cpu_percent: 91.26, state: 5 },
        time: systemClock.now() - 5000,
      },
    ])
    await store.close()
  })

  const says = (args: string[], code: number, line: RegExp) =>
    it(`${args.join(' ')} answers ${code}`, async () => {
      const { code: exit, out } = await runCommand(command, ...args.map((arg) => arg.replace('DIR', directory())))
      assert.match(out, line)
      assert.equal(exit, code)
    }).timeout(30_000)
  says(
    ['cpu', '--instance', 'vm|1', '--data', 'DIR'],
    1,
    /^WARNING - CPU 91\.3 % of its vCPUs over 300 s \| cpu=91\.3%;80;95;0\n$/,
  )
  says(['cpu', '--instance', 'vm|1', '--data', 'DIR', '--crit', '90'], 2, /^CRITICAL - /)
  says(['cpu', '--instance', 'vm|1', '--data', 'DIR', '--warn', '~:99'], 0, /^OK - /)
  says(['state', '--instance', 'vm|1', '--data', 'DIR'], 2, /^CRITICAL - shut off on its hypervisor \| state=5\n$/)
  says(['no-data', '--instance', 'other', '--data', 'DIR', '--missed', '3'], 0, /^OK - no readings expected/)
  // Whatever is wrong, a monitoring plugin answers UNKNOWN: 2 would page somebody.
  says(['cpu', '--instance', 'x', '--data', '/nonexistent'], 3, /^UNKNOWN - \/nonexistent: no samples here\n$/)
  says(['cpu', '--instance', 'x', '--data', 'DIR', '--warn', 'a/b'], 3, /^UNKNOWN - --warn: not a threshold/)
  says(
    ['tea', '--instance', 'x', '--data', 'DIR'],
    3,
    /^UNKNOWN - no check "tea"; there are: budget, [a-z, -]*cpu, [a-z, -]*state\n$/,
  )
  says(['cpu', '--hypervisor', 'x', '--data', 'DIR'], 3, /^UNKNOWN - check cpu looks at instance, not at hypervisor\n$/)
  says(['cpu'], 3, /^UNKNOWN - one target is needed/)
  says([], 3, /^UNKNOWN - which check/)
})
