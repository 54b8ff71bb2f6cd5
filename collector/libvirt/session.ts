import type { Clock } from '../../model/clock.ts'
import { AppError, type Intake, type Logger } from '../../model/contract.ts'
import { EventInbox } from './event-inbox.ts'
import { GuestAgents } from './guest-agent.ts'
import { HostParts } from './host-parts.ts'
import { readHost } from './host-reading.ts'
import { type HypervisorMemory, type RememberedDomain, remember, seenInstance } from './hypervisor-memory.ts'
import { missedEvent } from './lifecycle.ts'
import { MigrationWatch } from './migrations.ts'
import { type Answered, type MonitorPoll, readMonitors } from './monitor-reading.ts'
import { type OpenedHypervisor, openHypervisor } from './open-hypervisor.ts'
import { type PollReport, pollReport } from './poll-report.ts'
import type { DomainRef } from './procedures.ts'
import type { Reading } from './rates.ts'
import { type InstanceContext, type InstanceTags, instanceSamples, stateSample } from './samples.ts'
import type { LibvirtConnection } from './section.ts'
import { StateReader } from './state-reading.ts'
import { domainStates, isActive } from './stats.ts'
import { readXml } from './xml-reading.ts'

/** What a session needs from outside. */
export interface SessionDeps {
  intake: Intake
  clock: Clock
  logger: Logger
  /** What the inventory knows, for domains whose XML does not say. */
  instanceTags?: (uuid: string) => InstanceTags | null
}

/** All instances are told to the inventory again after this long, so that one which missed them catches up. */
const announceEveryMs = 600_000

/**
 * An instance that moves has a domain on two hosts for a while, and counts where it runs: not where it is paused for a
 * migration, a start or post-copy, nor where it is shut off because it has left (reasons of libvirt).
 */
const countsElsewhere: ReadonlyMap<number, ReadonlySet<number>> = new Map([
  [domainStates.paused, new Set([2, 11, 12, 13])],
  [domainStates.shutOff, new Set([4])],
])

/** One connection to a hypervisor, from opening to loss: the polls and the events in between. */
export class HypervisorSession {
  readonly #config: LibvirtConnection
  readonly #deps: SessionDeps
  readonly #memory: HypervisorMemory
  readonly #hypervisor: OpenedHypervisor
  readonly #hostParts: HostParts
  readonly #events: EventInbox
  readonly #migrations: MigrationWatch
  readonly #states: StateReader
  readonly #lost = new AbortController()
  /** False until the first list, which is compared with what was known before the outage. */
  #listed = false

  private constructor(config: LibvirtConnection, deps: SessionDeps, memory: HypervisorMemory, opened: OpenedHypervisor) {
    this.#config = config
    this.#deps = deps
    this.#memory = memory
    this.#hypervisor = opened
    this.#states = new StateReader(opened.client, memory)
    this.#migrations = new MigrationWatch(memory, deps.clock)
    this.#hostParts = new HostParts(opened.client, opened.host, deps.clock)
    const leaves = (uuid: string) => this.#migrations.notice([uuid])
    this.#events = new EventInbox({ ...deps, memory, host: opened.host, leaves })
    opened.client.onEvent((event) => this.#events.hear(event))
    opened.client.onClose((reason) => this.#lost.abort(reason))
  }

  /** Connects, and listens for events from then on. `memory` is that of the session before, if there was one. */
  static async open(config: LibvirtConnection, deps: SessionDeps, memory: HypervisorMemory): Promise<HypervisorSession> {
    return new HypervisorSession(config, deps, memory, await openHypervisor(config, deps.clock))
  }

  get host(): string {
    return this.#hypervisor.host
  }

  /** Aborted, with the reason, when the connection is lost. */
  get lost(): AbortSignal {
    return this.#lost.signal
  }

  close(): void {
    this.#hypervisor.client.close()
    this.#lost.abort(new AppError('unreachable', 'the connection was closed'))
  }

  /** Reads everything once and hands it over. Throws when the daemon does not answer even to what needs no QEMU. */
  async poll(): Promise<PollReport> {
    const began = this.#deps.clock.monotonic()
    const readings = await this.#readStates([])
    const first = !this.#listed
    this.#listed = true
    this.#events.open()
    await this.#readXml(readings)
    await this.#announceAll()
    const active = readings.filter(({ stats }) => isActive(stats))
    let samples = await this.#handOver(
      readings.filter(({ stats }) => !isActive(stats)).flatMap((reading) => this.#stateSamples(reading)),
    )
    const handOver = async (chunk: readonly Answered[]) => {
      const count = await this.#handOver(chunk.flatMap(({ network, monitor }) => this.#instanceSamples(network, monitor)))
      samples += count // not before the await: other chunks count meanwhile
    }
    const host = await this.#readHost(readings) // not beside the monitors: a daemon whose workers are stuck takes calls one by one
    const unasked = await this.#readMonitors(active, began, handOver)
    samples += host
    // One that began while nobody listened is told by no event.
    if (first && this.#monitored) this.#migrations.notice(this.#answeredSince(active))
    return pollReport(this.#memory, {
      ...{ samples, unasked, active, monitored: this.#monitored },
      ...{ pollMs: this.#deps.clock.monotonic() - began, orphans: this.#hypervisor.client.orphans },
    })
  }

  /** Those whose QEMU has just answered: only they may be asked more. */
  #answeredSince(active: readonly Reading[]): string[] {
    return active.flatMap(({ stats: { domain }, at }) => {
      const monitor = this.#memory.domains.get(domain.uuid)?.monitor
      return monitor && monitor.at >= at ? [domain.uuid] : []
    })
  }

  async #readMonitors(active: readonly Reading[], began: number, handOver: MonitorPoll['handOver']): Promise<number> {
    if (this.#states.bulk) {
      const { chunk: chunkSize, interval: intervalMs, timeout } = this.#config
      const deadline = began + Math.max(intervalMs, 4 * timeout)
      return readMonitors(this.#memory, active, { chunkSize, intervalMs, deadline, handOver }, this.#deps)
    }
    await handOver(active.map((reading) => ({ network: reading, monitor: reading })))
    return 0
  }

  /** Resolves when there is something for `settle`, after the first list; throws what the signal was aborted for. */
  nextEvent(signal: AbortSignal): Promise<void> {
    return this.#events.next(signal)
  }

  /** Deals with the events that have come: a fresh state sample of each domain concerned, then the facts into the journal. */
  async settle(): Promise<void> {
    const domains = this.#events.take()
    const uuids = new Set(domains.map(({ uuid }) => uuid))
    if (domains.length > 0) {
      const readings = (await this.#readStates(domains)).filter(({ stats }) => uuids.has(stats.domain.uuid))
      await this.#readXml(readings)
      await this.#handOver(readings.flatMap((reading) => this.#stateSamples(reading)))
    }
    await this.#memory.outbox.deliver(this.#deps.intake)
  }

  /** Resolves when an instance is leaving this host; throws what the signal was aborted for. */
  migrating(signal: AbortSignal): Promise<void> {
    return this.#migrations.some(signal)
  }

  async readMigrations(): Promise<void> {
    await this.#handOver(
      await this.#migrations.read((uuid) => {
        const known = this.#memory.domains.get(uuid)
        return known ? this.#context(known) : null
      }),
    )
  }

  /** The slow loop beside the polls, for as long as this session lasts. */
  guestAgents(): GuestAgents {
    return new GuestAgents(this.#config, this.#memory, { ...this.#deps, contextOf: (domain) => this.#context(domain) })
  }

  /** One call that needs no QEMU: states, and what the kernel counts of interfaces. An empty list asks for all domains. */
  async #readStates(domains: readonly DomainRef[]): Promise<Reading[]> {
    const read = await this.#states.read(domains)
    const { clock } = this.#deps
    const instant = { at: clock.monotonic(), time: clock.now() }
    const readings = read.map((stats) => ({ stats, ...instant }))
    if (domains.length === 0) this.#forgetAllBut(readings)
    return readings.filter((reading) => this.#noteState(reading))
  }

  /** Remembers the state; after an outage also journals what it says of the time in between. False = counts on another host. */
  #noteState({ stats }: Reading): boolean {
    const { domain, state, stateReason } = stats
    if (state === null) return false
    const before = this.#memory.domains.get(domain.uuid)
    const missed =
      before && !this.#listed && !this.#events.concerns(domain.uuid)
        ? missedEvent(domain, { state: before.state, id: before.ref.id }, { state, id: domain.id })
        : null
    const known = remember(this.#memory, domain, state)
    if (missed) this.#events.journal(missed, known)
    return !countsElsewhere.get(state)?.has(stateReason ?? 0)
  }

  /** Domains that are not listed any more; one of which an event just came may be so new that the list is older. */
  #forgetAllBut(listed: readonly Reading[]): void {
    const uuids = new Set(listed.map(({ stats }) => stats.domain.uuid))
    for (const uuid of this.#memory.domains.keys())
      if (!uuids.has(uuid) && !this.#events.concerns(uuid)) this.#events.forget(uuid)
  }

  async #readXml(readings: readonly Reading[]): Promise<void> {
    const listed = readings.map(({ stats }) => stats)
    const { client } = this.#hypervisor
    await this.#announce(await readXml(client, this.#memory, listed, this.#deps.logger))
  }

  async #announceAll(): Promise<void> {
    const now = this.#deps.clock.now()
    if (now - this.#memory.announcedAt < announceEveryMs) return
    this.#memory.announcedAt = now
    await this.#announce([...this.#memory.domains.values()])
  }

  async #announce(domains: readonly RememberedDomain[]): Promise<void> {
    const now = this.#deps.clock.now()
    const seen = domains.flatMap((domain) => seenInstance(domain, this.host, now) ?? [])
    if (seen.length > 0) await this.#deps.intake.instances(seen)
  }

  async #readHost(readings: readonly Reading[]): Promise<number> {
    const { client, cpus, memoryKib, version } = this.#hypervisor
    const { clock, intake } = this.#deps
    const running = readings.filter(({ stats }) => stats.state === domainStates.running).length
    const context = { host: this.host, clock, cpus, instances: readings.length, running }
    const sample = await readHost(client, this.#memory, context)
    const memoryBytes = sample.fields.memory_total_bytes ?? memoryKib * 1024
    await intake.hypervisor({ host: this.host, uri: this.#config.uri, cpus, memoryBytes, version, seenAt: clock.now() })
    return this.#handOver([sample, ...(await this.#hostParts.read())])
  }

  #context({ ref, facts }: RememberedDomain): InstanceContext {
    const inventory = this.#deps.instanceTags?.(ref.uuid)
    const nova = facts?.nova
    const tags = {
      project: nova?.project?.id ?? inventory?.project,
      user: nova?.user?.id ?? inventory?.user,
      flavor: nova?.flavor?.name ?? inventory?.flavor,
    }
    return { host: this.host, tags, balloonPeriodS: facts?.balloonPeriodS ?? null }
  }

  #stateSamples({ stats, time }: Reading) {
    const known = this.#memory.domains.get(stats.domain.uuid)
    return known ? [stateSample(known.ref.uuid, known.state, time, this.#context(known))] : []
  }

  #instanceSamples(network: Reading, monitor: Reading | null) {
    const known = this.#memory.domains.get(network.stats.domain.uuid)
    if (!known) return [] // vanished while it was being read
    const readings = {
      state: known.state, // an event may have changed it since the poll began
      silence: this.#monitored ? { of: known.silence, now: this.#deps.clock.now() } : null,
      network: { before: known.network, now: network },
      monitor: monitor && { before: known.monitor, now: monitor },
    }
    known.network = network
    known.monitor = monitor ?? known.monitor
    return instanceSamples(readings, this.#context(known))
  }

  async #handOver(samples: Parameters<Intake['samples']>[0]): Promise<number> {
    if (samples.length > 0) await this.#deps.intake.samples(samples)
    return samples.length
  }

  /** Only QEMU has a monitor that could fall silent; other drivers tell less, or nothing, and never wait for a guest. */
  get #monitored(): boolean {
    return this.#hypervisor.driver === 'QEMU'
  }
}
