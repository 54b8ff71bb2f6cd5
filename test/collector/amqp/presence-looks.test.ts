import assert from 'node:assert/strict'
import { presence } from '../../../collector/amqp/presence.ts'
import { systemClock } from '../../../model/clock.ts'
import type { Absence } from '../../../model/contract.ts'

const source = { name: 'bus', exchanges: ['nova', 'glance'] }
const held = { queueWasThere: true, bindingsHeld: true }
const lostAll = { queueWasThere: false, bindingsHeld: false }

/** Looks at exchanges at made-up times; what is written down is kept, also for the next start. */
function looks(seen: Record<string, number> = {}) {
  const last = new Map(Object.entries(seen))
  const absences: Absence[] = []
  let now = 0
  const log = {
    last: async () => new Map(last),
    bound: async (_: string, exchanges: readonly string[], at: number) => {
      for (const exchange of exchanges) last.set(exchange, at)
    },
    absent: async (more: readonly Absence[]) => void absences.push(...more),
  }
  const present = presence(source, log, { ...systemClock, now: () => now })
  const at = (time: number) => {
    now = time
    return present
  }
  const of = (wanted: string) =>
    absences.filter(({ exchange }) => exchange === wanted).map(({ from, to, lost, cause }) => [from, to, lost, cause])
  return { at, of, last }
}

describe('our presence at an exchange', () => {
  it('that comes back long after the broker: nothing can be lost while it is not there', async () => {
    const { at, of, last } = looks()
    await at(0).connected(held)
    await at(0).looked([])
    await at(10_000).gone(10_000)
    await at(130_000).connected(lostAll)
    await at(130_000).looked(['glance'])
    for (const time of [130_200, 200_000, 600_000]) await at(time).looked(['glance'])
    assert.equal(last.get('glance'), 600_000)
    await at(600_200).looked([])
    assert.deepEqual(of('nova'), [[10_000, 130_000, true, 'queue']])
    // the message that made it anew
    assert.deepEqual(of('glance'), [
      [10_000, 130_000, true, 'queue'],
      [600_000, 600_200, true, 'queue'],
    ])
  })

  it('that may have come and gone while we could not look', async () => {
    const { at, of } = looks({ nova: 1000, glance: 1000 })
    await at(5000).connected(held)
    await at(5000).looked(['glance'])
    await at(6000).gone(6000)
    await at(9000).connected(held)
    await at(9000).looked(['glance'])
    assert.deepEqual(of('glance'), [
      [1000, 5000, true, 'process'],
      [5000, 9000, true, 'broker'],
    ])
    assert.deepEqual(of('nova'), [
      [1000, 5000, false, 'process'],
      [6000, 9000, false, 'broker'],
    ])
  })

  it('that never was is no absence', async () => {
    const { at, of } = looks()
    await at(0).connected(held)
    await at(0).looked(['glance'])
    await at(60_000).looked([])
    assert.deepEqual(of('glance'), [])
  })
})
