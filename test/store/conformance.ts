/** What every SampleStore must do, whatever is behind it. Called once per implementation. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Aggregate, RangeQuery, Sample, SampleStore, Tags } from '../../model/sample.ts'
import { expectedRange } from './expected-range.ts'

/** Noon of a day that lies in every retention of the suite's clock. */
export const noon = Date.UTC(2026, 0, 15, 12)
const minute = 60_000

export interface Subject {
  store: SampleStore
  close(): Promise<void>
}

const allAggregates: readonly Aggregate[] = ['count', 'last', 'max', 'mean', 'min', 'sum']

let unused = 0
/** Each test has its own measurement: the store may be shared. */
const measurementName = () => `m${++unused}`

/** `open` gives a store whose clock says shortly after `noon`. */
export function conformance(name: string, open: () => Promise<Subject>): void {
  describe(`sample store: ${name}`, () => {
    let subject: Subject
    let store: SampleStore
    before(async () => {
      subject = await open()
      store = subject.store
    })
    after(() => subject?.close())

    const query = (measurement: string, more: Partial<RangeQuery> = {}): RangeQuery => ({
      measurement,
      fields: ['value'],
      where: {},
      from: noon,
      to: noon + 10 * minute,
      step: minute,
      aggregates: ['mean'],
      groupBy: ['instance'],
      ...more,
    })
    const sample = (measurement: string, time: number, value: number, tags: Tags = { instance: 'a' }): Sample => ({
      measurement,
      tags,
      fields: { value },
      time,
    })

    describe('range', () => {
      it('gives one value per bucket, and null where there is no sample', async () => {
        const m = measurementName()
        await store.write([sample(m, noon, 1), sample(m, noon + 30_000, 3), sample(m, noon + 2 * minute, 5)])
        const result = await store.range(query(m, { to: noon + 4 * minute }))
        assert.deepEqual(result.times, [noon, noon + minute, noon + 2 * minute, noon + 3 * minute])
        assert.deepEqual(result.series, [
          { tags: { instance: 'a' }, field: 'value', aggregate: 'mean', values: [2, null, 5, null] },
        ])
      })

      it('aligns buckets to multiples of the step, includes from and excludes to', async () => {
        const m = measurementName()
        await store.write([sample(m, noon - 1, 1), sample(m, noon, 2), sample(m, noon + 90_000, 4), sample(m, noon + 95_000, 8)])
        const cut = await store.range(query(m, { from: noon, to: noon + 95_000, aggregates: ['sum'] }))
        assert.deepEqual(cut.times, [noon, noon + minute])
        assert.deepEqual(cut.series[0]?.values, [2, 4])
        const odd = await store.range(query(m, { from: noon - 1, to: noon + 95_001, step: 7 * minute, aggregates: ['sum'] }))
        assert.equal((odd.times[0] as number) % (7 * minute), 0)
        assert.equal(
          odd.series[0]?.values.reduce((a: number, b) => a + (b ?? 0), 0),
          15,
        )
        const partial = await store.range(query(m, { from: noon + 80_000, to: noon + 91_000, aggregates: ['count'] }))
        assert.deepEqual(partial.times, [noon + minute])
        assert.deepEqual(partial.series[0]?.values, [1])
      })

      it('computes mean, min, max, last, sum and count', async () => {
        const m = measurementName()
        await store.write([sample(m, noon, 4), sample(m, noon + 1000, -2), sample(m, noon + 2000, 1)])
        const { series } = await store.range(query(m, { to: noon + minute, aggregates: allAggregates }))
        assert.deepEqual(
          series.map(({ aggregate, values }) => [aggregate, values[0]]),
          [
            ['count', 3],
            ['last', 1],
            ['max', 4],
            ['mean', 1],
            ['min', -2],
            ['sum', 3],
          ],
        )
      })

      it('keeps fields apart when some samples lack some of them', async () => {
        const m = measurementName()
        const row = (time: number, fields: Record<string, number>) => ({ measurement: m, tags: { instance: 'a' }, fields, time })
        await store.write([
          row(noon, { cpu: 10, memory: 100 }),
          row(noon + 30_000, { cpu: 30 }),
          row(noon + minute, { memory: 300, balloon: 7 }),
        ])
        const { series } = await store.range(
          query(m, { fields: ['memory', 'cpu', 'nothing'], to: noon + 2 * minute, aggregates: ['last', 'count', 'mean'] }),
        )
        assert.deepEqual(
          series.map(({ field, aggregate, values }) => [field, aggregate, values]),
          [
            ['cpu', 'count', [2, null]],
            ['cpu', 'last', [30, null]],
            ['cpu', 'mean', [20, null]],
            ['memory', 'count', [1, 1]],
            ['memory', 'last', [100, 300]],
            ['memory', 'mean', [100, 300]],
          ],
        )
      })

      it('pools an instance that moved to another host into one line', async () => {
        const m = measurementName()
        const on = (host: string, time: number, value: number) => sample(m, time, value, { instance: 'a', host, project: 'p' })
        await store.write([on('hv-1', noon, 10), on('hv-1', noon + 20_000, 20), on('hv-2', noon + 40_000, 60)])
        const line = await store.range(
          query(m, { to: noon + minute, where: { instance: 'a' }, aggregates: ['mean', 'last', 'min'] }),
        )
        assert.deepEqual(
          line.series.map(({ tags, aggregate, values }) => [tags, aggregate, values]),
          [
            [{ instance: 'a' }, 'last', [60]],
            [{ instance: 'a' }, 'mean', [30]],
            [{ instance: 'a' }, 'min', [10]],
          ],
        )
        const byHost = await store.range(query(m, { to: noon + minute, groupBy: ['host'], aggregates: ['sum'] }))
        assert.deepEqual(
          byHost.series.map(({ tags, values }) => [tags, values]),
          [
            [{ host: 'hv-1' }, [30]],
            [{ host: 'hv-2' }, [60]],
          ],
        )
        const all = await store.range(query(m, { to: noon + minute, groupBy: [], aggregates: ['count'] }))
        assert.deepEqual(all.series, [{ tags: {}, field: 'value', aggregate: 'count', values: [3] }])
      })

      it('takes the larger value as the last one when two tag sets meet at one instant', async () => {
        const m = measurementName()
        await store.write([sample(m, noon, 5, { instance: 'a', host: '1' }), sample(m, noon, 9, { instance: 'a', host: '2' })])
        await store.write([sample(m, noon, 7, { instance: 'a', host: '3' })])
        const { series } = await store.range(query(m, { to: noon + minute, aggregates: ['last'] }))
        assert.deepEqual(series[0]?.values, [9])
      })

      it('filters by one value, by several, and matches nothing with an empty list', async () => {
        const m = measurementName()
        await store.write(['a', 'b', 'c'].map((instance, i) => sample(m, noon, i, { instance, project: i < 2 ? 'p' : 'q' })))
        const names = async (where: RangeQuery['where']) =>
          (await store.range(query(m, { where }))).series.map(({ tags }) => tags.instance)
        assert.deepEqual(await names({}), ['a', 'b', 'c'])
        assert.deepEqual(await names({ instance: 'b' }), ['b'])
        assert.deepEqual(await names({ instance: ['a', 'c', 'z'] }), ['a', 'c'])
        assert.deepEqual(await names({ project: 'p', instance: ['b', 'c'] }), ['b'])
        assert.deepEqual(await names({ instance: [] }), [])
        assert.deepEqual(await names({ nowhere: 'x' }), [])
        assert.deepEqual(await names({ constructor: 'x' }), [])
      })

      it('knows nothing of a measurement nobody wrote', async () => {
        const result = await store.range(query('never'))
        assert.deepEqual([result.times.length, result.series], [10, []])
        assert.deepEqual((await store.range(query('never', { from: noon, to: noon }))).times, [])
      })

      it('refuses a query that makes no sense', async () => {
        for (const wrong of [
          { step: 0 },
          { step: -5 },
          { step: 1.5 },
          { step: 1, to: noon + 30 * 86_400_000 },
          { from: Number.NaN },
        ])
          await assert.rejects(store.range(query('m', wrong)), { name: 'AppError', code: 'invalid' })
      })

      it('takes a field that appears later', async () => {
        const m = measurementName()
        await store.write([sample(m, noon, 1)])
        await store.write([{ measurement: m, tags: { instance: 'a' }, fields: { fresh: 2, value: 3 }, time: noon + 1000 }])
        await store.write([{ measurement: m, tags: { instance: 'a' }, fields: { fresher: 5 }, time: noon + 2000 }])
        const { series } = await store.range(
          query(m, { fields: ['value', 'fresh', 'fresher'], to: noon + minute, aggregates: ['sum'] }),
        )
        assert.deepEqual(
          series.map(({ field, values }) => [field, values[0]]),
          [
            ['fresh', 2],
            ['fresher', 5],
            ['value', 4],
          ],
        )
      })
    })

    describe('writing', () => {
      it('changes no answer when a batch is written again, whole or in part', async () => {
        const m = measurementName()
        const batch = Array.from({ length: 50 }, (_, i) => sample(m, noon + i * 7000, i, { instance: `i${i % 3}` }))
        const ask = async () => [
          await store.range(query(m, { aggregates: allAggregates })),
          sorted(await store.latest({ measurement: m, where: {}, since: 0 })),
        ]
        await store.write(batch)
        const before = await ask()
        await store.write(batch)
        await store.write(batch.slice(20, 30).reverse())
        await store.write([...batch.slice(0, 5), ...batch.slice(0, 5)])
        assert.deepEqual(await ask(), before)
      })

      it('lets the later writing of a sample win, field by field', async () => {
        const m = measurementName()
        const row = (fields: Record<string, number>) => ({ measurement: m, tags: { instance: 'a' }, fields, time: noon })
        await store.write([row({ value: 1, kept: 1 })])
        await store.write([row({ value: 2, added: 2 })])
        const { series } = await store.range(
          query(m, { fields: ['value', 'kept', 'added'], to: noon + minute, aggregates: ['sum', 'count'] }),
        )
        assert.deepEqual(
          series.map(({ field, aggregate, values }) => `${field} ${aggregate} ${values[0]}`),
          ['added count 1', 'added sum 2', 'kept count 1', 'kept sum 1', 'value count 1', 'value sum 2'],
        )
        const [latest] = await store.latest({ measurement: m, where: {}, since: 0 })
        assert.deepEqual({ ...latest?.fields }, { value: 2, kept: 1, added: 2 })
      })

      it('takes late and out-of-order samples', async () => {
        const m = measurementName()
        await store.write([sample(m, noon + 5 * minute, 5)])
        await store.write([sample(m, noon + 4 * minute, 4), sample(m, noon, 1)])
        await store.write([sample(m, noon + 2 * minute, 2), sample(m, noon + 8 * minute, 8)])
        const { series } = await store.range(query(m))
        assert.deepEqual(series[0]?.values, [1, null, 2, null, 4, 5, null, null, 8, null])
        const day = await store.range(query(m, { from: noon - 86_400_000, step: 3_600_000, aggregates: ['count'] }))
        await store.write([sample(m, noon - 80_000_000, 3)])
        const after = await store.range(query(m, { from: noon - 86_400_000, step: 3_600_000, aggregates: ['count'] }))
        const count = (result: typeof day) => result.series[0]?.values.reduce((a: number, b) => a + (b ?? 0), 0)
        assert.deepEqual([count(day), count(after)], [5, 6])
      })

      it('keeps hostile tag values apart and gives them back as they were', async () => {
        const m = measurementName()
        const values = [
          'plain',
          `quo"te 'n' quote`,
          'comma, equals=sign and space',
          'line\nbreak\r\n',
          '\ttab\u0000nul\u007f',
          'back\\slash\\',
          'back\\,slash comma',
          '\\n',
          '%0A',
          '%',
          "'; DROP TABLE series; --",
          '" OR 1=1',
          'üñí çødé 漢字 🦖',
          ' leading and trailing ',
          '#',
          '__proto__',
          'x'.repeat(8000),
          `${'x'.repeat(7999)}y`,
          '\ud800 lone surrogate'.toWellFormed(),
        ]
        await store.write(values.map((instance, i) => sample(m, noon + i, i, { instance, 'odd key, "quoted"=\n': instance })))
        const { series } = await store.range(query(m, { aggregates: ['sum'] }))
        assert.deepEqual(
          series.map(({ tags, values: [value] }) => [tags.instance, value]).sort(byText),
          values.map((value, i) => [value, i]).sort(byText),
        )
        for (const [i, instance] of values.entries()) {
          const one = await store.range(
            query(m, { where: { 'odd key, "quoted"=\n': instance }, aggregates: ['sum'], groupBy: [] }),
          )
          assert.deepEqual([instance.slice(0, 50), one.series[0]?.values[0]], [instance.slice(0, 50), i])
        }
        const latest = await store.latest({ measurement: m, where: {}, since: 0 })
        assert.deepEqual(latest.map(({ tags }) => tags.instance).sort(), [...values].sort())
      })

      it('keeps hostile names of measurements and fields apart', async () => {
        const m = measurementName()
        for (const [i, name] of [
          'time',
          'sid',
          'Value',
          'value',
          'a "quoted" field',
          'x,y=z w',
          '_',
          'ünï',
          'ts',
          '#c',
        ].entries()) {
          await store.write([
            { measurement: `${m} ${name}`, tags: { instance: 'a' }, fields: { [name]: i, other: 1 }, time: noon },
          ])
          const { series } = await store.range(query(`${m} ${name}`, { fields: [name], aggregates: ['sum'] }))
          assert.deepEqual(
            series.map(({ field, values }) => [field, values[0]]),
            [[name, i]],
          )
        }
      })

      it('takes any finite number, and leaves out what is none', async () => {
        const m = measurementName()
        const numbers = [0, -0.5, 1e-300, 1e21, Number.MAX_SAFE_INTEGER, -Number.MAX_VALUE, 0.1 + 0.2]
        await store.write(numbers.map((value, i) => sample(m, noon + i * minute, value)))
        await store.write([sample(m, noon + 7 * minute, Number.NaN), sample(m, noon + 8 * minute, Number.POSITIVE_INFINITY)])
        const { series } = await store.range(query(m, { aggregates: ['last'] }))
        assert.deepEqual(series[0]?.values, [...numbers, null, null, null])
      })

      it('drops what is older than the retention or far in the future, and keeps the rest of the batch', async () => {
        const m = measurementName()
        await store.write([sample(m, 1000, 1), sample(m, noon, 2), sample(m, noon + 400 * 86_400_000, 3)])
        const latest = await store.latest({ measurement: m, where: {}, since: 0 })
        assert.deepEqual(
          latest.map(({ time, fields }) => [time, fields.value]),
          [[noon, 2]],
        )
      })

      it('refuses a sample that cannot be named, with all of its batch', async () => {
        const m = measurementName()
        for (const wrong of [
          sample(m, noon, 1, { instance: 'x'.repeat(20_000) }),
          sample(m, noon, 1, { '': 'x' }),
          sample(m, noon + 0.5, 1),
          sample('', noon, 1),
          { ...sample(m, noon, 1), fields: { '': 1 } },
        ])
          await assert.rejects(store.write([sample(m, noon, 5), wrong]), { name: 'AppError', code: 'invalid' })
        assert.deepEqual((await store.range(query(m))).series, [])
      })
    })

    describe('latest', () => {
      it('gives the newest sample of each series, not older than asked', async () => {
        const m = measurementName()
        await store.write([
          sample(m, noon, 1, { instance: 'a' }),
          sample(m, noon + minute, 2, { instance: 'a' }),
          sample(m, noon + 5000, 3, { instance: 'b' }),
        ])
        await store.write([sample(m, noon + 30_000, 9, { instance: 'a' })])
        const ask = async (where: RangeQuery['where'], since: number) =>
          sorted(await store.latest({ measurement: m, where, since })).map(({ tags, time, fields }) => [
            tags.instance,
            time - noon,
            fields.value,
          ])
        assert.deepEqual(await ask({}, noon), [
          ['a', minute, 2],
          ['b', 5000, 3],
        ])
        assert.deepEqual(await ask({}, noon + minute), [['a', minute, 2]])
        assert.deepEqual(await ask({ instance: 'b' }, 0), [['b', 5000, 3]])
        assert.deepEqual(await ask({ instance: [] }, 0), [])
        assert.deepEqual(await ask({}, noon + minute + 1), [])
      })
    })

    it('answers the same however the samples are split into batches and in whatever order they come', async () => {
      await fc.assert(
        fc.asyncProperty(samplesAndSplit, async ({ samples, split, step }) => {
          const m = measurementName()
          const batches: Sample[][] = [[]]
          for (const [i, sample] of samples.entries()) {
            if (split[i]) batches.push([])
            batches.at(-1)?.push({ ...sample, measurement: m })
          }
          for (const batch of batches) await store.write(batch)
          const asked = query(m, {
            fields: ['f', 'g'],
            from: noon - 20 * minute,
            to: noon + 20 * minute,
            step,
            aggregates: allAggregates,
            groupBy: ['instance'],
          })
          assert.deepEqual(plain(await store.range(asked)), plain(expectedRange(samples, asked)))
        }),
        { numRuns: 25 },
      )
    })
  })
}

/** Distinct samples of a few series in any order, whole numbers so that sums are exact, and where to split the batch. */
const samplesAndSplit = fc.record({
  samples: fc.uniqueArray(
    fc.record({
      measurement: fc.constant(''),
      tags: fc.constantFrom<Tags>({ instance: 'a', host: '1' }, { instance: 'a', host: '2' }, { instance: 'b' }, { host: '1' }),
      fields: fc.oneof(
        fc.record({ f: fc.integer({ min: -1000, max: 1000 }), g: fc.integer({ min: 0, max: 9 }) }),
        fc.record({ f: fc.integer({ min: -1000, max: 1000 }) }),
      ),
      time: fc.integer({ min: -18, max: 18 }).map((minutes) => noon + minutes * minute + 1234),
    }),
    { minLength: 1, maxLength: 40, selector: ({ tags, time }) => `${JSON.stringify(tags)} ${time}` },
  ),
  split: fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
  step: fc.constantFrom(minute, 5 * minute, 7 * minute, 60 * minute),
})

const sorted = (samples: readonly Sample[]) =>
  [...samples].sort((a, b) => JSON.stringify(a.tags).localeCompare(JSON.stringify(b.tags)))

const byText = (a: (string | number | null | undefined)[], b: (string | number | null | undefined)[]) =>
  String(a[0]) < String(b[0]) ? -1 : 1

const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown
