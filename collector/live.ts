import type { Change, Live } from '../model/contract.ts'

/** Tells who listens in this process what changed. A listener must not throw; it is called at once. */
export function liveHub(): Live {
  const listeners = new Set<(change: Change) => void>()
  return {
    publish(change) {
      for (const listener of listeners) listener(change)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
