/** The one door from the collectors to the stores. */
import type { Clock } from '../model/clock.ts'
import type { EventJournal, Intake, Inventory, Live, MachineJournal, UnreadLog } from '../model/contract.ts'
import type { Sample } from '../model/sample.ts'
import type { ParkedFiles } from './parked.ts'

export interface IntakeParts {
  samples: { push(batch: readonly Sample[]): void }
  journal: Pick<EventJournal, 'record'>
  inventory: Pick<Inventory, 'seenInstances' | 'seenHypervisor'>
  machines: Pick<MachineJournal, 'seen'>
  parked: Pick<ParkedFiles, 'append'>
  live: Live
  /** Counts what was parked, with the time of it. */
  unread?: { log: Pick<UnreadLog, 'parked'>; clock: Pick<Clock, 'now'> }
}

export function intake({ samples, journal, inventory, machines, parked, live, unread }: IntakeParts): Intake {
  return {
    async samples(batch) {
      samples.push(batch)
    },
    async events(batch, texts) {
      const counts = await journal.record(batch, texts)
      if (counts.events > 0) {
        const projects = new Set(batch.flatMap(({ event }) => event.project ?? []))
        const instances = new Set(batch.flatMap(({ event }) => (event.resource?.kind === 'instance' ? event.resource.id : [])))
        live.publish({ kind: 'events', count: counts.events, projects: [...projects], instances: [...instances] })
        if (instances.size > 0) live.publish({ kind: 'inventory' })
      }
      return counts
    },
    async park(messages) {
      await parked.append(messages)
      await unread?.log.parked(messages, unread.clock.now())
    },
    async instances(seen) {
      await inventory.seenInstances(seen)
      live.publish({ kind: 'inventory' })
    },
    hypervisor: (seen) => inventory.seenHypervisor(seen),
    machines: (seen) => machines.seen(seen),
  }
}
