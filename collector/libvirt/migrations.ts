/** Live migrations as they run: their progress is asked for every second, but only while there is one. */
import type { Clock } from '../../model/clock.ts'
import { AppError } from '../../model/contract.ts'
import type { Sample } from '../../model/sample.ts'
import { inParallel } from '../in-parallel.ts'
import type { HypervisorMemory } from './hypervisor-memory.ts'
import { migrationProgress } from './migration-progress.ts'
import { domainJobStats, LibvirtError } from './procedures.ts'
import { isQuarantined } from './quarantine.ts'
import { type InstanceContext, migrationSample } from './samples.ts'

/** VIR_ERR_NO_SUPPORT: this driver knows no jobs. */
const unsupported = 3

const callsAtOnce = 3

/** The instances that leave this host. */
export class MigrationWatch {
  readonly #memory: HypervisorMemory
  readonly #clock: Clock
  readonly #watched = new Set<string>()
  #supported = true
  #wake: () => void = () => undefined

  constructor(memory: HypervisorMemory, clock: Clock) {
    this.#memory = memory
    this.#clock = clock
  }

  get size(): number {
    return this.#watched.size
  }

  /** libvirt told of it, or it may have begun while nobody listened. */
  notice(uuids: Iterable<string>): void {
    if (!this.#supported) return
    for (const uuid of uuids) this.#watched.add(uuid)
    this.#wake()
  }

  /** Resolves when there is one; throws what the signal was aborted for. */
  async some(signal: AbortSignal): Promise<void> {
    while (this.#watched.size === 0) {
      signal.throwIfAborted()
      const stop = () => this.#wake()
      signal.addEventListener('abort', stop, { once: true })
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      signal.removeEventListener('abort', stop)
    }
    signal.throwIfAborted()
  }

  /** How far each has come; one that is over is watched no longer. */
  async read(contextOf: (uuid: string) => InstanceContext | null): Promise<Sample[]> {
    const samples: Sample[] = []
    await inParallel(callsAtOnce, [...this.#watched], async (uuid) => {
      const sample = await this.#readOne(uuid, contextOf(uuid))
      if (sample) samples.push(sample)
      else this.#watched.delete(uuid)
    })
    return samples
  }

  async #readOne(uuid: string, context: InstanceContext | null): Promise<Sample | null> {
    const known = this.#memory.domains.get(uuid)
    if (!known || context === null || isQuarantined(known.silence, known.ref.id)) return null
    try {
      const progress = migrationProgress(await this.#memory.monitors.call(domainJobStats, known.ref, 'suspect'))
      return progress && migrationSample(uuid, progress, this.#clock.now(), context)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      if (error instanceof LibvirtError && error.libvirtCode === unsupported) this.#supported = false
      return null // gone, or not to be asked: the next event tells of it again
    }
  }
}
