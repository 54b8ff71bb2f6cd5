/**
 * Twelve months of ten thousand instances: taken in by `specola import`, asked by `specola usage`. Whole processes are measured,
 * as a user runs them: start-up, reading and printing included.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { monthAfter, projectOf, type SyntheticYear, syntheticYear } from '../test/support/synthetic-year.ts'
import { type BenchRow, printRows } from './row.ts'

const year: SyntheticYear = { from: Date.UTC(2025, 10, 1), months: 12, instances: 10_000, projects: 200, seed: 12 }
const main = join(import.meta.dirname, '..', 'main.ts')

export async function run(): Promise<BenchRow[]> {
  const directory = mkdtempSync(join(tmpdir(), 'specola-bench-'))
  try {
    const file = join(directory, 'year.jsonl.gz')
    const messages = await write(file)
    const data = join(directory, 'data')
    const imported = await measured(['import', file, '--data', data])
    const month = ['--from', iso(monthAfter(year.from, 10)), '--to', iso(monthAfter(year.from, 11)), '--json', '--data', data]
    const project = await measured(['usage', '--by', 'instance', '--project', projectOf(year, 7), ...month])
    const cloud = await measured(['usage', '--by', 'instance', ...month])
    const parity = await measured(['usage', '--view', 'parity', ...month])
    const size = statSync(join(data, 'journal.sqlite')).size
    return [
      {
        name: 'import of twelve months of 10,000 instances',
        value: messages / (imported.ms / 1000),
        unit: 'messages/s',
        note: `${messages} messages, at most ${imported.mib} MiB of memory, journal ${Math.round(size / 1e6)} MB`,
      },
      { name: 'month of one project, by instance', value: project.ms, unit: 'ms', note: said(project) },
      { name: 'month of the whole cloud, by instance', value: cloud.ms, unit: 'ms', note: said(cloud) },
      { name: "month of the whole cloud, Nova's own formula, detailed", value: parity.ms, unit: 'ms', note: said(parity) },
    ]
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const iso = (time: number) => new Date(time).toISOString()
const said = ({ bytes, mib }: Measured) => `${Math.round(bytes / 1000)} kB of JSON, at most ${mib} MiB of memory`

/** How many messages were written. */
async function write(file: string): Promise<number> {
  let messages = 0
  const lines = function* () {
    for (const line of syntheticYear(year)) {
      messages++
      yield `${line}\n`
    }
  }
  await pipeline(Readable.from(lines()), createGzip({ level: 1 }), createWriteStream(file))
  return messages
}

interface Measured {
  ms: number
  /** Largest resident size. */
  mib: number
  bytes: number
}

async function measured(args: readonly string[]): Promise<Measured> {
  const began = performance.now()
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  let bytes = 0
  let mib = 0
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length
  })
  const look = setInterval(() => {
    mib = Math.max(mib, highWater(child.pid))
  }, 20)
  const [code] = (await once(child, 'close')) as [number]
  clearInterval(look)
  if (code !== 0) throw new Error(`specola ${args.join(' ')}: exit ${code}`)
  return { ms: performance.now() - began, mib, bytes }
}

/** `VmHWM` of a process, MiB; 0 once it is gone. */
function highWater(pid: number | undefined): number {
  try {
    const found = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
    return Math.round(Number(found?.[1] ?? 0) / 1024)
  } catch {
    return 0 // it ended between two looks
  }
}

if (import.meta.main) printRows(await run())
