/** What an instance runs on: its hypervisor and the connection to it. While that is down, the instance is not alerted by itself. */
import type { HealthBoard } from '../model/health.ts'
import { fails } from './fails.ts'
import type { Entry } from './registry.ts'

export interface Dependency {
  /** Names nobody: people of a project read it too. */
  reason: string
  /** The problem is hard. */
  certain: boolean
  /** It is over, but the instances have not had time to be heard from. */
  settling: boolean
}

/** Why a check's problem is not its own. */
export interface Explanation extends Dependency {
  /** Id of the check that tells of the cause; null = it has had no result yet. */
  cause: string | null
}

/** What is left when a host is back is told together: its instances are held a little longer than they have to be heard from. */
const togetherMs = 30_000
/** How long it counts that a host is back. */
const backMs = 300_000

export class Dependencies {
  readonly #down = new Map<string, { certain: boolean }>()
  readonly #back = new Map<string, number>()
  readonly settleMs: number
  #now = 0

  constructor(settleMs: number) {
    this.settleMs = settleMs
  }

  /** Reads the hosts' own checks and the health board; call before judging instances. */
  update(entries: Iterable<Entry>, health: Pick<HealthBoard, 'all'>, now: number): void {
    const before = [...this.#down.keys()]
    this.#now = now
    this.#down.clear()
    for (const { kind, host, state } of health.all())
      if (kind === 'libvirt' && host && state === 'down') this.#down.set(host, { certain: false })
    for (const entry of entries) {
      const { target, stored } = entry
      if (target.kind === 'instance' || !target.host || !fails(entry) || this.#down.get(target.host)?.certain) continue
      this.#down.set(target.host, { certain: stored.state.hard })
    }
    for (const host of before) if (!this.#down.has(host)) this.#back.set(host, now)
    for (const [host, at] of this.#back) if (now - at >= this.settleMs + backMs || this.#down.has(host)) this.#back.delete(host)
  }

  /** How a host is by its own checks; `back`: when it was found to work again, if that was not long ago. */
  standing(host: string): { fails: boolean; settling: boolean; back: number | null } {
    const back = this.#back.get(host) ?? null
    return { fails: this.#down.has(host), settling: back !== null && this.#now - back < this.settleMs, back }
  }

  /** Why the instance is not to be alerted by itself; a problem that began after its host came back is its own. */
  of({ target, stored }: Entry): Dependency | null {
    if (target.kind !== 'instance' || !target.host) return null
    const down = this.#down.get(target.host)
    if (down) return { reason: 'counted under the problem of its host', certain: down.certain, settling: false }
    const back = this.#back.get(target.host)
    const { state, lastStateChange } = stored.state
    if (back === undefined || this.#now - back >= this.settleMs + togetherMs) return null
    if (state === 'ok' || (lastStateChange !== null && lastStateChange > back)) return null
    return { reason: 'its host has just come back', certain: false, settling: true }
  }
}
