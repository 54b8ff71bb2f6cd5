import assert from 'node:assert/strict'
import fc from 'fast-check'
import { checkId, firstCheck, nextRegular, nextRetry, slotOffset, slots } from '../../alerter/schedule.ts'

describe('the schedule of checks', () => {
  const interval = fc.integer({ min: 1000, max: 86_400_000 })
  const instant = fc.integer({ min: 0, max: 4e12 })
  const target = fc.string({ minLength: 1 })

  it('runs a check once in each interval, always at the same place', () => {
    fc.assert(
      fc.property(target, interval, instant, (id, every, now) => {
        const offset = slotOffset(id, every)
        const next = nextRegular(offset, every, now)
        assert.ok(next > now && next <= now + every)
        assert.equal(nextRegular(offset, every, next), next + every)
      }),
    )
  })

  it('spreads targets over few slots, so that a slot can be one store query', () => {
    const counts = new Map<number, number>()
    for (let i = 0; i < 10_000; i++) {
      const offset = slotOffset(`instance-${i}`, 60_000)
      counts.set(offset, (counts.get(offset) ?? 0) + 1)
    }
    assert.equal(counts.size, slots)
    for (const count of counts.values()) assert.ok(count > 1400 && count < 1950, `${count}`)
  })

  it('has every first result within ten seconds, or an interval if that is shorter', () => {
    fc.assert(
      fc.property(target, interval, instant, (id, every, now) => {
        const first = firstCheck(slotOffset(id, every), every, now)
        assert.ok(first >= now && first <= now + Math.min(every, 10_000))
      }),
    )
  })

  it('looks again after the retry interval, on a common beat', () => {
    assert.equal(nextRetry(30_000, 1_000_001), 1_035_000)
    assert.equal(nextRetry(1000, 1_000_001), 1_002_000)
  })

  it('gives a check the same id for ever, safe in an address', () => {
    assert.equal(checkId('cpu', 'instance', '../a b?'), checkId('cpu', 'instance', '../a b?'))
    assert.match(checkId('cpu', 'instance', '../a b?'), /^[0-9a-f]{20}$/)
    assert.notEqual(checkId('cpu', 'instance', 'a'), checkId('cpu', 'hypervisor', 'a'))
  })
})
