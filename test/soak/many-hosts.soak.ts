/**
 * One collector process for 200 hypervisors of 50 guests, for as many polls as ten minutes have at 30 s. Time runs faster by
 * SPEED (default 10), so it does in a minute what it would have ten minutes for: lateness is the worst case.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { stopProcess } from '../support/child-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const hosts = Number(process.env.HOSTS ?? 200)
const guests = Number(process.env.GUESTS ?? 50)
const speed = Number(process.env.SPEED ?? 10)
const intervalMs = 30_000 / speed
const polls = 20

describe(`a collector of ${hosts} hypervisors with ${guests} guests each`, function () {
  this.timeout(900_000)
  const directory = temporaryDirectory()
  let daemons: ChildProcess
  const script = (name: string) => join(import.meta.dirname, 'many-hosts', name)
  before(async () => {
    daemons = spawn(process.execPath, [script('daemons.ts'), directory(), String(hosts), String(guests)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await new Promise((resolve) => daemons.stdout?.once('data', resolve))
  })
  after(() => stopProcess(daemons))

  it('keeps within its budget of processor and memory, and is on time', async () => {
    // Without a limit V8 on a large machine lets garbage pile up for as long as it likes: what is measured is what the work needs.
    const args = [
      '--max-old-space-size=400',
      script('collectors.ts'),
      directory(),
      String(hosts),
      String(intervalMs),
      String(polls),
    ]
    const { stdout } = await promisify(execFile)(process.execPath, args)
    console.log(`      ${stdout.trim()}`)
    const { cpuMsPerPoll, samples, rssMiB, lateMs, unwell } = JSON.parse(stdout)
    const ofACore = (cpuMsPerPoll * hosts) / 30_000
    console.log(
      `      at 30 s: ${(ofACore * 100).toFixed(1)} % of a core for all, ${((ofACore / hosts) * 100).toFixed(3)} % a host`,
    )
    assert.ok(samples >= hosts * guests * polls * 4 * 0.95, `only ${samples} samples`)
    assert.equal(unwell, 0)
    assert.ok(cpuMsPerPoll <= 10, `${cpuMsPerPoll} ms of processor a poll`)
    assert.ok(rssMiB <= 600, `${rssMiB} MiB`)
    assert.ok(lateMs.most < intervalMs, `late by ${lateMs.most} ms`)
  })
})
