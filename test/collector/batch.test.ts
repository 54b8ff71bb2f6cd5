import assert from 'node:assert/strict'
import { batchSamples, sampleQueue } from '../../collector/batch.ts'
import { AppError, type Change } from '../../model/contract.ts'
import type { HealthReport } from '../../model/health.ts'
import type { Sample } from '../../model/sample.ts'
import { silentLogger } from '../support/silent-logger.ts'
import { settled, VirtualClock } from '../support/virtual-clock.ts'

/** A store in memory that can be told to be away, to hang, or to refuse a sample. */
class MemoryStore {
  readonly batches: (readonly Sample[])[] = []
  away = false
  hangs = false
  attempts = 0

  async write(batch: readonly Sample[]): Promise<void> {
    this.attempts++
    if (this.hangs) await new Promise<never>(() => undefined)
    if (this.away) throw new AppError('unreachable', 'the disk is on holiday')
    const poison = batch.find(({ tags }) => tags.instance === 'poison')
    if (poison) throw new AppError('invalid', 'sample: no such thing')
    this.batches.push(batch)
  }

  get times(): number[] {
    return this.batches.flat().map(({ time }) => time)
  }
}

const sample = (time: number, instance = 'a', measurement = 'm'): Sample => ({
  measurement,
  tags: { instance },
  fields: { value: time },
  time,
})
const samples = (from: number, count: number) => Array.from({ length: count }, (_, i) => sample(from + i))

describe('the sample queue', () => {
  function set(limit = 100_000) {
    const store = new MemoryStore()
    const clock = new VirtualClock()
    const logger = silentLogger()
    const changes: Change[] = []
    const reports: HealthReport[] = []
    const queue = sampleQueue({
      store,
      clock,
      logger,
      limit,
      live: { publish: (change) => void changes.push(change) },
      health: { report: (report) => void reports.push(report) },
    })
    const stop = new AbortController()
    const health = () => reports.at(-1) as HealthReport
    return { store, clock, logger, changes, reports, health, queue, stop }
  }

  it('groups what comes within a second, and sends a full batch at once', async () => {
    const { store, clock, queue, stop } = set()
    const running = queue.run(stop.signal)
    queue.push(samples(0, 3))
    await clock.advance(500)
    queue.push(samples(3, 2))
    await clock.advance(499)
    assert.equal(store.batches.length, 0)
    await clock.advance(1)
    assert.deepEqual(store.times, [0, 1, 2, 3, 4])
    queue.push(samples(5, batchSamples + 10))
    await settled()
    assert.deepEqual(
      store.batches.map((batch) => batch.length),
      [5, batchSamples],
    )
    await clock.advance(1000)
    assert.equal(store.times.length, batchSamples + 15)
    stop.abort()
    await running
  })

  it('keeps samples while the store is away, tries again more and more rarely, and delivers all in order', async () => {
    const { store, clock, logger, queue, stop, health } = set()
    const running = queue.run(stop.signal)
    store.away = true
    queue.push(samples(0, 10))
    await clock.advance(120_000)
    queue.push(samples(10, 10))
    assert.ok(store.attempts < 15, `${store.attempts} attempts in two minutes`)
    assert.equal(health().state, 'degraded')
    assert.match(health().detail, /10 samples wait: the disk is on holiday/)
    store.away = false
    await clock.advance(32_000)
    assert.deepEqual(store.times, [...Array(20).keys()])
    assert.equal(health().state, 'ok')
    assert.deepEqual(health().numbers, { queue: 0, dropped: 0, processed: 20 })
    assert.deepEqual(
      logger.lines.map(({ level }) => level),
      ['error', 'info'],
      'the outage is told once at its start and once at its end',
    )
    stop.abort()
    await running
  })

  it('drops the oldest samples when it is full, counts them and says so', async () => {
    const { store, clock, queue, stop, health, logger } = set(6000)
    const running = queue.run(stop.signal)
    store.away = true
    queue.push(samples(0, 5500))
    await clock.advance(1000)
    queue.push(samples(5500, 2000))
    await clock.advance(60_000)
    assert.equal(health().state, 'down')
    assert.deepEqual(health().numbers, { queue: 6000, dropped: 1500, processed: 0 })
    store.away = false
    await clock.advance(60_000)
    assert.equal(store.times.length, 6000)
    assert.equal(store.times.at(-1), 7499)
    assert.equal(store.times.includes(5000), false, 'the oldest that were not on their way are gone')
    assert.match(logger.lines.at(-1)?.message ?? '', /1500 were dropped/)
    stop.abort()
    await running
  })

  it('tells open pages which measurements have new samples, and up to when', async () => {
    const { clock, queue, stop, changes } = set()
    const running = queue.run(stop.signal)
    queue.push([sample(5, 'a', 'cpu'), sample(7, 'b', 'cpu'), sample(6, 'a', 'disk'), sample(6, 'c', 'cpu')])
    await clock.advance(1000)
    assert.deepEqual(changes, [
      { kind: 'samples', measurement: 'cpu', time: 7 },
      { kind: 'samples', measurement: 'disk', time: 6 },
    ])
    stop.abort()
    await running
  })

  it('leaves out the one sample that no store would take, and stores the others', async () => {
    const { store, clock, queue, stop, health } = set()
    const running = queue.run(stop.signal)
    queue.push([...samples(0, 70), sample(70, 'poison'), ...samples(71, 29)])
    await clock.advance(1000)
    assert.deepEqual(
      store.times.sort((a, b) => a - b),
      [...Array(100).keys()].filter((time) => time !== 70),
    )
    assert.deepEqual(health().numbers, { queue: 0, dropped: 1, processed: 99 })
    assert.equal(health().state, 'ok')
    stop.abort()
    await running
  })

  it('stores what is left when it is stopped', async () => {
    const { store, queue, stop, health } = set()
    const running = queue.run(stop.signal)
    queue.push(samples(0, 12_345))
    stop.abort()
    await running
    assert.equal(store.times.length, 12_345)
    assert.equal(health().state, 'stopped')
  })

  it('gives up after ten seconds when it is stopped while the store is away or hangs, and says what is lost', async () => {
    for (const trouble of ['away', 'hangs'] as const) {
      const { store, clock, queue, stop, logger } = set()
      const running = queue.run(stop.signal)
      store[trouble] = true
      queue.push(samples(0, 20))
      await clock.advance(1000)
      stop.abort()
      await clock.advance(10_000)
      await running
      assert.match(logger.lines.at(-1)?.message ?? '', /20 samples were not stored/)
      assert.equal(store.times.length, 0)
      assert.equal(clock.sleepers, 0)
    }
  })

  it('flushes when asked, with or without its loop', async () => {
    const { store, queue, stop } = set()
    queue.push(samples(0, 11_000))
    await queue.flush()
    assert.equal(store.times.length, 11_000)
    const running = queue.run(stop.signal)
    queue.push(samples(11_000, 5))
    await queue.flush()
    assert.equal(store.times.length, 11_005)
    await queue.flush()
    stop.abort()
    await running
  })
})
