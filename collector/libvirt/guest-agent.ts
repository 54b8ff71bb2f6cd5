/**
 * What only the guest knows: its file systems and addresses, from the agent in it. Opt-in, slow, and on connections of its own,
 * because it needs read-write access, and because an agent that hangs (a frozen file system) hangs its call.
 */
import type { Clock } from '../../model/clock.ts'
import { AppError, type Intake, type Logger } from '../../model/contract.ts'
import type { Sample } from '../../model/sample.ts'
import { inParallel } from '../in-parallel.ts'
import { CallTimeout, LibvirtClient } from './client.ts'
import { type GuestFacts, guestFacts } from './guest-facts.ts'
import { type HypervisorMemory, type RememberedDomain, seenInstance } from './hypervisor-memory.ts'
import { MonitorConnections } from './monitor-connections.ts'
import { guestInfo, guestInfoTypes, LibvirtError } from './procedures.ts'
import { isQuarantined } from './quarantine.ts'
import { filesystemSamples, type InstanceContext } from './samples.ts'
import type { LibvirtConnection } from './section.ts'
import { domainStates } from './stats.ts'

/** An agent answers within seconds or not at all. */
const timeoutMs = 15_000
const callsAtOnce = 2
/** One that hung is left alone for twice as many rounds each time. */
const longestRest = 32

const operationDenied = 29

export interface GuestAgentDeps {
  clock: Clock
  logger: Logger
  intake: Intake
  contextOf(domain: RememberedDomain): InstanceContext
}

export class GuestAgents {
  readonly #memory: HypervisorMemory
  readonly #deps: GuestAgentDeps
  readonly #lines: MonitorConnections
  readonly #resting = new Map<string, { rounds: number; left: number }>()
  #told = false

  constructor(config: LibvirtConnection, memory: HypervisorMemory, deps: GuestAgentDeps) {
    this.#memory = memory
    this.#deps = deps
    this.#lines = new MonitorConnections(
      () => LibvirtClient.open(config, { clock: deps.clock, timeoutMs, access: 'read-write' }),
      deps.clock,
    )
  }

  /** Asks every running guest that has an agent's channel, once. */
  async round(): Promise<void> {
    const asked = [...this.#memory.domains.values()].filter((domain) => this.#isDue(domain))
    await inParallel(callsAtOnce, asked, async (domain) => {
      const facts = await this.#ask(domain)
      if (facts === null) return
      const moved = JSON.stringify(domain.guest?.addresses) !== JSON.stringify(facts.addresses)
      domain.guest = facts
      const now = this.#deps.clock.now()
      const instance = moved ? seenInstance(domain, this.#deps.contextOf(domain).host, now) : null
      if (instance) await this.#deps.intake.instances([instance])
      const samples: Sample[] = filesystemSamples(domain.ref.uuid, facts, now, this.#deps.contextOf(domain))
      if (samples.length > 0) await this.#deps.intake.samples(samples)
    })
  }

  close(): void {
    this.#lines.close()
  }

  #isDue({ ref, state, facts, silence }: RememberedDomain): boolean {
    if (state !== domainStates.running || !facts?.agent || isQuarantined(silence, ref.id)) return false
    const rest = this.#resting.get(ref.uuid)
    if (!rest || rest.left === 0) return true
    rest.left--
    return false
  }

  async #ask({ ref }: RememberedDomain): Promise<GuestFacts | null> {
    const types = guestInfoTypes.hostname | guestInfoTypes.filesystems | guestInfoTypes.interfaces
    try {
      const facts = guestFacts(await this.#lines.call(guestInfo, { domain: ref, types }, 'suspect'))
      this.#resting.delete(ref.uuid)
      return facts
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      if (error instanceof CallTimeout) {
        const rounds = Math.min(longestRest, (this.#resting.get(ref.uuid)?.rounds ?? 0) * 2 || 1)
        this.#resting.set(ref.uuid, { rounds, left: rounds })
      }
      // No agent runs in it, or none that answers: everyday. Not being let in is not, and is told once.
      const everyday = error instanceof LibvirtError && error.libvirtCode !== operationDenied
      if (!everyday && !this.#told) this.#deps.logger.warn(`guest agents: ${error.message}`)
      if (!everyday) this.#told = true
      return null
    }
  }
}
