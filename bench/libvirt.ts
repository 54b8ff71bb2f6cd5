/** One poll of N real QEMU guests by our collector, and `virsh domstats` asking the same daemon for the same, in turn. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { LibvirtClient } from '../collector/libvirt/client.ts'
import { newHypervisorMemory } from '../collector/libvirt/hypervisor-memory.ts'
import { allDomainStats, statsFlags, statsGroups } from '../collector/libvirt/procedures.ts'
import { HypervisorSession } from '../collector/libvirt/session.ts'
import { domainStats } from '../collector/libvirt/stats.ts'
import { systemClock } from '../model/clock.ts'
import { captured } from '../test/support/captured.ts'
import { startLibvirtd } from '../test/support/libvirtd.ts'
import { type BenchRow, printRows } from './row.ts'

const groups = ['--state', '--cpu-total', '--balloon', '--vcpu', '--interface', '--block']

interface Round {
  ours: number
  theirs: number
  theirsAll: number
}

/** 40 MB of memory each, and one disk request a second. */
const guests = Number(process.env.GUESTS ?? 50)

/** A collector polls for months: after this many polls it is compiled. */
const warmUp = 40
const cpuRounds = 40
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
    const seen = captured()
    const config = { uri: libvirtd.uri, host: 'bench', interval: 30_000, timeout: 30_000, chunk: 25 }
    const memory = newHypervisorMemory(config, systemClock)
    const session = await HypervisorSession.open(config, { ...seen, clock: systemClock }, memory)
    for (let n = 0; n < warmUp; n++) await session.poll()
    // Kernels that count CPU in ticks of 10 ms tell nothing of one poll: of many they do.
    const cpu = process.cpuUsage()
    for (let n = 0; n < cpuRounds; n++) await session.poll()
    const { user, system } = process.cpuUsage(cpu)
    const thousand = await thousandStates(libvirtd.uri, directory)
    const measured: Round[] = []
    for (let n = 0; n < rounds; n++) measured.push(await round(session, libvirtd.uri))
    session.close()
    memory.monitors.close()
    return [...rowsOf(measured, (user + system) / 1000 / cpuRounds), thousand]
  } finally {
    await libvirtd.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

async function round(session: HypervisorSession, uri: string): Promise<Round> {
  const virsh = (...args: string[]) =>
    promisify(execFile)('virsh', ['-r', '-c', uri, 'domstats', '--raw', '--nowait', ...args], { maxBuffer: 2 ** 26 })
  return {
    ours: await timed(() => session.poll()),
    theirs: await timed(() => virsh(...groups)),
    theirsAll: await timed(() => virsh()),
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
  for (let n = 0; n < 21; n++) times.push(await timed(async () => (await client.call(allDomainStats, query)).map(domainStats)))
  client.close()
  const middle = times.sort((a, b) => a - b)[10] ?? 0
  return { name: 'libvirt, state of 1,000 domains in one call', value: middle, unit: 'ms' }
}

async function timed(action: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await action()
  return performance.now() - began
}

function rowsOf(measured: readonly Round[], cpuMs: number): BenchRow[] {
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
    { name: `${what}, CPU of the client`, value: cpuMs, unit: 'ms' },
  ]
}

if (import.meta.main) printRows(await run())
