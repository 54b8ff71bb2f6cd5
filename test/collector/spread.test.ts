import assert from 'node:assert/strict'
import { placeOf, spread } from '../../collector/spread.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

describe('many hypervisors read from one place', () => {
  const names = Array.from({ length: 300 }, (_, n) => `libvirt hv-${String(n).padStart(3, '0')}`)
  const interval = 30_000

  it('have their places spread over the interval', () => {
    const perSecond = Array<number>(30).fill(0)
    for (const name of names) perSecond[Math.floor(placeOf(name, interval) / 1000)]!++
    assert.ok(Math.max(...perSecond) <= 24 && perSecond.filter((count) => count === 0).length <= 1, perSecond.join(' '))
    assert.equal(placeOf('libvirt hv-007', interval), placeOf('libvirt hv-007', interval))
  })

  it('begin there, once; few begin at once', async () => {
    const began = new Map<string, number[]>()
    const begin = async (count: number) => {
      began.clear()
      const clock = new VirtualClock(0)
      const collectorOf = (name: string) => ({
        name,
        async run() {
          began.set(name, [...(began.get(name) ?? []), clock.now()])
        },
      })
      const collectors = spread(names.slice(0, count), () => interval, collectorOf, clock)
      const running = collectors.map((collector) => collector.run(new AbortController().signal))
      await clock.advance(interval)
      await Promise.all(running)
      // restarted after a failure: at once
      await Promise.all(collectors.map((collector) => collector.run(new AbortController().signal)))
    }
    await begin(300)
    for (const name of names) assert.deepEqual(began.get(name), [placeOf(name, interval), interval])
    await begin(5)
    for (const name of names.slice(0, 5)) assert.equal(began.get(name)?.[0], 0)
  })
})
