/** Every collector that the configuration asks for. Each kind is loaded when there is one: a process on a hypervisor is to be small. */
import { libvirtCollector } from '../../collector/libvirt/collect.ts'
import { turns } from '../../collector/libvirt/turns.ts'
import { spread } from '../../collector/spread.ts'
import type { Clock } from '../../model/clock.ts'
import type { Collector, EventJournal, Intake, Inventory, Live, Logger, SampleStore } from '../../model/contract.ts'
import type { HealthBoard } from '../../model/health.ts'
import type { Database } from '../../store/journal/database.ts'
import type { CollectorConfig } from '../collector-section.ts'

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

export async function collectorsOf({ collector }: { collector: CollectorConfig }, parts: CollectorParts): Promise<Collector[]> {
  const { intake, inventory, clock, logger, health } = parts
  const common = { intake, clock, logger, health }
  const hypervisorTurns = turns(collector.libvirtAtOnce)
  const collectors = [
    ...(collector.amqp.length > 0 ? [await bus(collector, parts)] : []),
    ...spread(
      collector.libvirt,
      ({ interval }) => interval,
      (hypervisor) => libvirtCollector(hypervisor, { ...common, turns: hypervisorTurns }),
      clock,
    ),
  ]
  if (collector.ganglia.length > 0) {
    const { gangliaCollector } = await import('../../collector/ganglia/collect.ts')
    collectors.push(...collector.ganglia.map((source) => gangliaCollector(source, { ...common, inventory })))
  }
  if (collector.agents.length > 0) collectors.push(...(await agents(collector, parts)))
  if (collector.openstack.length > 0) collectors.push(...(await apis(collector, parts)))
  return collectors
}

async function bus({ amqp }: CollectorConfig, { db, intake, clock, logger, health }: CollectorParts): Promise<Collector> {
  const { threadedAmqp } = await import('../../collector/amqp/threaded.ts')
  const { listeningLog } = await import('../../store/journal/listening.ts')
  return threadedAmqp(amqp, { intake, clock, logger, health, listening: listeningLog(db) })
}

async function agents(config: CollectorConfig, parts: CollectorParts): Promise<Collector[]> {
  const { agentsCollector } = await import('../../collector/agent/collect.ts')
  const { intake, inventory, store, live, clock, logger, health } = parts
  const stored = (measurement: string, time: number) => live.publish({ kind: 'samples', measurement, time })
  return config.agents.map((source) => agentsCollector(source, { intake, inventory, clock, logger, health, store, stored }))
}

async function apis({ openstack }: CollectorConfig, parts: CollectorParts): Promise<Collector[]> {
  const { openstackCollectors } = await import('../../collector/openstack/collect.ts')
  const { readingJournal } = await import('../../store/journal/readings.ts')
  const { capacityJournal } = await import('../../store/journal/capacity.ts')
  const { usageJournal } = await import('../../store/journal/usage.ts')
  const { db, intake, events, clock, logger, health } = parts
  return openstackCollectors(openstack, {
    ...{ intake, clock, logger, health, journal: readingJournal(db), listed: events.listed },
    ...{ overdue: usageJournal(db, clock).overdue, capacity: capacityJournal(db) },
  })
}
