/** Instances that something just happened to are checked at once, not when their turn comes. */
import type { Clock } from '../model/clock.ts'
import type { Live } from '../model/contract.ts'
import type { ResourceRef } from '../model/event.ts'

/** The state that an event tells of becomes a sample within this time, ms; each write of samples until then is worth a look. */
const settledMs = 3000
/** A burst of events is no reason to check the whole cloud out of turn. */
const atMost = 1000

/** Looks again at an instance after each write of samples that follows an event of its. Returns the way to stop. */
export function promptChecks(live: Live, clock: Clock, checkNow: (targets: readonly ResourceRef[]) => void): () => void {
  const until = new Map<string, number>()
  return live.subscribe((change) => {
    const now = clock.now()
    if (change.kind === 'events') for (const id of change.instances) if (until.size < atMost) until.set(id, now + settledMs)
    if (change.kind !== 'samples' || change.measurement !== 'instance' || until.size === 0) return
    checkNow([...until.keys()].map((id) => ({ kind: 'instance', id })))
    for (const [id, end] of until) if (end <= now) until.delete(id)
  })
}
