import type { HypervisorMemory } from './hypervisor-memory.ts'
import type { DomainRef } from './procedures.ts'
import { finding } from './quarantine.ts'
import type { Reading } from './rates.ts'
import { domainStates } from './stats.ts'

/** How a poll went. */
export interface PollReport {
  domains: number
  running: number
  samples: number
  pollMs: number
  /** Calls that timed out and are still being worked on by the daemon. */
  orphans: number
  /** Active domains whose QEMU does not answer: our own call hangs in it, or somebody else's lock is on it all the time. */
  hanging: readonly DomainRef[]
  locked: readonly DomainRef[]
  /** Domains whose QEMU was not asked, to spare the daemon. */
  unasked: number
  droppedEvents: number
}

interface Poll {
  samples: number
  pollMs: number
  /** Of the connection that needs no QEMU. */
  orphans: number
  unasked: number
  active: readonly Reading[]
  /** False: a driver without monitors, where nothing can be silent. */
  monitored: boolean
}

export function pollReport(memory: HypervisorMemory, { active, monitored, ...poll }: Poll): PollReport {
  const domains = [...memory.domains.values()]
  const found = (kind: ReturnType<typeof finding>) =>
    active.flatMap(({ stats: { domain } }) => {
      const silence = memory.domains.get(domain.uuid)?.silence ?? null
      return monitored && finding(silence, domain.id) === kind ? [domain] : []
    })
  return {
    domains: domains.length,
    running: domains.filter(({ state }) => state === domainStates.running).length,
    samples: poll.samples,
    pollMs: poll.pollMs,
    orphans: memory.monitors.orphans + poll.orphans,
    hanging: found('hangs'),
    locked: found('locked'),
    unasked: monitored ? poll.unasked : 0,
    droppedEvents: memory.outbox.dropped,
  }
}
