import type { Clock } from '../../model/clock.ts'
import { AppError, type Logger } from '../../model/contract.ts'
import { inParallel } from '../in-parallel.ts'
import { CallTimeout } from './client.ts'
import type { HypervisorMemory } from './hypervisor-memory.ts'
import { type Risk, TooManyStuck } from './monitor-connections.ts'
import { statsFlags, statsGroups } from './procedures.ts'
import { afterAsking, isQuarantined, type Outcome } from './quarantine.ts'
import type { Reading } from './rates.ts'
import { bulkStats } from './stats.ts'

/** A domain of a poll: what the kernel tells, and what QEMU answered (null = nothing). */
export interface Answered {
  network: Reading
  monitor: Reading | null
}

export interface MonitorPoll {
  chunkSize: number
  intervalMs: number
  /** No QEMU that is suspected is asked after this instant, monotonic ms: the next poll is due. */
  deadline: number
  /** Gets the domains of a call as soon as they are there. */
  handOver(answered: readonly Answered[]): Promise<void>
}

const groups = statsGroups.state | statsGroups.cpu | statsGroups.balloon | statsGroups.vcpu | statsGroups.block

/** How many calls are made at once: a light client leaves the daemon's workers to Nova. */
const callsAtOnce = 3

/** Cuts into even chunks of at most `size`, and into at least as many as are asked for at once. */
export function planChunks<T>(items: readonly T[], size: number): T[][] {
  const count = Math.min(items.length, Math.max(callsAtOnce, Math.ceil(items.length / size)))
  const length = Math.ceil(items.length / Math.max(1, count))
  return Array.from({ length: Math.ceil(items.length / Math.max(1, length)) }, (_, i) =>
    items.slice(i * length, (i + 1) * length),
  )
}

/** Asks all QEMUs, chunk by chunk; one that hangs stops no other. Answers with how many were not asked, to spare the daemon. */
export async function readMonitors(
  memory: HypervisorMemory,
  active: readonly Reading[],
  poll: MonitorPoll,
  deps: { clock: Clock; logger: Logger },
): Promise<number> {
  const reader = new MonitorReader(memory, poll, deps)
  const apart = ({ stats: { domain } }: Reading) => isQuarantined(memory.domains.get(domain.uuid)?.silence ?? null, domain.id)
  const alone = active.filter(apart) // before the chunks: whoever is set apart by them was asked
  const chunks = planChunks(
    active.filter((reading) => !apart(reading)),
    poll.chunkSize,
  )
  await inParallel(callsAtOnce, chunks, (chunk) => reader.readChunk(chunk))
  await inParallel(callsAtOnce, alone, (reading) => reader.readApart(reading))
  return reader.unasked
}

/** What one call brought: readings by uuid, or why there are none. */
type Reply = Map<string, Reading> | Exclude<Outcome, 'answered' | 'skipped'>

/** One poll of the monitors. */
class MonitorReader {
  readonly #memory: HypervisorMemory
  readonly #poll: MonitorPoll
  readonly #clock: Clock
  readonly #logger: Logger
  unasked = 0

  constructor(memory: HypervisorMemory, poll: MonitorPoll, { clock, logger }: { clock: Clock; logger: Logger }) {
    this.#memory = memory
    this.#poll = poll
    this.#clock = clock
    this.#logger = logger
  }

  /**
   * Domains that usually answer. After a timeout the same ones are asked for again: the call that hangs holds the lock of the
   * guilty one, so NOWAIT now passes it over and the others answer at once. Where that hangs too, several are guilty: then
   * each is asked alone.
   */
  async readChunk(chunk: readonly Reading[]): Promise<void> {
    const first = await this.#ask(chunk, 'usual')
    if (first !== 'hung') return this.#settle(chunk, first, 'skipped')
    const again = await this.#ask(chunk, 'suspect')
    if (again !== 'hung') return this.#settle(chunk, again, 'hung')
    await inParallel(callsAtOnce, chunk, async (reading) =>
      this.#settle([reading], await this.#ask([reading], 'suspect'), 'hung'),
    )
  }

  async readApart(reading: Reading): Promise<void> {
    const silence = this.#memory.domains.get(reading.stats.domain.uuid)?.silence
    const due = !silence || silence.notBefore <= this.#clock.monotonic()
    await this.#settle([reading], due ? await this.#ask([reading], 'suspect') : 'unasked', 'skipped')
  }

  async #ask(readings: readonly Reading[], risk: Risk): Promise<Reply> {
    if (risk === 'suspect' && this.#clock.monotonic() >= this.#poll.deadline) return 'unasked'
    try {
      const query = { domains: readings.map(({ stats }) => stats.domain), groups, flags: statsFlags.nowait }
      const answer = await this.#memory.monitors.call(bulkStats, query, risk)
      const instant = { at: this.#clock.monotonic(), time: this.#clock.now() }
      return new Map(answer.map((stats) => [stats.domain.uuid, { stats, ...instant }]))
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      this.#logger.debug(`statistics of ${readings.length} domains: ${error.message}`)
      if (error instanceof CallTimeout) return 'hung'
      if (error instanceof TooManyStuck) return 'unasked'
      return new Map() // refused, because one has just vanished, or the connection was lost: the next poll asks again
    }
  }

  /** Notes for each domain what came of it. `passedOver`: what it means that a domain was left out of an answer. */
  async #settle(readings: readonly Reading[], reply: Reply, passedOver: 'skipped' | 'hung'): Promise<void> {
    const answered = readings.map((network): Answered => {
      const { domain } = network.stats
      const monitor = typeof reply === 'string' ? null : (reply.get(domain.uuid) ?? null)
      if (reply === 'unasked') this.unasked++
      const known = this.#memory.domains.get(domain.uuid)
      if (typeof reply === 'string' || monitor) {
        const before = known?.silence ?? null
        // One that was locked by somebody else before is so now, whoever else hangs; but a call of ours that may be in it is no
        // somebody else.
        const lockedBefore = before?.domainId === domain.id && before.hung === 0
        // Told once: from then on being passed over costs nothing, and it is asked at each poll.
        const told = before?.domainId === domain.id && before.hung > 0
        const ours = !told && known?.suspect === domain.id && this.#memory.monitors.orphans > 0
        const left = ours ? 'hung' : passedOver === 'hung' && lockedBefore ? 'skipped' : passedOver
        const outcome = typeof reply === 'string' ? reply : monitor?.stats.monitored ? 'answered' : left
        const asked = { domainId: domain.id, time: network.time, at: this.#clock.monotonic(), intervalMs: this.#poll.intervalMs }
        if (known) known.silence = afterAsking(before, outcome, asked)
        // of a chunk that hung, and not asked alone for all the calls that are stuck: it may be what one of them is stuck in
        if (known && reply === 'unasked' && passedOver === 'hung') known.suspect = domain.id
        else if (known && outcome === 'answered') known.suspect = null
      }
      return { network, monitor: monitor?.stats.monitored ? monitor : null }
    })
    await this.#poll.handOver(answered)
  }
}
