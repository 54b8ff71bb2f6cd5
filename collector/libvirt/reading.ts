import type { Clock } from '../../model/clock.ts'
import type { Logger } from '../../model/contract.ts'
import type { DomainFacts } from './domain-xml.ts'
import { newHypervisorMemory, remember } from './hypervisor-memory.ts'
import { type MonitorPoll, readMonitors } from './monitor-reading.ts'
import { type OpenedHypervisor, openHypervisor } from './open-hypervisor.ts'
import type { LibvirtConnection } from './section.ts'
import { StateReader } from './state-reading.ts'
import { type DomainStats, isActive } from './stats.ts'
import { readXml } from './xml-reading.ts'

/** One domain of a single reading: everything as counters, since rates need two. */
export interface SingleReading {
  stats: DomainStats
  facts: DomainFacts | null
  /** False: its QEMU did not answer, or it does not run. */
  answered: boolean
}

/** Reads a hypervisor once, the way the collector does, for people who look at the command line. */
export async function readOnce(
  config: LibvirtConnection,
  deps: { clock: Clock; logger: Logger },
): Promise<{ hypervisor: Omit<OpenedHypervisor, 'client'>; domains: SingleReading[] }> {
  const { client, ...hypervisor } = await openHypervisor(config, deps.clock)
  const memory = newHypervisorMemory(config, deps.clock)
  try {
    const states = new StateReader(client, memory)
    const instant = { at: deps.clock.monotonic(), time: deps.clock.now() }
    const readings = (await states.read([])).map((stats) => ({ stats, ...instant }))
    for (const { stats } of readings) remember(memory, stats.domain, stats.state ?? 0)
    const listed = readings.map(({ stats }) => stats)
    await readXml(client, memory, listed, deps.logger)
    const answers = new Map<string, DomainStats>()
    const active = readings.filter(({ stats }) => isActive(stats))
    const poll: MonitorPoll = {
      chunkSize: config.chunk,
      intervalMs: config.interval,
      deadline: Number.POSITIVE_INFINITY,
      async handOver(answered) {
        for (const { network, monitor } of answered)
          if (monitor) answers.set(network.stats.domain.uuid, { ...monitor.stats, nics: network.stats.nics })
      },
    }
    if (states.bulk) await readMonitors(memory, active, poll, deps)
    else for (const { stats } of active) answers.set(stats.domain.uuid, stats)
    const domains = listed.map((stats) => ({
      stats: answers.get(stats.domain.uuid) ?? stats,
      facts: memory.domains.get(stats.domain.uuid)?.facts ?? null,
      answered: answers.has(stats.domain.uuid),
    }))
    return { hypervisor, domains }
  } finally {
    client.close()
    memory.monitors.close()
  }
}
