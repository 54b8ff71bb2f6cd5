/**
 * Checks: the same check_dummy services by our engine (real journal, resident shells) and by Debian's Nagios 4, one after the
 * other in the same run; then instance checks inside the process on a real sample store.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAlerter } from '../alerter/engine.ts'
import { Registry } from '../alerter/registry.ts'
import { loadRules } from '../alerter/rules.ts'
import { runChecks } from '../alerter/run-checks.ts'
import { checkId, spreadOffset } from '../alerter/schedule.ts'
import { alerterSection } from '../alerter/section.ts'
import { findPlugins } from '../cli/plugins.ts'
import { createRender } from '../cli/render.ts'
import { healthBoard } from '../collector/health.ts'
import { systemClock as clock } from '../model/clock.ts'
import type { Check, Plugin, Programs, Target } from '../model/contract.ts'
import type { Sample } from '../model/sample.ts'
import { openPrograms } from '../plugins/check-command/programs.ts'
import { alertJournal } from '../store/journal/alerts.ts'
import { openDatabase } from '../store/journal/database.ts'
import { openSampleStore, storeSection } from '../store/open.ts'
import { instance } from '../test/support/alerting.ts'
import { nagiosProgram, processorMs, startNagios } from '../test/support/nagios.ts'
import { silentLogger } from '../test/support/silent-logger.ts'
import { devicesOf, nagiosObjects } from './nagios-objects.ts'
import { type BenchRow, printRows } from './row.ts'

/** Services, and the seconds between two checks of one: 500 a second, and as many as there is processor for. */
const loads = [
  { services: 1000, interval: 2 },
  { services: 10_000, interval: 20 },
  { services: 10_000, interval: 1 },
] as const
const settleMs = 12_000
const measureMs = Number(process.env.SECONDS ?? 20) * 1000
const peerName = 'nagios4'

interface Measured {
  perSecond: number
  /** Processor time of everything, plugins included, ms a check. */
  cpu: number
  /** … of the process that decides. */
  engine: number | null
  /** From when a check was due to its result, ms. */
  latency: number[]
}

export async function run(): Promise<BenchRow[]> {
  const rows: BenchRow[] = []
  const plugins = await findPlugins()
  for (const { services, interval } of loads) {
    const ours = await inDirectory((directory) => measureOurs(directory, plugins, services, interval))
    const theirs = existsSync(nagiosProgram)
      ? await inDirectory((directory) => measureNagios(directory, services, interval))
      : null
    rows.push(...rowsOf(`check_dummy, ${services.toLocaleString('en')} services every ${interval} s`, interval, ours, theirs))
  }
  return [...rows, ...(await inDirectory((directory) => inProcess(directory, plugins)))]
}

async function inDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'specola-bench-'))
  try {
    return await work(directory)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function measureOurs(directory: string, plugins: readonly Plugin[], services: number, interval: number): Promise<Measured> {
  const logger = silentLogger()
  let measuring = false
  const latency: number[] = []
  const pool = openPrograms({ user: null, environment: {}, atOnce: 64 }, { clock, logger })
  const programs: Programs = { run: (call) => pool.run(call) }
  /** When each was due is known from its place in the interval. */
  const timed = plugins.map((plugin): Plugin => {
    if (plugin.name !== 'command' || plugin.kind !== 'check') return plugin
    const check: Check = plugin
    return {
      ...check,
      async run(ctx) {
        const result = await check.run(ctx)
        const offset = spreadOffset(checkId(ctx.macro?.('SERVICEDESC') ?? '', ctx.target.kind, ctx.target.id), interval * 1000)
        if (measuring) latency.push((((clock.now() - offset) % (interval * 1000)) + interval * 1000) % (interval * 1000))
        return result
      },
    }
  })
  const db = openDatabase(directory)
  const config = alerterSection(timed).parse(devicesOf(services, interval))
  const alerter = createAlerter(config, {
    ...{ clock, logger, plugins: timed, programs, journal: alertJournal(db), health: healthBoard(clock), rules: [] },
    store: { range: async () => ({ times: [], series: [] }), latest: async () => [] },
    inventory: { instances: async () => ({ rows: [], total: 0 }), hypervisors: async () => [] },
    ...{ live: { publish: () => undefined }, render: createRender() },
  })
  const stop = new AbortController()
  const running = alerter.run(stop.signal)
  await clock.sleep(Math.max(settleMs, Math.min(interval * 1000, 30_000) + 5000))
  const before = { engine: process.cpuUsage(), shells: shellsMs(), at: performance.now() }
  measuring = true
  await clock.sleep(measureMs)
  measuring = false
  const { user, system } = process.cpuUsage(before.engine)
  const seconds = (performance.now() - before.at) / 1000
  const shells = shellsMs() - before.shells
  stop.abort(new Error('measured'))
  await running
  await pool.close()
  db.close()
  const engine = (user + system) / 1000 / latency.length
  return { perSecond: latency.length / seconds, cpu: engine + shells / latency.length, engine, latency }
}

/** Processor time of our resident shells and of all that they ran. */
function shellsMs(): number {
  return childrenOf(process.pid).reduce((sum, pid) => sum + processorMs(pid), 0)
}

function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(Number(name)) === pid)
    .map(Number)
}

function parentOf(pid: number): number {
  try {
    return Number(
      readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')[1],
    )
  } catch {
    return -1
  }
}

async function measureNagios(directory: string, services: number, interval: number): Promise<Measured> {
  const settings = [
    ...['interval_length=1', 'max_concurrent_checks=0', `service_inter_check_delay_method=${interval / services}`],
    ...['enable_flap_detection=0', 'execute_host_checks=0', 'use_large_installation_tweaks=1'],
  ]
  const nagios = await startNagios(directory, nagiosObjects(services, interval), settings)
  await clock.sleep(Math.max(settleMs, Math.min(interval * 1000, 60_000) + 5000))
  const before = { checks: nagios.results().length, cpu: nagios.cpuMs(), at: performance.now() }
  await clock.sleep(measureMs)
  const cpu = nagios.cpuMs() - before.cpu
  const seconds = (performance.now() - before.at) / 1000
  const results = nagios.results().slice(before.checks)
  await nagios.stop()
  const latency = results.map(([, late, lasted]) => (Number(late) + Number(lasted)) * 1000)
  return { perSecond: results.length / seconds, cpu: cpu / results.length, engine: null, latency }
}

function rowsOf(what: string, interval: number, ours: Measured, theirs: Measured | null): BenchRow[] {
  const beside = (name: string, unit: string, value: number, peer: number | undefined, note?: string): BenchRow => ({
    ...{ name: `${what}: ${name}`, value, unit },
    ...(peer === undefined ? {} : { peer: { name: peerName, value: peer } }),
    ...(note === undefined ? {} : { note }),
  })
  const part = (measured: Measured | null, share: number) => {
    const sorted = measured?.latency.toSorted((a, b) => a - b)
    return sorted?.[Math.floor(sorted.length * share)]
  }
  // With more asked for than there is processor for, being late has no bound.
  const late =
    interval > 1
      ? [
          beside('due to result, p50', 'ms', part(ours, 0.5) ?? 0, part(theirs, 0.5)),
          beside('due to result, p95', 'ms', part(ours, 0.95) ?? 0, part(theirs, 0.95)),
        ]
      : []
  const load = `load of the machine ${loadavg()[0]?.toFixed(1)}`
  return [
    beside('checks', '/s', ours.perSecond, theirs?.perSecond, load),
    beside('processor, plugin included', 'ms each', ours.cpu, theirs?.cpu),
    beside('processor of the engine', 'ms each', ours.engine ?? 0, undefined, 'bar: 0.2'),
    ...late,
  ]
}

const instances = 10_000
const cycles = 10

/** One cycle: two rules on ten thousand instances, read from the embedded store. */
async function inProcess(directory: string, plugins: readonly Plugin[]): Promise<BenchRow[]> {
  const logger = silentLogger()
  const store = await openSampleStore(storeSection.parse({ kind: 'duckdb' }), { directory, clock, logger })
  const ids = Array.from({ length: instances }, (_, n) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`)
  for (let ago = 150_000; ago >= 0; ago -= 30_000) await store.write(samplesOf(ids, clock.now() - ago))
  let queries = 0
  const counted = {
    range: (query: Parameters<typeof store.range>[0]) => {
      queries++
      return store.range(query)
    },
    latest: (query: Parameters<typeof store.latest>[0]) => {
      queries++
      return store.latest(query)
    },
  }
  const rules = loadRules(null, plugins).filter(({ name }) => name === 'cpu' || name === 'state')
  const registry = new Registry(rules, [], clock.now())
  registry.sync(
    ids.map((id): Target => ({ kind: 'instance', id, name: id, project: 'p', host: 'hv', instance: instance(id) })),
    clock.now(),
  )
  const entries = [...registry.entries.values()]
  const deps = { store: counted, health: { all: () => [] }, clock, logger, timeoutMs: 30_000 }
  const signal = new AbortController().signal
  await runChecks(entries, deps, signal)
  queries = 0
  const began = performance.now()
  const before = process.cpuUsage()
  let told = 0
  for (let n = 0; n < cycles; n++) told += (await runChecks(entries, deps, signal)).filter(({ result }) => result !== null).length
  const seconds = (performance.now() - began) / 1000
  const { user, system } = process.cpuUsage(before)
  await store.close()
  if (told !== entries.length * cycles) throw new Error(`${entries.length * cycles - told} checks said nothing`)
  return [
    {
      name: 'checks inside the process, with their reads',
      value: told / seconds,
      unit: '/s',
      note: `bar: 20,000; ${Math.round(told / ((user + system) / 1e6)).toLocaleString('en')} a second of processor`,
    },
    {
      name: `store queries of a cycle of ${entries.length.toLocaleString('en')} checks`,
      value: queries / cycles,
      unit: '',
      note: 'bar: 10',
    },
  ]
}

const samplesOf = (ids: readonly string[], time: number): Sample[] =>
  ids.map((id, n) => ({
    ...{ measurement: 'instance', time, tags: { instance: id, project: 'p', host: 'hv' } },
    fields: { state: 1, cpu_percent: n % 100 },
  }))

if (import.meta.main) printRows(await run())
