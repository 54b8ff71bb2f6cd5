import assert from 'node:assert/strict'
import { command as completeness } from '../../cli/completeness.ts'
import { command as importCommand } from '../../cli/import.ts'
import { command as timeline } from '../../cli/timeline.ts'
import { command as usage } from '../../cli/usage.ts'
import { runCommand } from '../support/command.ts'
import { mainRun } from '../support/recordings.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const hour = ['--from', '2026-11-22T16:00:00Z', '--to', '2026-11-22T17:00:00Z']
const twoHours = ['--from', '2026-11-22T15:00:00Z', '--to', '2026-11-22T17:00:00Z']

describe('what the command line says of completeness and of who did what', function () {
  this.timeout(30_000)
  const directory = temporaryDirectory()
  const data = () => ['--data', `${directory()}/data`]

  it('a recording is complete for its own hour, and for no other', async () => {
    await runCommand(importCommand, mainRun.notifications, '--inventory', mainRun.inventory, ...data())
    const own = await runCommand(completeness, ...data(), ...hour)
    assert.deepEqual([own.code, own.out], [0, 'nothing is missing\n'])
    const more = await runCommand(completeness, ...data(), ...twoHours, '--json')
    const told = JSON.parse(more.out)
    assert.deepEqual([more.code, told.complete, told.gaps.map(({ kind }: { kind: string }) => kind)], [1, false, ['before']])
    assert.ok(
      told.heard.some(({ host, messages }: { host: string; messages: number }) => host === 'compute-2' && messages === 2037),
    )
  })

  it('figures over a gap say so, in every form', async () => {
    const complete = await runCommand(usage, ...data(), ...hour, '--json')
    assert.equal(JSON.parse(complete.out).complete, true)
    assert.equal(complete.err, '')
    const json = await runCommand(usage, ...data(), ...twoHours, '--json')
    assert.deepEqual([JSON.parse(json.out).complete, JSON.parse(json.out).gaps[0].kind], [false, 'before'])
    assert.match(json.err, /^1 gap in this period: not listening yet/)
    const csv = await runCommand(usage, ...data(), ...twoHours, '--csv')
    assert.match(csv.out.split('\n')[0] ?? '', /,complete\r?$/)
    assert.match(csv.out.split('\n')[1] ?? '', /,false\r?$/)
    const parity = await runCommand(usage, ...data(), ...twoHours, '--view', 'parity', '--json')
    assert.deepEqual(Object.keys(JSON.parse(parity.out)), ['tenant_usages'])
  })

  it('tells who did what, by name, with the reason of what failed', async () => {
    const { out } = await runCommand(timeline, ...data(), '--result', 'failed', '--verb', 'instance.')
    assert.match(out, /failed {3}marco\.riva {2}instance\.resize {2}instance sviluppo-vm-24 .*No valid host was found/)
    const json = await runCommand(timeline, ...data(), '--resource', 'sviluppo-vm-24', '--json', '--limit', '0')
    const actions = json.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.deepEqual(
      actions.map(({ verb, result }) => [verb, result]),
      [
        ['instance.resize', 'failed'],
        ['instance.create', 'ok'],
      ],
    )
    assert.equal(actions[0].actor.name, 'marco.riva')
    await assert.rejects(runCommand(timeline, ...data(), '--result', 'perhaps'), /--result: "perhaps" is none of/)
  })
})
