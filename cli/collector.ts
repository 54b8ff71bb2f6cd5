/**
 * A collector on or near hypervisors that writes to a store of several: no alerts, no pages, no reports, and nothing of them in
 * memory (ADR 0047). One that reads buses or APIs keeps a ledger of what it reads, and is run as a whole.
 */
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { sampleQueue } from '../collector/batch.ts'
import { healthBoard } from '../collector/health.ts'
import { intake as openIntake } from '../collector/intake.ts'
import { liveHub } from '../collector/live.ts'
import { parkedFiles } from '../collector/parked.ts'
import { runCollectors } from '../collector/run.ts'
import { watchSelf } from '../collector/self.ts'
import { loadFile } from '../config/load.ts'
import { systemClock as clock } from '../model/clock.ts'
import { AppError } from '../model/contract.ts'
import { retireAlertsOf } from '../store/journal/alert-retention.ts'
import { openDatabase } from '../store/journal/database.ts'
import { eventJournal } from '../store/journal/events.ts'
import { inventory as openInventory } from '../store/journal/inventory.ts'
import { machineJournal } from '../store/journal/machines.ts'
import { retentionSection } from '../store/journal/retention-section.ts'
import { watchJournal } from '../store/journal/watch.ts'
import { openSampleStore, storeSection } from '../store/open.ts'
import { readArguments } from './arguments.ts'
import { collectorSection } from './collector-section.ts'
import type { Command, CommandIo } from './command.ts'
import { weighHeap } from './heap.ts'
import { keepRetention } from './keep-retention.ts'
import { jsonLogger } from './logger.ts'
import { collectorsOf } from './serve/collectors.ts'
import { untilStopped } from './until-stopped.ts'

/** Samples that wait in memory while the store is away: 20 MB at the most, over an hour of 50 guests. */
const waitingSamples = 50_000

/** Beyond it this is no process on a hypervisor, and a little memory is not worth the processor that it costs. */
const fewHypervisors = 4

/** One file may serve all roles: what the others read is theirs to check. */
const anything = z.unknown().optional()

const collectorConfiguration = z.strictObject({
  data: z.string().min(1).default('/var/lib/specola'),
  log: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  store: storeSection,
  retention: retentionSection,
  collector: collectorSection,
  ...{ alerter: anything, ui: anything, prices: anything, budgets: anything, reports: anything },
})

type Config = z.output<typeof collectorConfiguration>

export const command: Command = {
  name: 'serve',
  summary: 'collect here, write to a store of several',
  usage: `usage: specola serve --only collector --config FILE [--data DIR]

Reads what FILE names under \`collector\` and writes to its \`store\`. Stops on SIGINT or SIGTERM.`,

  async run(args, io) {
    const { values } = readArguments({
      args: [...args],
      options: {
        config: { type: 'string' },
        data: { type: 'string' },
        listen: { type: 'string' }, // of the pages that this process does not have
        only: { type: 'string' },
      },
    })
    if (values.config === undefined) throw new AppError('usage', 'a collector needs its configuration: --config FILE')
    const config = loadFile(values.config, collectorConfiguration)
    const { amqp, openstack, libvirt, agents } = config.collector
    if (libvirt.length > fewHypervisors || agents.length + amqp.length + openstack.length > 0) weighHeap('usual')
    if (amqp.length + openstack.length > 0) return (await import('./serve.ts')).command.run(args, io)
    await collect({ ...config, data: resolve(values.data ?? config.data) }, io)
    return 0
  },
}

/** Runs until SIGINT or SIGTERM; stops everything it started, also when starting fails half-way. */
async function collect(config: Config, io: CommandIo): Promise<void> {
  const logger = jsonLogger(config.log)
  await untilStopped(logger, async (closing, stop) => {
    const { signal } = stop
    const db = openDatabase(config.data, 'small')
    closing.defer(() => db.close())
    const health = healthBoard(clock)
    const live = liveHub()
    const store = await openSampleStore(config.store, { directory: config.data, clock, logger })
    closing.defer(() => store.close())
    const parked = parkedFiles(config.data, clock)
    closing.defer(() => parked.close())
    const samples = sampleQueue({ store, live, health, clock, logger, limit: waitingSamples })
    const events = eventJournal(db)
    const inventory = openInventory(db)
    const intake = openIntake({ samples, journal: events, inventory, machines: machineJournal(db), parked, live })
    const collectors = await collectorsOf(config, { db, intake, inventory, events, store, live, health, clock, logger })
    // Store and journal of this process go by the same names as the centre's, and the series are shared.
    const own = { all: () => health.all().filter(({ kind }) => kind !== 'store' && kind !== 'journal') }
    const running = [
      samples.run(signal),
      watchSelf(own, (batch) => samples.push(batch), clock, signal),
      watchJournal(db, join(config.data, 'journal.sqlite'), health, clock, signal),
      keepRetention(
        db,
        config.retention,
        { retireAlerts: (before, now) => retireAlertsOf(db, before, now), health, clock, logger },
        signal,
      ),
      runCollectors(collectors, { clock, logger, signal }),
    ]
    closing.defer(async () => {
      stop.abort(signal.reason)
      await Promise.allSettled(running)
    })
    io.out(`Specola's collector reads ${collectors.length} sources`)
    return { roles: ['collector'], data: config.data }
  })
}
