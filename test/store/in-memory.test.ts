import assert from 'node:assert/strict'
import fc from 'fast-check'
import { chunkedReader } from '../../alerter/rehearsal/chunked-reader.ts'
import type { Aggregate, RangeQuery, Sample } from '../../model/sample.ts'
import { samplesInMemory } from '../../store/in-memory.ts'
import { expectedRange } from './expected-range.ts'

const aggregates: readonly Aggregate[] = ['count', 'last', 'max', 'mean', 'min', 'sum']
const sample = fc
  .record({
    instance: fc.constantFrom('a', 'b', 'c'),
    device: fc.constantFrom('', 'x', 'y'),
    time: fc.nat(60),
    f: fc.integer(),
    g: fc.option(fc.integer()),
  })
  .map(
    ({ instance, device, time, f, g }): Sample => ({
      ...{ measurement: 'm', tags: { instance, ...(device && { device }) }, time: time * 5000 },
      fields: { f, ...(g !== null && { g }) },
    }),
  )
const distinct = (samples: readonly Sample[]) => [
  ...new Map(samples.map((one) => [JSON.stringify([one.tags, one.time]), one])).values(),
]
const query = fc
  .record({
    from: fc.nat(40),
    span: fc.integer({ min: 1, max: 30 }),
    step: fc.constantFrom(5000, 10_000, 60_000),
    by: fc.constantFrom(['instance'], ['instance', 'device']),
    ids: fc.subarray(['a', 'b', 'c'], { minLength: 1 }),
    how: fc.subarray([...aggregates], { minLength: 1 }),
  })
  .map(
    ({ from, span, step, by, ids, how }): RangeQuery => ({
      ...{ measurement: 'm', fields: ['f', 'g'], where: { instance: ids }, from: from * 5000, to: (from + span) * 5000, step },
      ...{ aggregates: how, groupBy: by },
    }),
  )

describe('samples in memory', () => {
  it('answer what the contract says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(sample, { maxLength: 60 }), query, async (given, asked) => {
        const samples = distinct(given)
        const store = samplesInMemory(samples)
        assert.deepEqual(await store.range(asked), expectedRange(samples, asked))
      }),
    )
  })
  it('know nothing of what comes later', async () => {
    const at = (time: number): Sample => ({ measurement: 'm', tags: { instance: 'a' }, fields: { f: time }, time })
    const store = samplesInMemory([at(10), at(20), at(30)], () => 20)
    assert.equal((await store.latest({ measurement: 'm', where: {}, since: 0 }))[0]?.time, 20)
    const { series } = await store.range({
      measurement: 'm',
      fields: ['f'],
      where: {},
      from: 0,
      to: 100,
      step: 100,
      aggregates: ['max'],
      groupBy: [],
    })
    assert.deepEqual(series[0]?.values, [20])
  })
})

describe('reading the past in chunks', () => {
  it('gives what each question would have been answered, with fewer questions', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(sample, { maxLength: 60 }), query, fc.nat(10), async (given, first, more) => {
        const samples = distinct(given)
        const store = samplesInMemory(samples)
        const reader = chunkedReader(store)
        for (let i = 0; i <= more; i++) {
          const asked = { ...first, from: first.from + i * 5000, to: first.to + i * 5000 }
          assert.deepEqual(await reader.range(asked), expectedRange(samples, asked))
        }
        // one chunk for each common divisor of the step and the instants: 60 s have six that are multiples of 5 s
        assert.ok(reader.queries() <= 6, `${reader.queries()} of ${more + 1}`)
      }),
    )
  })
})
