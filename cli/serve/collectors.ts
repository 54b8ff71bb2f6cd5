/** Every collector that the configuration asks for. */
import { agentsCollector } from '../../collector/agent/collect.ts'
import { threadedAmqp } from '../../collector/amqp/threaded.ts'
import { gangliaCollector } from '../../collector/ganglia/collect.ts'
import { libvirtCollector } from '../../collector/libvirt/collect.ts'
import { turns } from '../../collector/libvirt/turns.ts'
import { openstackCollectors } from '../../collector/openstack/collect.ts'
import { spread } from '../../collector/spread.ts'
import type { Clock } from '../../model/clock.ts'
import type { Collector, EventJournal, Intake, Inventory, Live, Logger, SampleStore } from '../../model/contract.ts'
import type { HealthBoard } from '../../model/health.ts'
import { capacityJournal } from '../../store/journal/capacity.ts'
import type { Database } from '../../store/journal/database.ts'
import { listeningLog } from '../../store/journal/listening.ts'
import { readingJournal } from '../../store/journal/readings.ts'
import { usageJournal } from '../../store/journal/usage.ts'
import type { Configuration } from '../configuration.ts'

export interface CollectorParts {
  db: Database
  intake: Intake
  inventory: Inventory
  events: Pick<EventJournal, 'listed'>
  store: SampleStore
  live: Live
  health: HealthBoard
  clock: Clock
  logger: Logger
}

export function collectorsOf({ collector }: Configuration, parts: CollectorParts): Collector[] {
  const { db, intake, inventory, events, store, live, health, clock, logger } = parts
  const common = { intake, clock, logger, health }
  const hypervisorTurns = turns(collector.libvirtAtOnce)
  return [
    ...(collector.amqp.length > 0 ? [threadedAmqp(collector.amqp, { ...common, listening: listeningLog(db) })] : []),
    ...spread(
      collector.libvirt,
      ({ interval }) => interval,
      (hypervisor) => libvirtCollector(hypervisor, { ...common, turns: hypervisorTurns }),
      clock,
    ),
    ...collector.ganglia.map((source) => gangliaCollector(source, { ...common, inventory })),
    ...collector.agents.map((source) => {
      const stored = (measurement: string, time: number) => live.publish({ kind: 'samples', measurement, time })
      return agentsCollector(source, { ...common, store, stored })
    }),
    ...openstackCollectors(collector.openstack, {
      ...{ ...common, journal: readingJournal(db), listed: events.listed },
      ...{ overdue: usageJournal(db, clock).overdue, capacity: capacityJournal(db) },
    }),
  ]
}
