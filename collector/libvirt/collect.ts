import { hostname } from 'node:os'
import { type Clock, every } from '../../model/clock.ts'
import { AppError, type Collector, type Intake, type Logger } from '../../model/contract.ts'
import type { HealthBoard, HealthReport } from '../../model/health.ts'
import { newHypervisorMemory } from './hypervisor-memory.ts'
import { healthOfConnection, healthOfQemus } from './poll-health.ts'
import type { PollReport } from './poll-report.ts'
import type { InstanceTags } from './samples.ts'
import type { LibvirtConnection } from './section.ts'
import { HypervisorSession } from './session.ts'
import type { Lane, Turns } from './turns.ts'

export interface LibvirtCollectorDeps {
  intake: Intake
  clock: Clock
  logger: Logger
  health: HealthBoard
  /** Shared by all hypervisors of the process; default: each as if it were alone. */
  turns?: Turns
  /** What the inventory knows of an instance, for domains whose XML does not say. */
  instanceTags?: (uuid: string) => InstanceTags | null
}

/** The first attempts come quickly, for a daemon that is only restarted; then one every half minute, for ever. */
export const retryDelayMs = (failures: number): number => Math.min(30_000, 1000 * 2 ** Math.min(failures - 1, 10))

/** Watches one hypervisor for as long as it is let: polls, follows events, and connects again whenever the connection is lost. */
export function libvirtCollector(config: LibvirtConnection, deps: LibvirtCollectorDeps): Collector {
  const host = config.host ?? hostname()
  const name = `libvirt ${host}`
  const logger = deps.logger.child({ component: 'libvirt', host })
  const health = (report: Omit<HealthReport, 'component' | 'kind' | 'host'>) =>
    deps.health.report({ component: name, kind: 'libvirt', host, ...report })

  async function run(signal: AbortSignal): Promise<void> {
    const memory = newHypervisorMemory(config, deps.clock)
    let silenced = false
    const turn = turnsOf(config, deps)
    const outage = new Outage(deps.clock, logger, config.uri)
    health({ state: 'starting', detail: `connecting to ${config.uri}` })
    while (!signal.aborted) {
      try {
        const session = await turn(signal, () => HypervisorSession.open(config, { ...deps, logger }, memory))
        await watch(session, config, { ...deps, turn }, signal, (report) => {
          outage.ended(report)
          health(healthOfConnection(report))
          const qemus = healthOfQemus(report)
          silenced ||= qemus.state !== 'ok' // told of once there was something, so that its end is told too
          if (silenced) deps.health.report({ component: `qemu ${host}`, kind: 'qemu', host, ...qemus })
        })
      } catch (error) {
        if (signal.aborted) break
        const delay = outage.failed(error)
        health({ state: 'down', detail: `${(error as Error).message}; next attempt within ${delay / 1000} s` })
        await deps.clock.sleep(delay, signal).catch(() => undefined) // rejects only because we shall stop
      }
    }
    memory.monitors.close()
    health({ state: 'stopped', detail: 'stopped' })
    if (silenced) deps.health.report({ component: `qemu ${host}`, kind: 'qemu', host, state: 'stopped', detail: 'stopped' })
  }

  return { name, run }
}

type Turn = <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T>

/** Opens and polls when it is this host's turn. One that failed, or kept us for longer than a call may last, is a suspect next time. */
function turnsOf({ timeout }: LibvirtConnection, { clock, turns }: LibvirtCollectorDeps): Turn {
  if (turns === undefined) return (_, work) => work()
  let lane: Lane = 'usual'
  return (signal, work) =>
    turns.take(lane, signal, async () => {
      const began = clock.monotonic()
      try {
        const result = await work()
        lane = clock.monotonic() - began < timeout ? 'usual' : 'suspect'
        return result
      } catch (error) {
        lane = 'suspect'
        throw error
      }
    })
}

/** Polls and follows events at the same time: a QEMU that hangs delays its own statistics, never a change of state. */
async function watch(
  session: HypervisorSession,
  config: LibvirtConnection,
  { clock, turn }: { clock: Clock; turn: Turn },
  signal: AbortSignal,
  polled: (report: PollReport) => void,
): Promise<void> {
  const failed = new AbortController()
  const over = AbortSignal.any([signal, session.lost, failed.signal])
  over.addEventListener('abort', () => session.close(), { once: true })
  const agents = config.agent === undefined ? null : session.guestAgents()
  over.addEventListener('abort', () => agents?.close(), { once: true })
  const ending = (error: unknown) => {
    failed.abort(error)
    throw error
  }
  try {
    await Promise.all([
      every(clock, config.interval, over, async () => polled(await turn(over, () => session.poll()))).catch(ending),
      followEvents(session, over).catch(ending),
      followMigrations(session, clock, turn, over).catch(ending),
      ...(agents && config.agent !== undefined ? [every(clock, config.agent, over, () => agents.round()).catch(ending)] : []),
    ])
  } finally {
    session.close()
  }
}

async function followEvents(session: HypervisorSession, signal: AbortSignal): Promise<void> {
  for (;;) {
    await session.nextEvent(signal)
    await session.settle()
  }
}

const migrationStepMs = 1000

async function followMigrations(session: HypervisorSession, clock: Clock, turn: Turn, signal: AbortSignal): Promise<void> {
  for (;;) {
    await session.migrating(signal)
    await turn(signal, () => session.readMigrations())
    await clock.sleep(migrationStepMs, signal)
  }
}

/** Tells of an outage once when it begins and once when it ends. */
class Outage {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #uri: string
  #failures = 0
  #since = 0

  constructor(clock: Clock, logger: Logger, uri: string) {
    this.#clock = clock
    this.#logger = logger
    this.#uri = uri
  }

  /** How long to wait before the next attempt. */
  failed(error: unknown): number {
    this.#failures++
    const delay = retryDelayMs(this.#failures)
    if (this.#failures > 1) return delay
    this.#since = this.#clock.monotonic()
    const expected = error instanceof AppError
    this.#logger.warn(`${this.#uri}: ${(error as Error).message}; trying again until it answers`, expected ? {} : { error })
    return delay
  }

  ended({ domains }: PollReport): void {
    if (this.#failures > 0) {
      const seconds = Math.round((this.#clock.monotonic() - this.#since) / 1000)
      this.#logger.info(`${this.#uri}: answers again after ${seconds} s and ${this.#failures} attempts, ${domains} domains`)
    }
    this.#failures = 0
  }
}
