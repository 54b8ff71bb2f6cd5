import assert from 'node:assert/strict'
import { coalescingReader } from '../../alerter/read-coalescing.ts'
import type { RangeQuery } from '../../model/sample.ts'
import { SamplesInMemory } from '../support/samples-in-memory.ts'

const sample = (id: string, cpu: number, time = 1000) => ({
  ...{ measurement: 'instance', tags: { instance: id, host: 'h' }, fields: { cpu_percent: cpu }, time },
})
const query = (id: string, over: Partial<RangeQuery> = {}): RangeQuery => ({
  ...{ measurement: 'instance', fields: ['cpu_percent'], where: { instance: id }, from: 0, to: 2000, step: 2000 },
  ...{ aggregates: ['mean'], groupBy: ['instance'], ...over },
})

describe('reads of one cycle', () => {
  it('that are equal but for the target are one store query, and each check gets its own part', async () => {
    const store = new SamplesInMemory()
    store.samples = Array.from({ length: 100 }, (_, i) => sample(`i-${i}`, i))
    const reader = coalescingReader(store)
    const read = reader.forTag('instance')
    const answers = await Promise.all(store.samples.map((_, i) => read.range(query(`i-${i}`))))
    assert.equal(store.queries, 1)
    assert.equal(reader.queries(), 1)
    for (const [i, { series }] of answers.entries())
      assert.deepEqual(series, [{ tags: { instance: `i-${i}` }, field: 'cpu_percent', aggregate: 'mean', values: [i] }])
  })

  it('give what a query of its own would have given', async () => {
    const store = new SamplesInMemory()
    store.samples = [sample('a', 1), sample('b', 2), sample('b', 4, 1500)]
    const read = coalescingReader(store).forTag('instance')
    for (const groupBy of [['instance'], [], ['host'], ['host', 'instance']]) {
      const [a, b, none] = await Promise.all(['a', 'b', 'x'].map((id) => read.range(query(id, { groupBy }))))
      assert.deepEqual(a, await store.range(query('a', { groupBy })))
      assert.deepEqual(b, await store.range(query('b', { groupBy })))
      assert.deepEqual(none, await store.range(query('x', { groupBy })))
    }
    const latest = { measurement: 'instance', where: { instance: 'b' }, since: 0 }
    assert.deepEqual(await read.latest(latest), await store.latest(latest))
  })

  it('that differ in more than the target stay apart', async () => {
    const store = new SamplesInMemory()
    const read = coalescingReader(store).forTag('instance')
    await Promise.all([
      read.range(query('a')),
      read.range(query('b')),
      read.range(query('a', { from: 1000 })),
      read.latest({ ...query('a'), since: 0 }),
    ])
    assert.equal(store.queries, 3)
  })

  it('all fail, clearly, when the store does', async () => {
    const store = new SamplesInMemory()
    store.broken = new Error('disk full')
    const read = coalescingReader(store).forTag('instance')
    const outcomes = await Promise.allSettled(['a', 'b'].map((id) => read.range(query(id))))
    for (const outcome of outcomes) {
      assert.equal(outcome.status, 'rejected')
      assert.match(String((outcome as PromiseRejectedResult).reason), /the sample store does not answer: disk full/)
    }
  })

  it('are refused, not piled up, while the store leaves many unanswered', async () => {
    const reader = coalescingReader({ range: () => new Promise(() => {}), latest: () => new Promise(() => {}) })
    const read = reader.forTag('instance')
    const all = Array.from({ length: 40 }, (_, i) => read.latest({ measurement: `m${i}`, where: { instance: 'a' }, since: 0 }))
    await assert.rejects(Promise.any(all.slice(32)), /All promises were rejected/)
  })
})
