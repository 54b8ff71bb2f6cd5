import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { appendFileSync, cpSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../../model/clock.ts'
import type { DuckStore } from '../../../store/duckdb/duckdb-store.ts'
import { openStore } from '../../support/duck-store.ts'
import { LineProcess } from '../../support/line-process.ts'
import { needs } from '../../support/needs.ts'
import { type LogLine, silentLogger } from '../../support/silent-logger.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'
import { crashBatch, crashBatchRows } from './crash-batch.ts'

const start = Math.floor(Date.UTC(2026, 0, 15, 1))
const clock = { ...systemClock }
const child = join(import.meta.dirname, 'writing-child.ts')

const stored = (lines: readonly string[]) =>
  lines.filter((line) => line.startsWith('stored ')).map((line) => Number(line.slice(7)))

/** Rows per batch, as queries see them. */
async function rowsPerBatch(store: DuckStore, from: number): Promise<number[]> {
  const { series } = await store.range({
    measurement: 'instance',
    fields: ['batch'],
    where: {},
    from,
    to: from + 5000,
    step: 1,
    aggregates: ['count'],
    groupBy: [],
  })
  const counts = (series[0]?.values ?? []).map((value) => value ?? 0)
  return counts.slice(0, counts.findLastIndex((count) => count > 0) + 1)
}

describe('samples after a crash', function () {
  this.timeout(60_000)
  const directory = temporaryDirectory()
  /** Times that the real clock of the child keeps. */
  const from = Math.floor(clock.now() / 60_000) * 60_000 - 3_600_000
  const writeInChild = (path: string, first: number, ...count: string[]) =>
    new LineProcess(process.execPath, [child, path, String(from), String(first), ...count])

  it('has every acknowledged row once after five kills in the middle of writing', async () => {
    const path = join(directory(), 'killed')
    let acknowledged = -1
    for (let round = 0; round < 5; round++) {
      // Begins a few batches back, as a queue that was not told would.
      const process = writeInChild(path, Math.max(0, acknowledged - 2))
      const goal = acknowledged + 5 + round * 7
      await process.until((lines) => (stored(lines).at(-1) ?? -1) >= goal)
      await process.kill()
      acknowledged = Math.max(acknowledged, ...stored(process.lines))
    }
    const store = await openStore(path, { clock, logger: silentLogger() })
    const counts = await rowsPerBatch(store, from)
    assert.ok(counts.length >= acknowledged + 1 && counts.length <= acknowledged + 2, 'at most one batch was on its way')
    assert.deepEqual([...new Set(counts)], [crashBatchRows])
    const latest = await store.latest({ measurement: 'instance', where: { instance: 'i7' }, since: 0 })
    assert.equal(latest[0]?.fields.batch, counts.length - 1)
    await store.close()
  })

  it('lets no second process at the same samples', async () => {
    const path = join(directory(), 'shared')
    const store = await openStore(path, { clock, logger: silentLogger() })
    await assert.rejects(openStore(path, { clock, logger: silentLogger() }), { code: 'locked' })
    const other = writeInChild(path, 0)
    await other.until((lines) => lines.length > 0)
    assert.match(other.lines[0] ?? '', /^closed .*another specola process uses these samples/)
    await other.kill()
    await store.write(crashBatch(0, from))
    assert.deepEqual(await rowsPerBatch(store, from), [crashBatchRows])
    await store.close()
    await (await openStore(path, { clock, logger: silentLogger() })).close()
  })

  describe('with a damaged log', () => {
    let killed: string
    let wal: number
    const batches = 40
    before(async () => {
      killed = join(directory(), 'log')
      const process = writeInChild(killed, 0, String(batches))
      await process.until((lines) => stored(lines).length >= batches)
      await process.kill()
      wal = statSync(join(killed, 'hot.duckdb.wal')).size
      assert.ok(wal > 100_000)
    })

    const opens = (damage: string, hurt: (wal: string) => void, expected: { atLeast: number; told: boolean }) =>
      it(`opens after ${damage}, keeps what is before the damage and says what it did`, async () => {
        const path = join(directory(), damage.replaceAll(' ', '-'))
        cpSync(killed, path, { recursive: true })
        hurt(join(path, 'hot.duckdb.wal'))
        const lines: LogLine[] = []
        const store = await openStore(path, { clock, logger: silentLogger(lines) })
        const counts = await rowsPerBatch(store, from)
        assert.ok(counts.length >= expected.atLeast, `${counts.length} batches of ${batches} left`)
        assert.ok(counts.every((count) => count === crashBatchRows))
        assert.equal(
          lines.some(({ level }) => level === 'error' || level === 'warn'),
          expected.told,
          JSON.stringify(lines),
        )
        const aside = readdirSync(path).filter((file) => file.includes('.damaged-'))
        assert.equal(aside.length > 0, expected.told)
        // What was lost is written again by whoever still has it; the rest is known to be there.
        for (let batch = 0; batch < batches; batch++) await store.write(crashBatch(batch, from))
        assert.deepEqual([...new Set((await rowsPerBatch(store, from)).slice(0, batches))], [crashBatchRows])
        await store.close()
        await (await openStore(path, { clock, logger: silentLogger() })).close()
      })

    opens('a torn last commit', (file) => truncateSync(file, wal - 37), { atLeast: batches - 1, told: true })
    opens('nothing but the kill', () => undefined, { atLeast: batches, told: false })
    opens('8 KiB of zeros at its end', (file) => appendFileSync(file, Buffer.alloc(8192)), { atLeast: batches, told: true })
    opens('a flipped byte in its middle', (file) => writeAt(file, wal >> 1, 0xff), { atLeast: 10, told: true })
    opens('a flipped byte near its start', (file) => writeAt(file, 200, 0xff), { atLeast: 0, told: true })
    opens('nothing but noise in it', (file) => writeFileSync(file, Buffer.alloc(50_000, 0xa5)), { atLeast: 0, told: true })
    opens('a database file of noise beside it', (file) => writeFileSync(file.replace(/\.wal$/, ''), Buffer.alloc(50_000, 0xa5)), {
      atLeast: 0,
      told: true,
    })
  })

  describe('on a disk that refuses', () => {
    needs('/usr/bin/prlimit', 'util-linux')

    it('refuses writes, goes on answering, and recovers by itself with nothing lost or twice', async () => {
      const path = join(directory(), 'full')
      // No file may grow beyond 3 MB: the kernel refuses as a full disk does, and the limit can be lifted from outside.
      const limited = `trap '' XFSZ; ulimit -S -f 6000; exec "$@"`
      const process = new LineProcess('/bin/sh', ['-c', limited, 'sh', ...nodeArguments(path)])
      await process.until((lines) => lines.filter((line) => line.startsWith('refused ')).length >= 3)
      await process.until((lines) => lines.includes('answered'))
      const before = stored(process.lines).length
      execFileSync('/usr/bin/prlimit', ['--pid', String(process.pid), '--fsize=unlimited:unlimited'])
      await process.until((lines) => stored(lines).length >= before + 20)
      await process.kill()
      const acknowledged = Math.max(...stored(process.lines))
      const store = await openStore(path, { clock, logger: silentLogger() })
      const counts = await rowsPerBatch(store, from)
      assert.ok(counts.length > acknowledged)
      assert.deepEqual([...new Set(counts)], [crashBatchRows])
      await store.close()
    })
    const nodeArguments = (path: string) => [process.execPath, child, path, String(from), '0']

    it('writes nothing below the free-space floor, answers all the same, and goes on when there is room', async () => {
      let free = 1e9
      const virtual = new VirtualClock(start + 3_600_000)
      const store = await openStore(
        join(directory(), 'floor'),
        { clock: virtual, logger: silentLogger(), freeBytes: async () => free },
        { freeSpace: 5e8 },
      )
      await store.write(crashBatch(0, start))
      free = 1e8
      await virtual.advance(2000)
      await assert.rejects(store.write(crashBatch(1, start)), { code: 'storage', message: /95 MiB free.*below 476 MiB/ })
      assert.deepEqual(await rowsPerBatch(store, start), [crashBatchRows])
      free = 1e9
      await virtual.advance(2000)
      await store.write(crashBatch(1, start))
      assert.deepEqual(await rowsPerBatch(store, start), [crashBatchRows, crashBatchRows])
      await store.close()
    })
  })
})

function writeAt(file: string, offset: number, byte: number) {
  const content = readFileSync(file)
  content[offset] = (content[offset] as number) ^ byte
  writeFileSync(file, content)
}
