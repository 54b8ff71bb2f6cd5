import assert from 'node:assert/strict'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import type { Aggregate, RangeQuery, Sample } from '../../../model/sample.ts'
import { DuckStore } from '../../../store/duckdb/duckdb-store.ts'
import { duckSettings, openStore } from '../../support/duck-store.ts'
import { silentLogger } from '../../support/silent-logger.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'
import { expectedRange } from '../expected-range.ts'

const midnight = Date.UTC(2026, 2, 10)
const minute = 60_000
const hour = 3_600_000
const day = 86_400_000
const aggregates: readonly Aggregate[] = ['mean', 'min', 'max', 'last', 'sum', 'count']

/** Three instances over two and a half days every five minutes or so, with gaps, a migration and a field that comes late. */
function history(): Sample[] {
  const samples: Sample[] = []
  for (const [i, instance] of ['a', 'b', 'c'].entries())
    for (let k = 0; k < 360; k++) {
      if (k % 17 === i) continue
      const time = midnight + k * 10 * minute + ((k * 7919 + i * 104_729) % 590) * 1000
      const host = instance === 'a' && k > 100 ? 'hv-2' : 'hv-1'
      const fields: Record<string, number> = { cpu: (k * 31 + i * 7) % 100, memory: k + 1000 * i }
      if (k % 5 === 0) delete fields.memory
      if (k > 200) fields.late = k % 3
      samples.push({ measurement: 'instance', tags: { instance, host, project: i === 2 ? 'q' : 'p' }, fields, time })
    }
  return samples
}

const query = (more: Partial<RangeQuery>): RangeQuery => ({
  measurement: 'instance',
  fields: ['cpu', 'memory', 'late'],
  where: {},
  from: midnight,
  to: midnight + 3 * day,
  step: hour,
  aggregates,
  groupBy: ['instance'],
  ...more,
})

const questions: RangeQuery[] = [
  query({}),
  query({ step: 5 * minute, groupBy: ['project'] }),
  query({ step: 7 * minute, where: { instance: 'a' } }),
  query({ step: day, groupBy: [] }),
  query({ from: midnight + 123_456, to: midnight + 2 * day + 7_654_321, step: 3 * hour }),
  query({ from: midnight + 4 * hour + 1, to: midnight + 4 * hour + 2 * minute, step: 5 * minute }),
  query({ step: 2 * hour, groupBy: ['instance', 'host'] }),
]

async function answersLike(store: DuckStore, samples: readonly Sample[], asked: readonly RangeQuery[] = questions) {
  for (const q of asked) assert.deepEqual(plain(await store.range(q)), plain(expectedRange(samples, q)), JSON.stringify(q))
}

describe('sealing samples', () => {
  const directory = temporaryDirectory()
  let unused = 0
  const fresh = async (now: number) => {
    const clock = new VirtualClock(now)
    const logger = silentLogger()
    const path = join(directory(), String(++unused))
    const store = await openStore(path, { clock, logger })
    return { store, clock, logger, path }
  }

  it('changes no answer: sealed, rolled up, stitched with hot samples and after reopening', async () => {
    const samples = history()
    const { store, clock, logger, path } = await fresh(midnight + 2.5 * day)
    for (let i = 0; i < samples.length; i += 100) await store.write(samples.slice(i, i + 100))
    await answersLike(store, samples)
    await store.maintain()
    assert.deepEqual(
      logger.lines.filter(({ level }) => level === 'warn' || level === 'error'),
      [],
    )
    assert.equal(parquetFiles(path).length, 9) // three days, raw and two roll-ups each
    await answersLike(store, samples)
    const latest = await store.latest({ measurement: 'instance', where: {}, since: 0 })
    await store.close()

    const again = await openStore(path, { clock, logger })
    await answersLike(again, samples)
    assert.deepEqual(byTags(await again.latest({ measurement: 'instance', where: {}, since: 0 })), byTags(latest))
    await again.write(samples) // the sealed ones too are known to be there
    await again.maintain()
    await answersLike(again, samples)
    assert.equal(parquetFiles(path).length, 9)
    await again.close()
  })

  it('takes late samples of a sealed day, and corrections of sealed samples', async () => {
    const samples = history()
    const { store, logger, path } = await fresh(midnight + 3.5 * day)
    const late = samples.filter((_, i) => i % 10 === 3)
    await store.write(samples.filter((_, i) => i % 10 !== 3))
    await store.maintain()
    await store.write(late)
    await answersLike(store, samples)
    const corrected = samples.map((sample, i) =>
      i % 50 === 7 ? { ...sample, fields: { ...sample.fields, cpu: 555, extra: 1 } } : sample,
    )
    await store.write(corrected.filter((_, i) => i % 50 === 7))
    await answersLike(store, corrected)
    await store.maintain()
    assert.equal(parquetFiles(path).length, 9)
    await answersLike(store, corrected, [...questions, query({ fields: ['extra', 'cpu'] })])
    assert.deepEqual(
      logger.lines.filter(({ level }) => level === 'warn' || level === 'error'),
      [],
    )
    await store.close()
  })

  it('goes on taking and answering while a day is being sealed', async () => {
    const samples = history()
    const { store } = await fresh(midnight + 3.5 * day)
    await store.write(samples.filter((_, i) => i % 4 !== 0))
    const sealing = store.maintain()
    const late = samples.filter((_, i) => i % 4 === 0)
    for (let i = 0; i < late.length; i += 30) {
      await store.write(late.slice(i, i + 30))
      await store.range(query({ step: 5 * minute }))
    }
    await sealing
    await answersLike(store, samples)
    await store.maintain()
    await answersLike(store, samples)
    await store.close()
  })

  it('keeps raw samples, then five minutes, then hours, and lets go of each in its time', async () => {
    const samples = history()
    let { store, logger, path } = await fresh(midnight + 3.5 * day)
    await store.write(samples)
    await store.maintain()
    const until = async (now: number) => {
      await store.close()
      store = await openStore(path, { clock: new VirtualClock(now), logger })
      await store.maintain()
      return parquetFiles(path)
        .map((file) => file.split('.')[1])
        .sort()
    }
    assert.deepEqual(await until(midnight + 18 * day), ['1h', '1h', '1h', '5m', '5m', '5m'])
    await answersLike(store, samples, [query({}), query({ step: 5 * minute }), query({ step: day, groupBy: ['project'] })])
    const fine = await store.range(query({ step: minute, aggregates: ['sum'], groupBy: [], fields: ['cpu'] }))
    assert.equal(
      fine.series[0]?.values.reduce((a: number, b) => a + (b ?? 0), 0),
      samples.reduce((a, { fields }) => a + (fields.cpu as number), 0),
      'cells stand in for raw samples that are gone',
    )
    assert.deepEqual(await until(midnight + 100 * day), ['1h', '1h', '1h'])
    await answersLike(store, samples, [query({}), query({ step: day, groupBy: [] })])
    assert.deepEqual(await until(midnight + 1200 * day), [])
    assert.deepEqual((await store.range(query({}))).series, [])
    assert.deepEqual(await store.latest({ measurement: 'instance', where: {}, since: 0 }), [])
    await store.close()
  })

  it('leaves nothing behind of a sealing that was cut off', async () => {
    const samples = history()
    const { store, clock, logger, path } = await fresh(midnight + 3.5 * day)
    await store.write(samples)
    const sealing = store.maintain()
    await store.close() // in the middle of it
    await sealing.catch(() => undefined)
    const again = await openStore(path, { clock, logger })
    await answersLike(again, samples)
    await again.maintain()
    assert.equal(parquetFiles(path).length, 9)
    assert.equal(readdirSync(join(path, 'instance')).length, 9)
    await answersLike(again, samples)
    await again.close()
  })

  it('answers the same whenever sealing happens between the batches', async () => {
    const samples = history()
    const sometimes = fc.array(fc.integer({ min: 0, max: samples.length }), { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(sometimes, fc.integer({ min: 1, max: 40 }), async (cuts, stride) => {
        const { store } = await fresh(midnight + 3.5 * day)
        const shuffled = samples.map((sample, i) => [((i * 7919) % 1009) % stride, sample] as const).sort((a, b) => a[0] - b[0])
        let done = 0
        for (const cut of [...cuts.sort((a, b) => a - b), samples.length]) {
          await store.write(shuffled.slice(done, cut).map(([, sample]) => sample))
          await store.maintain()
          done = Math.max(done, cut)
        }
        await answersLike(store, samples, questions.slice(0, 3))
        await store.close()
      }),
      { numRuns: 5 },
    )
  })

  it('refuses to work without the catalog that names its samples', async () => {
    const { store, clock, logger, path } = await fresh(midnight + 3.5 * day)
    await store.write(history())
    await store.close()
    for (const file of readdirSync(path)) if (file.startsWith('catalog')) rmSync(join(path, file))
    await assert.rejects(DuckStore.open(duckSettings, { directory: path, clock, logger }), /catalog\.sqlite.*missing or empty/)
    assert.ok(existsSync(join(path, 'hot.duckdb')))
  })
})

function parquetFiles(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.parquet'))
}

const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown

const byTags = (samples: readonly Sample[]) =>
  plain([...samples].sort((a, b) => JSON.stringify(a.tags).localeCompare(JSON.stringify(b.tags))))
