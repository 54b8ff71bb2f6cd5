import assert from 'node:assert/strict'
import { promptChecks } from '../../alerter/prompt-checks.ts'
import { liveHub } from '../../collector/live.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

describe('an instance that something happened to', () => {
  it('is checked after each write of samples that follows, and then when its turn comes', async () => {
    const clock = new VirtualClock(1_000_000)
    const live = liveHub()
    const checked: string[][] = []
    const stop = promptChecks(live, clock, (targets) => checked.push(targets.map(({ id }) => id)))
    const written = () => live.publish({ kind: 'samples', measurement: 'instance', time: clock.now() })
    written()
    live.publish({ kind: 'events', count: 1, projects: [], instances: ['a'] })
    live.publish({ kind: 'samples', measurement: 'hypervisor', time: clock.now() })
    written()
    await clock.advance(1000)
    written()
    await clock.advance(5000)
    written()
    written()
    assert.deepEqual(checked, [['a'], ['a'], ['a']])
    stop()
    live.publish({ kind: 'events', count: 1, projects: [], instances: ['a'] })
    written()
    assert.equal(checked.length, 3)
  })
})
