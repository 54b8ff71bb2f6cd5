import type { ResourceRef } from '../model/event.ts'
import type { Running } from './running.ts'

/** All checks of these targets are due; one that runs just now runs again. */
export function checkSoon({ deps, around }: Pick<Running, 'deps' | 'around'>, targets: readonly ResourceRef[]): void {
  const now = deps.clock.now()
  for (const { kind, id } of targets)
    for (const entry of around.registry.of(kind, id)) {
      entry.again = entry.running
      entry.stored = { ...entry.stored, nextCheck: now }
    }
}
