import type { Clock } from '../../model/clock.ts'
import type { HealthBoard, HealthReport } from '../../model/health.ts'
import type { AgentNews } from './message.ts'

/** So many signs of life may be missing. */
const missedSigns = 4

interface Agent {
  /** On the clock that never steps. */
  heardAt: number
  everyMs: number
  components: readonly HealthReport[]
  silent: boolean
}

/**
 * Agents' parts stand on the centre's board as if they were its own, so that every check of a connection holds for them too. An
 * agent that falls silent takes them down: nobody knows how they are.
 */
export class AgentWatch {
  readonly #health: Pick<HealthBoard, 'report'>
  readonly #clock: Clock
  readonly #agents = new Map<string, Agent>()

  /** `through`: the component that they are heard by. */
  constructor(health: Pick<HealthBoard, 'report'>, clock: Clock, through: string) {
    this.#health = { report: (report) => health.report({ ...report, through }) }
    this.#clock = clock
  }

  get count(): number {
    return this.#agents.size
  }

  heard(agent: string, news: AgentNews): void {
    const before = this.#agents.get(agent)
    const told = news.kind === 'health' ? news : { everyMs: before?.everyMs ?? 60_000, components: before?.components ?? [] }
    this.#agents.set(agent, {
      ...{ heardAt: this.#clock.monotonic(), everyMs: told.everyMs, components: told.components },
      silent: news.kind === 'health' ? false : (before?.silent ?? false),
    })
    if (news.kind === 'health') for (const component of news.components) this.#health.report(component)
  }

  /** To be called every few seconds. */
  look(): void {
    for (const [name, agent] of this.#agents) {
      const silentMs = this.#clock.monotonic() - agent.heardAt
      if (silentMs <= agent.everyMs * missedSigns || agent.silent) continue
      agent.silent = true
      for (const component of agent.components)
        if (component.state !== 'stopped')
          this.#health.report({
            ...component,
            state: 'down',
            detail: `the agent on ${name} has been silent for ${Math.round(silentMs / 1000)} s: look whether it runs and reaches the broker`,
          })
    }
  }
}
