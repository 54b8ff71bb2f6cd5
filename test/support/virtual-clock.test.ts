import assert from 'node:assert/strict'
import { every } from '../../model/clock.ts'
import { VirtualClock } from './virtual-clock.ts'

describe('virtual clock', () => {
  it('wakes sleepers in order, each at its own instant', async () => {
    const clock = new VirtualClock(1000)
    const woken: [string, number][] = []
    const sleeper = async (name: string, ms: number) => {
      await clock.sleep(ms)
      woken.push([name, clock.now()])
    }
    const all = Promise.all([sleeper('late', 300), sleeper('early', 100), sleeper('never', 900)])
    await clock.advance(500)
    assert.deepEqual(woken, [
      ['early', 1100],
      ['late', 1300],
    ])
    assert.equal(clock.now(), 1500)
    assert.equal(clock.monotonic(), 500)
    assert.equal(clock.sleepers, 1)
    await clock.advance(500)
    await all
  })

  it('runs a task that repeats as often as the time allows', async () => {
    const clock = new VirtualClock()
    const stop = new AbortController()
    let runs = 0
    const loop = every(clock, 1000, stop.signal, async () => {
      runs++
    })
    await clock.advance(3500)
    assert.equal(runs, 4)
    stop.abort()
    await loop
    assert.equal(clock.sleepers, 0)
  })

  it('rejects a sleep whose signal is aborted, also when it already was', async () => {
    const clock = new VirtualClock()
    const stop = new AbortController()
    const sleeping = clock.sleep(1000, stop.signal)
    stop.abort(new Error('enough'))
    await assert.rejects(sleeping, /enough/)
    await assert.rejects(clock.sleep(1000, stop.signal), /enough/)
  })
})
