import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { CheckState, State } from '../../model/check.ts'
import { pending, step } from '../../model/state.ts'

const codes: Record<string, State> = { o: 'ok', w: 'warning', c: 'critical', u: 'unknown' }

/** Feeds results (o w c u) a minute apart; each change as `state TYPE attempt`. */
function feed(results: string, attempts: number, volatile = false): { changes: string[]; last: CheckState } {
  let last = pending
  const changes: string[] = []
  for (const [index, code] of [...results].entries()) {
    const moved = step(last, { state: codes[code] as State, output: '' }, { attempts, volatile }, (index + 1) * 60_000)
    last = moved.next
    if (moved.change) changes.push(`${moved.change.to} ${moved.change.hard ? 'HARD' : 'SOFT'} ${moved.change.attempt}`)
  }
  return { changes, last }
}

describe('soft and hard states', () => {
  const changes = (results: string, attempts: number, ...wanted: string[]) =>
    it(`${results} with ${attempts} attempts: ${wanted.join(', ') || 'nothing to tell'}`, () =>
      assert.deepEqual(feed(results, attempts).changes, wanted))
  changes('ooo', 3)
  changes('occco', 3, 'critical SOFT 1', 'critical SOFT 2', 'critical HARD 3', 'ok HARD 3')
  changes('wcu', 3, 'warning SOFT 1', 'critical SOFT 2', 'unknown HARD 3')
  changes('co', 3, 'critical SOFT 1', 'ok SOFT 2')
  changes('cccc', 1, 'critical HARD 1')
  changes('ccwwo', 2, 'critical SOFT 1', 'critical HARD 2', 'warning HARD 2', 'ok HARD 2')

  it('a volatile check tells every hard problem result', () =>
    assert.deepEqual(feed('ccc', 1, true).changes, ['critical HARD 1', 'critical HARD 1', 'critical HARD 1']))

  it('a problem is hard at once when what it runs on is down', () => {
    const moved = step(pending, { state: 'critical', output: '' }, { attempts: 5 }, 1000, { dependencyDown: true })
    assert.equal(moved.next.hard, true)
  })

  it('the last hard state stays while a problem is soft', () => {
    const { last } = feed('cccow', 3)
    assert.equal(last.state, 'warning')
    assert.equal(last.hard, false)
    assert.equal(last.lastHardState, 'ok')
  })

  const results = fc.array(fc.constantFrom(...'owcu'), { maxLength: 40 }).map((codes) => codes.join(''))
  const attempts = fc.integer({ min: 1, max: 6 })

  it('no problem is hard before its attempts are used up', () => {
    fc.assert(
      fc.property(results, attempts, (codes, limit) => {
        const tail = /[wcu]*$/.exec(codes)?.[0] ?? ''
        const { last } = feed(codes, limit)
        assert.equal(last.hard, tail.length === 0 || tail.length >= limit)
        assert.equal(last.attempt, tail.length === 0 ? 1 : Math.min(tail.length, limit))
      }),
    )
  })

  it('ok always clears', () => {
    fc.assert(
      fc.property(results, attempts, (codes, limit) => {
        const { last } = feed(`${codes}o`, limit)
        assert.deepEqual([last.state, last.hard, last.attempt, last.lastHardState], ['ok', true, 1, 'ok'])
      }),
    )
  })

  it('replaying from any state in between ends in the same state', () => {
    fc.assert(
      fc.property(results, attempts, fc.nat(40), (given, limit, cut) => {
        const whole = feed(given, limit).last
        let last = JSON.parse(JSON.stringify(feed(given.slice(0, cut), limit).last)) as CheckState
        for (const [index, code] of [...given].entries())
          if (index >= cut)
            last = step(last, { state: codes[code] as State, output: '' }, { attempts: limit }, (index + 1) * 60_000).next
        assert.deepEqual(last, whole)
      }),
    )
  })
})
