/** A collector on a hypervisor that keeps nothing: reads libvirt here, publishes to the broker, and takes little of the machine. */
import { flushCompileCache } from 'node:module'
import { hostname } from 'node:os'
import { z } from 'zod'
import { componentsOf, outwardIntake } from '../collector/agent/outward-intake.ts'
import { Publisher } from '../collector/agent/publisher.ts'
import { agentSection } from '../collector/agent/section.ts'
import { openSpool } from '../collector/agent/spool.ts'
import { sampleQueue } from '../collector/batch.ts'
import { gangliaCollector } from '../collector/ganglia/collect.ts'
import { gangliaSection } from '../collector/ganglia/section.ts'
import { healthBoard } from '../collector/health.ts'
import { libvirtCollector } from '../collector/libvirt/collect.ts'
import { libvirtSection } from '../collector/libvirt/section.ts'
import { runCollectors } from '../collector/run.ts'
import { loadFile } from '../config/load.ts'
import { systemClock as clock, every } from '../model/clock.ts'
import { AppError } from '../model/contract.ts'
import { readArguments } from './arguments.ts'
import type { Command, CommandIo } from './command.ts'
import { jsonLogger } from './logger.ts'

/** An agent's whole configuration: what it does not do has no place in it. */
export const agentConfiguration = z.strictObject({
  log: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  agent: agentSection,
  collector: z.strictObject({ libvirt: libvirtSection, ganglia: gangliaSection }).prefault({}),
})

export const command: Command = {
  name: 'serve',
  summary: 'collect here, publish to the central Specola',
  usage: `usage: specola serve --config FILE [--only collector]

FILE has a section \`agent\`: this process reads hypervisors and publishes what it reads to a broker; it keeps nothing and shows
nothing. Stops on SIGINT or SIGTERM.`,

  async run(args, io) {
    const { values } = readArguments({ args: [...args], options: { config: { type: 'string' }, only: { type: 'string' } } })
    if (values.config === undefined) throw new AppError('usage', 'an agent needs its configuration: --config FILE')
    if (values.only !== undefined && values.only !== 'collector')
      throw new AppError('usage', `--only: an agent is a collector and no ${values.only}`)
    await runAgent(values.config, io)
    return 0
  },
}

/** Runs until SIGINT or SIGTERM. */
async function runAgent(file: string, io: CommandIo): Promise<void> {
  const config = loadFile(file, agentConfiguration)
  const logger = jsonLogger(config.log)
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort(new Error(signal)))
  const { signal } = stop
  const name = config.agent.name ?? hostname()
  const health = healthBoard(clock)
  const broker = new Publisher(config.agent, name, clock)
  const { spool: kept } = config.agent
  const spool = kept && openSpool({ publisher: broker, agent: name, ...kept, clock, logger })
  const publisher: Pick<Publisher, 'publish'> = spool ?? broker
  const samples = sampleQueue({
    ...{ health, clock, logger, limit: config.agent.waiting, live: { publish: () => undefined } },
    store: { write: (batch) => publisher.publish({ kind: 'samples', samples: batch }) },
  })
  const { intake, gangliaIntake, run } = outwardIntake({ publisher, samples, clock, logger })
  const collectors = [
    ...config.collector.libvirt.map((hypervisor) => libvirtCollector(hypervisor, { intake, clock, logger, health })),
    ...config.collector.ganglia.map((source) => {
      const toCentre = gangliaIntake(source.machines)
      return gangliaCollector(source, { intake: toCentre, inventory: null, clock, logger, health })
    }),
  ]
  const alive = () =>
    broker.publish({ kind: 'health', everyMs: config.agent.health, components: componentsOf(health) }).catch(() => undefined) // a missing sign of life is what the centre looks for
  flushCompileCache() // it may be ended the hard way, and would start as slowly the next time
  io.out(`Specola's agent on ${name} reads ${collectors.length} sources`)
  await Promise.all([
    samples.run(signal),
    run(signal),
    spool?.run(signal),
    every(clock, config.agent.health, signal, alive),
    runCollectors(collectors, { clock, logger, signal }),
  ])
  await broker.close()
  logger.info('stopped')
}
