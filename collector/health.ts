import type { Clock } from '../model/clock.ts'
import type { ComponentHealth, HealthBoard } from '../model/health.ts'

/** What every component last said of itself. In memory: after a restart each speaks anew. */
export function healthBoard(clock: Clock): HealthBoard {
  const board = new Map<string, ComponentHealth>()
  const listeners = new Set<(health: ComponentHealth) => void>()
  return {
    report({ component, kind, host, through, state, detail, numbers }) {
      const before = board.get(component)
      const at = clock.now()
      const health: ComponentHealth = {
        component,
        kind,
        state,
        detail,
        since: before?.state === state ? before.since : at,
        at,
        numbers: numbers ?? before?.numbers ?? {},
        ...(host !== undefined && { host }),
        ...(through !== undefined && { through }),
      }
      board.set(component, health)
      if (before?.state !== state) for (const listener of listeners) listener(health)
    },
    all: () => [...board.values()].sort((a, b) => (a.component < b.component ? -1 : 1)),
    watch(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
