/** Samples in and out of the embedded store, beside an InfluxDB 1.x that gets the very same in the same run. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../model/clock.ts'
import type { SampleStore } from '../model/sample.ts'
import { DuckStore } from '../store/duckdb/duckdb-store.ts'
import { openSampleStore, storeSection } from '../store/open.ts'
import { duckSettings } from '../test/support/duck-store.ts'
import { influxdProgram, startInfluxd } from '../test/support/influxd.ts'
import { silentLogger } from '../test/support/silent-logger.ts'
import { type BenchRow, printRows } from './row.ts'
import { batches, fieldsPerRow, tickMs, type Workload } from './sample-workload.ts'

const batchRows = 5000
const warmUpBatches = 10
const day = 86_400_000
const hour = 3_600_000
const peerName = 'influxd 1.6'

interface Load {
  rowsPerSecond: number
  /** Processor seconds per million values, ours and the server's. */
  cpu: number
}

/** Runs the whole bench in its own temporary directory; under a minute. */
export async function run(): Promise<BenchRow[]> {
  const directory = mkdtempSync(join(tmpdir(), 'specola-bench-'))
  const deps = { directory, clock: systemClock, logger: silentLogger() }
  const workload: Workload = {
    instances: 100,
    from: Math.floor((systemClock.now() - day) / tickMs) * tickMs,
    ticks: day / tickMs,
  }
  const influxd = existsSync(influxdProgram) ? await startInfluxd(join(directory, 'influxd')) : null
  const duck = await DuckStore.open(
    { ...duckSettings, memoryBytes: 512 * 1024 ** 2 },
    { ...deps, directory: join(directory, 'samples') },
  )
  const influx = influxd && (await openSampleStore(storeSection.parse({ kind: 'influx1', url: influxd.url }), deps))
  try {
    const ours = await load(duck, workload)
    const theirs = influx && (await load(influx, { ...workload }, influxd.pid))
    const rows: BenchRow[] = [
      row('samples: durable rows of 20 values', ours.rowsPerSecond, 'rows/s', theirs?.rowsPerSecond),
      row('samples: processor time, client and server', ours.cpu, 's/M values', theirs?.cpu, 'bar: 1/12'),
    ]
    const before = process.cpuUsage()
    const began = performance.now()
    await duck.maintain()
    const { user, system } = process.cpuUsage(before)
    const raw = duck.sealed.filter(({ tier }) => tier === 'raw')
    const bytes = raw.reduce((sum, segment) => sum + segment.bytes, 0)
    const values = raw.reduce((sum, segment) => sum + segment.rows, 0) * fieldsPerRow
    rows.push({
      name: 'samples: sealing and roll-ups of that day',
      value: performance.now() - began,
      unit: 'ms',
      note: `${((user + system) / 1e6).toFixed(1)} s of processor, ${values / 1e6} M values`,
    })
    rows.push({ name: 'samples: raw, sealed', value: bytes / values, unit: 'bytes/value', note: 'bar: 1.4' })
    for (const [name, ask] of Object.entries(questions(workload))) {
      const mine = await median(() => ask(duck))
      rows.push(row(`samples: ${name}`, mine, 'ms', influx ? await median(() => ask(influx)) : undefined))
    }
    return rows
  } finally {
    await duck.close()
    await influx?.close()
    await influxd?.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

const row = (name: string, value: number, unit: string, peer: number | undefined, note?: string): BenchRow =>
  peer === undefined
    ? { name, value, unit, note: `no ${peerName} here` }
    : { name, value, unit, peer: { name: peerName, value: peer }, ratio: value / peer, ...(note === undefined ? {} : { note }) }

/** Writes the workload batch by batch, each acknowledged before the next; making samples and warming up are not counted. */
async function load(store: SampleStore, workload: Workload, serverPid?: number): Promise<Load> {
  let wall = 0
  let cpu = 0
  let rows = 0
  let written = 0
  let serverBefore = 0
  for (const batch of batches(workload, batchRows)) {
    if (written++ < warmUpBatches) {
      await store.write(batch)
      serverBefore = serverPid === undefined ? 0 : processorSeconds(serverPid)
      continue
    }
    const began = performance.now()
    const before = process.cpuUsage()
    await store.write(batch)
    const { user, system } = process.cpuUsage(before)
    wall += performance.now() - began
    cpu += (user + system) / 1e6
    rows += batch.length
  }
  if (serverPid !== undefined) cpu += processorSeconds(serverPid) - serverBefore
  return { rowsPerSecond: (rows / wall) * 1000, cpu: cpu / ((rows * fieldsPerRow) / 1e6) }
}

/** Of another process, from its start; the kernel counts in hundredths. */
function processorSeconds(pid: number): number {
  const afterName = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(afterName[11]) + Number(afterName[12])) / 100
}

/** The questions of pages and checks, by what they ask; numbered as in the store's design. */
function questions({ from }: Workload): Record<string, (store: SampleStore) => Promise<unknown>> {
  const to = from + day
  const [first] = batches({ instances: 1, from, ticks: 1 }, 1).next().value ?? []
  const one = { instance: first?.tags.instance as string }
  const measurement = 'instance'
  const groupBy = ['instance']
  const pct = ['cpu_percent']
  return {
    'Q1 one instance, 1 h raw, 3 fields': (store) =>
      store.range({
        measurement,
        fields: [...pct, 'memory_used_bytes', 'disk_read_ops'],
        where: one,
        from: to - hour,
        to,
        step: tickMs,
        aggregates: ['last'],
        groupBy,
      }),
    'Q2 one instance, 24 h, 5 min mean and max': (store) =>
      store.range({ measurement, fields: pct, where: one, from, to, step: 300_000, aggregates: ['mean', 'max'], groupBy }),
    'Q3 top 10 by cpu, 1 h, all instances': async (store) => {
      const { series } = await store.range({
        measurement,
        fields: pct,
        where: {},
        from: to - hour,
        to,
        step: day,
        aggregates: ['mean'],
        groupBy,
      })
      return series.toSorted((a, b) => (b.values.at(-1) ?? 0) - (a.values.at(-1) ?? 0)).slice(0, 10)
    },
    'Q4 by project, 24 h, 5 min': (store) =>
      store.range({ measurement, fields: pct, where: {}, from, to, step: 300_000, aggregates: ['mean'], groupBy: ['project'] }),
    'Q5 latest of every instance': (store) => store.latest({ measurement, where: {}, since: to - 120_000 }),
  }
}

/** Warm. */
async function median(ask: () => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < 15; i++) {
    const began = performance.now()
    await ask()
    times.push(performance.now() - began)
  }
  return times.sort((a, b) => a - b)[7] as number
}

if (import.meta.main) printRows(await run())
