/** What an instance runs on: its hypervisor and the connection to it. While that is down, the instance is not alerted by itself. */
import type { HealthBoard } from '../model/health.ts'
import type { Entry } from './registry.ts'

export interface Dependency {
  reason: string
  /** The problem is hard. */
  certain: boolean
  /** It is over, but the instances have not had time to be heard from. */
  settling: boolean
}

interface HostProblem {
  reason: string
  certain: boolean
}

export class Dependencies {
  readonly #down = new Map<string, HostProblem>()
  readonly #back = new Map<string, { at: number; reason: string }>()
  readonly #settleMs: number

  constructor(settleMs: number) {
    this.#settleMs = settleMs
  }

  /** Reads the hosts' own checks and the health board; call before judging instances. */
  update(entries: Iterable<Entry>, health: Pick<HealthBoard, 'all'>, now: number): void {
    const before = new Map(this.#down)
    this.#down.clear()
    for (const { component, kind, host, state } of health.all())
      if (kind === 'libvirt' && host && state === 'down') this.#down.set(host, { reason: `${component} is down`, certain: false })
    for (const { rule, target, stored } of entries) {
      if (
        rule.check.bystander ||
        target.kind === 'instance' ||
        !target.host ||
        (stored.state.state !== 'critical' && stored.state.state !== 'unknown')
      )
        continue
      if (!stored.state.checked || this.#down.get(target.host)?.certain) continue
      this.#down.set(target.host, { reason: `${target.name ?? target.id}: ${stored.state.output}`, certain: stored.state.hard })
    }
    for (const [host, { reason }] of before) if (!this.#down.has(host)) this.#back.set(host, { at: now, reason })
    for (const [host, { at }] of this.#back) if (now - at >= this.#settleMs || this.#down.has(host)) this.#back.delete(host)
  }

  /** Why the instance is not to be alerted by itself; a problem that began after its host came back is its own. */
  of({ target, stored }: Entry): Dependency | null {
    if (target.kind !== 'instance' || !target.host) return null
    const down = this.#down.get(target.host)
    if (down) return { reason: `counted under its host ${target.host}: ${down.reason}`, certain: down.certain, settling: false }
    const back = this.#back.get(target.host)
    const { state, lastStateChange } = stored.state
    if (!back || state === 'ok' || (lastStateChange !== null && lastStateChange > back.at)) return null
    return { reason: `its host ${target.host} has just come back`, certain: false, settling: true }
  }
}
