import assert from 'node:assert/strict'
import { gate } from '../../openstack/gate.ts'
import { settled, VirtualClock } from '../support/virtual-clock.ts'

describe('a gate before a service', () => {
  it('lets through so many at a time, and the next as soon as one is done', async () => {
    const clock = new VirtualClock()
    const its = gate(clock, 4, null)
    let running = 0
    let most = 0
    const work = async () => {
      most = Math.max(most, ++running)
      await clock.sleep(100)
      running--
    }
    const all = Promise.all(Array.from({ length: 10 }, () => its.through(work)))
    await settled()
    assert.equal(running, 4)
    await clock.advance(300)
    await all
    assert.equal(most, 4)
  })

  it('lets through so many a second', async () => {
    const clock = new VirtualClock()
    const its = gate(clock, 4, 2)
    const at: number[] = []
    const all = Promise.all([1, 2, 3, 4].map(() => its.through(async () => void at.push(clock.monotonic()))))
    await clock.advance(2000)
    await all
    assert.deepEqual(at, [0, 500, 1000, 1500])
  })

  it('goes on after work that failed', async () => {
    const its = gate(new VirtualClock(), 1, null)
    await assert.rejects(its.through(() => Promise.reject(new Error('no'))))
    assert.equal(await its.through(async () => 'yes'), 'yes')
  })

  it('does not begin what was given up meanwhile', async () => {
    const its = gate(new VirtualClock(), 1, null)
    await assert.rejects(
      its.through(async () => assert.fail('begun'), AbortSignal.abort(new Error('enough'))),
      /enough/,
    )
  })
})
