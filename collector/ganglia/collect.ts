import { createHash } from 'node:crypto'
import { type Clock, every } from '../../model/clock.ts'
import { AppError, type Collector, type Intake, type Inventory, type Logger } from '../../model/contract.ts'
import type { HealthBoard, HealthReport } from '../../model/health.ts'
import type { Machine } from '../../model/resource.ts'
import { knownMachines } from './known-machines.ts'
import type { Matcher } from './match.ts'
import { type GangliaReport, parseGanglia } from './parse.ts'
import { readAnswer } from './read-answer.ts'
import { type GangliaMemory, type GangliaReading, gangliaReading } from './samples.ts'
import type { GangliaSource } from './section.ts'

export interface GangliaCollectorDeps {
  intake: Intake
  /** Whom machines are matched with; null where there is no inventory: then nobody is. */
  inventory: Pick<Inventory, 'instances' | 'hypervisors'> | null
  clock: Clock
  logger: Logger
  health: HealthBoard
}

/** All machines are told to the journal again after this long. */
const announceEveryMs = 600_000
const namesShown = 3

/** Reads one Ganglia source for as long as it is let: at each interval the first address that answers. */
export function gangliaCollector(source: GangliaSource, deps: GangliaCollectorDeps): Collector {
  const name = `ganglia ${source.name}`
  const logger = deps.logger.child({ component: 'ganglia', source: source.name })
  const health = (report: Omit<HealthReport, 'component' | 'kind'>) =>
    deps.health.report({ component: name, kind: 'ganglia', ...report })

  async function run(signal: AbortSignal): Promise<void> {
    const state: SourceState = {
      memory: new Map(),
      announced: new Map(),
      announcedAt: Number.NEGATIVE_INFINITY,
      matcher: knownMachines(deps.inventory, deps.clock),
      first: 0,
    }
    let failing = false
    health({ state: 'starting', detail: `asking ${addressText(source)}` })
    await every(deps.clock, source.interval, signal, async () => {
      try {
        const { reading, leftOut, address } = await readOnce(source, deps, state)
        if (failing) logger.info(`${address} answers again`)
        failing = false
        health(healthOf(reading, leftOut, address))
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        if (!failing) logger.warn(`${error.message}; trying again at every interval`)
        failing = true
        health({ state: 'down', detail: error.message })
      }
    })
    health({ state: 'stopped', detail: 'stopped' })
  }

  return { name, run }
}

interface SourceState {
  memory: GangliaMemory
  /** What the journal was told of each machine, as a digest. */
  announced: Map<string, string>
  announcedAt: number
  matcher(mayBe: GangliaSource['machines']): Promise<Matcher>
  /** The address that answered last is asked first. */
  first: number
}

async function readOnce(source: GangliaSource, deps: GangliaCollectorDeps, state: SourceState) {
  const { report, address, readAt } = await firstAnswer(source, deps.clock, state)
  const match = await state.matcher(source.machines)
  const wanted = source.clusters ? new Set(source.clusters) : null
  const reading = gangliaReading(report, match, state.memory, readAt, wanted)
  await announce(reading.machines, deps, state)
  if (reading.samples.length > 0) await deps.intake.samples(reading.samples)
  return { reading, leftOut: report.leftOut, address }
}

/** Throws AppError('unreachable') that names each attempt. */
async function firstAnswer(
  source: GangliaSource,
  clock: Clock,
  state: SourceState,
): Promise<{ report: GangliaReport; address: string; readAt: number }> {
  const failures: string[] = []
  const limits = { timeoutMs: source.timeout, mostBytes: source.most }
  for (let attempt = 0; attempt < source.addresses.length; attempt++) {
    const place = (state.first + attempt) % source.addresses.length
    const address = source.addresses[place] as GangliaSource['addresses'][number]
    try {
      const reports: GangliaReport[] = []
      for (const question of source.interactive ? (source.clusters ?? []).map((cluster) => `/${cluster}`) : [null])
        reports.push(parseGanglia(await readAnswer(address, question, clock, limits)))
      state.first = place
      return { report: merged(reports), address: `${address.host}:${address.port}`, readAt: clock.now() }
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      failures.push(error.code === 'protocol' ? `${address.host}:${address.port}: ${error.message}` : error.message)
    }
  }
  throw new AppError('unreachable', failures.join('; '))
}

/** A gmetad that is asked for a cluster it does not know answers with all it has: each cluster counts once. */
function merged(reports: readonly GangliaReport[]): GangliaReport {
  const clusters = new Map(reports.flatMap((report) => report.clusters).map((cluster) => [cluster.name, cluster]))
  return { clusters: [...clusters.values()], leftOut: reports.reduce((sum, { leftOut }) => sum + leftOut, 0) }
}

/** Tells the journal of machines that are new or changed; of all from time to time, so that it knows who is still there. */
async function announce(
  machines: readonly Machine[],
  { intake, clock }: GangliaCollectorDeps,
  state: SourceState,
): Promise<void> {
  const all = clock.monotonic() - state.announcedAt >= announceEveryMs
  if (all) {
    state.announced.clear()
    state.announcedAt = clock.monotonic()
  }
  const news = machines.filter((machine) => {
    const key = `${machine.cluster}\0${machine.name}`
    const digest = createHash('sha1')
      .update(JSON.stringify({ ...machine, seenAt: 0 }))
      .digest('base64')
    if (state.announced.get(key) === digest) return false
    state.announced.set(key, digest)
    return true
  })
  if (news.length > 0) await intake.machines(news)
}

function healthOf({ machines, silent, samples }: GangliaReading, leftOut: number, address: string) {
  const matched = machines.filter(({ hypervisor, instance }) => hypervisor !== null || instance !== null).length
  const numbers = { machines: machines.length, matched, silent: silent.length, left_out: leftOut, processed: samples.length }
  const names = silent.slice(0, namesShown).map(({ name }) => name)
  const rest = silent.length > namesShown ? ` and ${silent.length - namesShown} more` : ''
  const quiet = silent.length > 0 ? `; silent: ${names.sort().join(', ')}${rest}` : ''
  return {
    state: 'ok' as const,
    detail: `${machines.length} machines (${matched} known as hypervisors or instances) from ${address}${quiet}`,
    numbers,
  }
}

const addressText = ({ addresses }: GangliaSource) => addresses.map(({ host, port }) => `${host}:${port}`).join(', ')
