import assert from 'node:assert/strict'
import { slotOf, slots } from '../../model/slot.ts'
import { knownOf, planStrays, refOf, type StrayView, targetKey } from '../../model/strays.ts'

const set = (...keys: string[]) => new Set(keys)
const plan = (view: Partial<StrayView>) => {
  const all = { own: set(), others: new Map(), lent: new Map(), settled: () => true, ...view }
  const { lend, back, elsewhere } = planStrays(all)
  return { lend: Object.fromEntries(lend), back: [...back], elsewhere: [...elsewhere] }
}
const nothing = { lend: {}, back: [], elsewhere: [] }

describe('targets that not every engine knows', () => {
  it('have a fingerprint that is the same for the same targets in any order', () => {
    const targets = Array.from({ length: 500 }, (_, n) => ({ kind: 'instance', id: `i:${n}` }))
    const [one, other] = [knownOf(targets), knownOf(targets.toReversed())]
    assert.deepEqual(one.digests, other.digests)
    assert.equal(one.targets.length, slots)
    for (const [slot, keys] of one.targets.entries()) for (const key of keys) assert.equal(slotOf(refOf(key)), slot)
    const without = knownOf(targets.slice(1))
    assert.equal(one.digests.filter((digest, slot) => digest !== without.digests[slot]).length, 1)
    assert.deepEqual(refOf(targetKey({ kind: 'device', id: 'a:b' })), { kind: 'device', id: 'a:b' })
  })

  it('are none where all know the same, or only the owner does', () => {
    assert.deepEqual(plan({ own: set('x'), others: new Map([['b', set('x')]]) }), nothing)
    assert.deepEqual(plan({ own: set('x'), others: new Map([['b', set()]]) }), nothing)
  })

  it('are lent to one that knows them, once it is sure that this is no delay', () => {
    const view = {
      own: set(),
      others: new Map([
        ['b', set('x')],
        ['c', set()],
      ]),
    }
    assert.deepEqual(plan({ ...view, settled: () => false }), { ...nothing, elsewhere: ['x'] })
    assert.deepEqual(plan(view), { ...nothing, lend: { x: 'b' }, elsewhere: ['x'] })
  })

  it('stay with whom they are lent to: all that know them are asked in no turn', () => {
    for (const holder of ['b', 'c'])
      assert.deepEqual(
        plan({
          others: new Map([
            ['b', set('x')],
            ['c', set('x')],
          ]),
          lent: new Map([['x', holder]]),
        }),
        { ...nothing, elsewhere: ['x'] },
      )
  })

  it('go to another one at once when the engine that had them is gone, or knows them no more', () => {
    for (const b of [null, set('y')])
      assert.deepEqual(
        plan({
          own: set('y'),
          others: new Map([...(b ? [['b', b] as const] : []), ['c', set('x', 'y')]]),
          lent: new Map([['x', 'b']]),
          settled: () => false,
        }),
        { ...nothing, lend: { x: 'c' }, elsewhere: ['x'] },
      )
  })

  it('come back when the owner has known them for a while, and at once from one that does not', () => {
    const view = { own: set('x'), lent: new Map([['x', 'b']]) }
    assert.deepEqual(plan({ ...view, others: new Map([['b', set('x')]]), settled: () => false }), nothing)
    assert.deepEqual(plan({ ...view, others: new Map([['b', set('x')]]) }), { ...nothing, back: ['x'] })
    assert.deepEqual(plan({ ...view, others: new Map([['b', set()]]), settled: () => false }), { ...nothing, back: ['x'] })
    assert.deepEqual(plan({ ...view, settled: () => false }), { ...nothing, back: ['x'] })
  })

  it('wait for an engine that died and alone knew them, and are given up only after a long time', () => {
    const view = { lent: new Map([['x', 'b']]), others: new Map([['c', set()]]) }
    assert.deepEqual(plan({ ...view, settled: () => false }), nothing)
    const asked: string[] = []
    assert.deepEqual(plan({ ...view, settled: (what) => asked.push(what) > 0 }), { ...nothing, back: ['x'] })
    assert.deepEqual(asked, ['known nowhere'])
  })

  it('are spread over those who could have them', () => {
    const keys = Array.from({ length: 300 }, (_, n) => `instance:${n}`)
    const { lend } = plan({
      others: new Map([
        ['b', new Set(keys)],
        ['c', new Set(keys)],
      ]),
    })
    const ofB = Object.values(lend).filter((heir) => heir === 'b').length
    assert.ok(ofB > 100 && ofB < 200, String(ofB))
  })
})
