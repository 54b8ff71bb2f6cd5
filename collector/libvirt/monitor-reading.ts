import type { Clock } from '../../model/clock.ts'
import { AppError, type Logger } from '../../model/contract.ts'
import { inParallel } from '../in-parallel.ts'
import { CallTimeout } from './client.ts'
import type { HypervisorMemory } from './hypervisor-memory.ts'
import type { MonitorConnections } from './monitor-connections.ts'
import { allDomainStats, type DomainRecord, type DomainRef, statsFlags, statsGroups } from './procedures.ts'
import type { Reading } from './rates.ts'
import { domainStats } from './stats.ts'

/** A domain of a poll: what the kernel tells, and what QEMU answered (null = nothing). */
export interface Answered {
  network: Reading
  monitor: Reading | null
}

const groups = statsGroups.state | statsGroups.cpu | statsGroups.balloon | statsGroups.vcpu | statsGroups.block

/** How many chunks are asked for at once: a light client leaves the daemon's workers to Nova. */
const chunksAtOnce = 3

/**
 * After a timeout the same chunk is asked for again: the call that hangs holds the lock of the guilty domain, so NOWAIT now
 * passes it over and the others answer at once. Three, because several QEMUs of one chunk may hang.
 */
const attempts = 3

/**
 * Cuts into even chunks of at most `size`, and into at least as many as are asked for at once. Domains whose QEMU was silent
 * lately share chunks of their own, where they hold up nobody else.
 */
export function planChunks<T>(items: readonly T[], size: number, isSuspect: (item: T) => boolean): T[][] {
  const usual = items.filter((item) => !isSuspect(item))
  const count = Math.min(usual.length, Math.max(chunksAtOnce, Math.ceil(usual.length / size)))
  return [...cut(usual, Math.ceil(usual.length / Math.max(1, count))), ...cut(items.filter(isSuspect), size)]
}

function cut<T>(items: readonly T[], size: number): T[][] {
  const parts: T[][] = []
  for (let at = 0; at < items.length; at += size) parts.push(items.slice(at, at + size))
  return parts
}

/** Asks all QEMUs, chunk by chunk; `handOver` gets each chunk as soon as it is there. One that hangs stops no other. */
export async function readMonitors(
  connections: MonitorConnections,
  chunkSize: number,
  active: readonly Reading[],
  memory: HypervisorMemory,
  deps: { clock: Clock; logger: Logger },
  handOver: (answered: readonly Answered[]) => Promise<void>,
): Promise<void> {
  const silent = ({ stats }: Reading) => memory.domains.get(stats.domain.uuid)?.silent ?? 0
  const chunks = planChunks(active, chunkSize, (reading) => silent(reading) > 0)
  await inParallel(chunksAtOnce, chunks, async (chunk) => {
    const domains = chunk.map(({ stats }) => stats.domain)
    const { records, hung } = await readChunk(connections, domains, deps.logger)
    const instant = { at: deps.clock.monotonic(), time: deps.clock.now() }
    const monitors = new Map(records.map(domainStats).map((stats) => [stats.domain.uuid, { stats, ...instant }]))
    const answered = chunk.map((network): Answered => {
      const { uuid } = network.stats.domain
      const monitor = monitors.get(uuid)
      const known = memory.domains.get(uuid)
      if (known && (monitor || hung)) known.silent = monitor?.stats.monitored ? 0 : known.silent + 1
      return { network, monitor: monitor?.stats.monitored ? monitor : null }
    })
    await handOver(answered)
  })
}

interface ChunkReply {
  records: readonly DomainRecord[]
  /** No attempt came to an end: each of these QEMUs may be the one that hangs. */
  hung: boolean
}

async function readChunk(connections: MonitorConnections, domains: readonly DomainRef[], logger: Logger): Promise<ChunkReply> {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    try {
      const client = await connections.use()
      const query = { domains, groups, flags: statsFlags.nowait }
      return { records: await client.call(allDomainStats, query), hung: false }
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      logger.debug(`statistics of ${domains.length} domains, attempt ${attempt}: ${error.message}`)
      if (!(error instanceof CallTimeout)) return { records: [], hung: false }
    }
  }
  return { records: [], hung: true }
}
