/** Events of one connection, from when they are heard until they are dealt with. */
import type { Clock } from '../../model/clock.ts'
import type { DomainEvent } from './domain-events.ts'
import { type HypervisorMemory, type RememberedDomain, remember } from './hypervisor-memory.ts'
import { domainFact, Repetitions } from './lifecycle.ts'
import type { DomainRef } from './procedures.ts'
import type { InstanceTags } from './samples.ts'
import { domainStates } from './stats.ts'

interface EventInboxDeps {
  memory: HypervisorMemory
  host: string
  clock: Clock
  /** What the inventory knows, for domains whose XML does not say. */
  instanceTags?: (uuid: string) => InstanceTags | null
  /** An instance begins to leave. */
  leaves(uuid: string): void
}

export class EventInbox {
  readonly #deps: EventInboxDeps
  readonly #repetitions = new Repetitions()
  /** Domains of which an event came that is not dealt with yet. */
  readonly #changed = new Set<string>()
  #wake: () => void = () => undefined
  #open = false

  constructor(deps: EventInboxDeps) {
    this.#deps = deps
  }

  /** From now on there is something to compare with: whoever waits for events gets them. */
  open(): void {
    this.#open = true
    this.#wake()
  }

  /** An event of this domain waits: what is being read may be older. */
  concerns(uuid: string): boolean {
    return this.#changed.has(uuid)
  }

  hear(event: DomainEvent): void {
    const { memory, clock } = this.#deps
    const { domain, kind } = event
    if (kind === 'migration_iteration') {
      this.#deps.leaves(domain.uuid)
      return
    }
    const known = memory.domains.get(domain.uuid) ?? remember(memory, domain, domainStates.shutOff)
    if (kind === 'metadata_changed' || kind === 'defined' || kind === 'started') known.factsFor = ''
    if (kind !== 'metadata_changed' && !this.#repetitions.isRepeated(event, clock.monotonic())) this.journal(event, known)
    if (kind === 'undefined') this.forget(domain.uuid)
    else this.#changed.add(domain.uuid)
    this.#wake()
  }

  /** On its way to the journal, with its owner. */
  journal(event: DomainEvent, { facts }: RememberedDomain): void {
    const { memory, host, clock, instanceTags } = this.#deps
    const inventory = instanceTags?.(event.domain.uuid)
    memory.outbox.add(
      domainFact(event, {
        host,
        time: clock.now(),
        project: facts?.nova?.project?.id ?? inventory?.project ?? null,
        user: facts?.nova?.user?.id ?? inventory?.user ?? null,
        name: facts?.nova?.name ?? null,
      }),
    )
    this.#wake()
  }

  forget(uuid: string): void {
    this.#deps.memory.domains.delete(uuid)
    this.#changed.delete(uuid)
    this.#repetitions.forget(uuid)
  }

  /** Resolves when there is something to deal with; throws what the signal was aborted for. */
  async next(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted()
      if (this.#open && (this.#changed.size > 0 || this.#deps.memory.outbox.size > 0)) return
      const stop = () => this.#wake()
      signal.addEventListener('abort', stop, { once: true })
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      signal.removeEventListener('abort', stop)
    }
  }

  /** The domains that events came of; they count as dealt with. */
  take(): DomainRef[] {
    const domains = [...this.#changed].flatMap((uuid) => this.#deps.memory.domains.get(uuid)?.ref ?? [])
    this.#changed.clear()
    return domains
  }
}
