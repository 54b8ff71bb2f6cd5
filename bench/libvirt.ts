/**
 * One poll of N real QEMU guests by our collector, `virsh domstats` asking the same daemon for the same, and a scrape of
 * prometheus-libvirt-exporter, in turn.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { LibvirtClient } from '../collector/libvirt/client.ts'
import { newHypervisorMemory } from '../collector/libvirt/hypervisor-memory.ts'
import { statsFlags, statsGroups } from '../collector/libvirt/procedures.ts'
import { HypervisorSession } from '../collector/libvirt/session.ts'
import { bulkStats } from '../collector/libvirt/stats.ts'
import { type Clock, systemClock } from '../model/clock.ts'
import type { Intake } from '../model/contract.ts'
import { captured } from '../test/support/captured.ts'
import { freePort } from '../test/support/free-port.ts'
import { startLibvirtd } from '../test/support/libvirtd.ts'
import { silentLogger } from '../test/support/silent-logger.ts'
import { type BenchRow, printRows } from './row.ts'

const groups = ['--state', '--cpu-total', '--balloon', '--vcpu', '--interface', '--block']

interface Round {
  ours: number
  theirs: number
  theirsAll: number
  exporter: number
}

const exporterPath = '/usr/bin/prometheus-libvirt-exporter'

/** Here a poll follows the other at once, and the clock pretends that it came 30 s later: what is due once a minute comes as often. */
let polls = 0
const clock: Clock = { ...systemClock, monotonic: () => polls * 30_000 + performance.now() }
const poll = (session: HypervisorSession) => {
  polls++
  return session.poll()
}

/** What becomes of samples is measured by the bench of the store. */
const intake: Intake = { ...captured().intake, samples: async () => undefined }

/** 40 MB of memory each, and one disk request a second. */
const guests = Number(process.env.GUESTS ?? 50)

/** A collector polls for months: after this many polls it is compiled. The peers are compiled before they start. */
const warmUp = 100
const cpuRounds = 100
const rounds = 11

export async function run(): Promise<BenchRow[]> {
  const directory = mkdtempSync(join(tmpdir(), 'specola-bench-'))
  const libvirtd = await startLibvirtd(directory)
  try {
    for (let n = 0; n < guests; n++) {
      const number = String(n).padStart(8, '0')
      const uuid = `00000000-0000-4000-8000-0000${number}`
      libvirtd.create({ name: `instance-${number}`, uuid, tap: `tapbench${n}`, restTicks: 20 })
    }
    const config = { uri: libvirtd.uri, host: 'bench', interval: 30_000, timeout: 30_000, chunk: 25 }
    const memory = newHypervisorMemory(config, clock)
    const session = await HypervisorSession.open(config, { intake, clock, logger: silentLogger() }, memory)
    for (let n = 0; n < warmUp; n++) await poll(session)
    // Kernels that count CPU in ticks of 10 ms tell nothing of one poll: of many they do.
    const cpu = process.cpuUsage()
    for (let n = 0; n < cpuRounds; n++) await poll(session)
    const { user, system } = process.cpuUsage(cpu)
    const thousand = await thousandStates(libvirtd.uri, directory)
    const measured: Round[] = []
    const exporter = await startExporter(libvirtd.uri)
    const before = exporter && cpuMs(exporter.process)
    for (let n = 0; n < rounds; n++) measured.push(await round(session, libvirtd.uri, exporter))
    const exporterMs = exporter && before !== null ? (cpuMs(exporter.process) - before) / rounds : null
    exporter?.process.kill()
    session.close()
    memory.monitors.close()
    return [...rowsOf(measured, (user + system) / 1000 / cpuRounds, exporterMs), thousand]
  } finally {
    await libvirtd.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

interface Exporter {
  process: ChildProcess
  url: string
}

/** null where it is not installed. */
async function startExporter(uri: string): Promise<Exporter | null> {
  if (!existsSync(exporterPath)) return null
  const address = `127.0.0.1:${await freePort()}`
  const options = ['--libvirt.uri', uri, '--web.listen-address', address]
  const exporter = { process: spawn(exporterPath, options, { stdio: 'ignore' }), url: `http://${address}/metrics` }
  for (let attempt = 0; attempt < 100; attempt++) {
    if (await scrape(exporter).catch(() => false)) return exporter
    await systemClock.sleep(100)
  }
  throw new Error('prometheus-libvirt-exporter does not answer')
}

/** False when it says that it could not read the daemon. */
async function scrape({ url }: Exporter): Promise<boolean> {
  return /^libvirt_up 1$/m.test(await (await fetch(url)).text())
}

/** Processor time of a process so far, in the kernel's ticks of 10 ms. */
function cpuMs({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

async function round(session: HypervisorSession, uri: string, exporter: Exporter | null): Promise<Round> {
  const virsh = (...args: string[]) =>
    promisify(execFile)('virsh', ['-r', '-c', uri, 'domstats', '--raw', '--nowait', ...args], { maxBuffer: 2 ** 26 })
  return {
    ours: await timed(() => poll(session)),
    theirs: await timed(() => virsh(...groups)),
    theirsAll: await timed(() => virsh()),
    exporter: exporter ? await timed(() => scrape(exporter)) : Number.NaN,
  }
}

/** One call to libvirt's test driver, which has as many domains as it is told, and only their states. */
async function thousandStates(uri: string, directory: string): Promise<BenchRow> {
  const file = join(directory, 'node.xml')
  const domain = (n: number) => {
    const uuid = `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
    return `<domain type='test'><name>d${n}</name><uuid>${uuid}</uuid><memory>1024</memory><os><type>hvm</type></os></domain>`
  }
  writeFileSync(file, `<node>${Array.from({ length: 1000 }, (_, n) => domain(n)).join('')}</node>`)
  const client = await LibvirtClient.open(
    { uri: uri.replace(/^.*\?/, `test+unix://${file}?`) },
    { clock: systemClock, timeoutMs: 30_000 },
  )
  const query = { domains: [], groups: statsGroups.state, flags: statsFlags.nowait }
  const times: number[] = []
  for (let n = 0; n < 21; n++) times.push(await timed(() => client.call(bulkStats, query)))
  client.close()
  const middle = times.sort((a, b) => a - b)[10] ?? 0
  return { name: 'libvirt, state of 1,000 domains in one call', value: middle, unit: 'ms' }
}

async function timed(action: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await action()
  return performance.now() - began
}

function rowsOf(measured: readonly Round[], cpuMs: number, exporterMs: number | null): BenchRow[] {
  const median = (field: keyof Round) => {
    const sorted = measured.map((round) => round[field]).sort((a, b) => a - b)
    return sorted[Math.floor(sorted.length / 2)] ?? 0
  }
  const what = `libvirt poll of ${guests} QEMU guests`
  const ours = { name: what, value: median('ours'), unit: 'ms' }
  const beside = (name: string, value: number) => ({ ...ours, peer: { name, value }, ratio: ours.value / value })
  return [
    { ...beside('virsh domstats, same groups', median('theirs')), note: 'ours with XML cache, host figures and rates' },
    beside('virsh domstats, all groups', median('theirsAll')),
    ...(exporterMs === null
      ? []
      : [
          {
            ...beside('prometheus-libvirt-exporter', median('exporter')),
            note: 'it has no vCPU, steal, latency or guest memory',
          },
        ]),
    {
      ...{ name: `${what}, CPU of the client`, value: cpuMs, unit: 'ms', note: `polls ${warmUp} to ${warmUp + cpuRounds}` },
      ...(exporterMs !== null && exporterMs > 0
        ? { peer: { name: 'prometheus-libvirt-exporter', value: exporterMs }, ratio: cpuMs / exporterMs }
        : {}),
    },
  ]
}

if (import.meta.main) printRows(await run())
