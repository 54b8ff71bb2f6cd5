import assert from 'node:assert/strict'
import fc from 'fast-check'
import { correlation, type Load, suffering } from '../../model/neighbours.ts'

const minutes = Array.from({ length: 30 }, (_, n) => n)
const load = (instance: string, steal: (n: number) => number | null, cores: (n: number) => number | null): Load => ({
  instance,
  steal: minutes.map(steal),
  cores: minutes.map(cores),
})
const busy = (n: number) => n % 10 < 5

describe('who suffers from whom', () => {
  const victim = load(
    'victim',
    (n) => (busy(n) ? 20 : 0),
    () => 0.2,
  )

  it('is told by whose CPU went as the steal went', () => {
    const all = [
      victim,
      load(
        'culprit',
        () => 0,
        (n) => (busy(n) ? 3 : 0.1),
      ),
      load(
        'steady',
        () => 0,
        () => 1,
      ),
      load(
        'opposite',
        () => 0,
        (n) => (busy(n) ? 0 : 3),
      ),
      load(
        'small',
        () => 0,
        (n) => (busy(n) ? 0.05 : 0),
      ),
    ]
    const [found, ...more] = suffering(all)
    assert.deepEqual(more, [])
    assert.equal(found?.instance, 'victim')
    assert.equal(found?.steal, 10)
    assert.deepEqual(
      found?.suspects.map(({ instance }) => instance),
      ['culprit', 'steady'],
    )
    assert.ok((found?.suspects[0]?.correlation ?? 0) > 0.99)
    assert.equal(found?.suspects[1]?.correlation, null, 'what does not vary is like nothing')
  })

  it('is nobody where nobody waits', () =>
    assert.deepEqual(
      suffering([
        load(
          'a',
          () => 1,
          () => 4,
        ),
        load(
          'b',
          () => null,
          () => 4,
        ),
      ]),
      [],
    ))

  it('names no suspect where none uses anything', () =>
    assert.deepEqual(
      suffering([
        victim,
        load(
          'idle',
          () => 0,
          () => 0.01,
        ),
      ])[0]?.suspects,
      [],
    ))

  it('puts the worst first', () =>
    assert.deepEqual(
      suffering([
        load(
          'a',
          () => 5,
          () => 1,
        ),
        load(
          'b',
          () => 9,
          () => 1,
        ),
      ]).map(({ instance }) => instance),
      ['b', 'a'],
    ))

  it('says nothing of likeness from a handful of minutes', () => {
    assert.equal(correlation([1, 2, 3, 4, 5], [1, 2, 3, 4, 5]), null)
    assert.equal(correlation([1, 2, null, 4, 5, 6, 7], [1, 2, 3, null, 5, 6, 7]), null)
  })

  it('never leaves the bounds, whatever the numbers', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.double({ noNaN: true, min: 0, max: 1e6 }), fc.double({ noNaN: true, min: 0, max: 1e6 }))),
        (pairs) => {
          const found = correlation(
            pairs.map(([a]) => a),
            pairs.map(([, b]) => b),
          )
          assert.ok(found === null || (found >= -1 && found <= 1))
        },
      ),
    ))
})
