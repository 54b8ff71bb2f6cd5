/**
 * One of several alerters on one PostgreSQL, in a process of its own, to be killed and stopped: checks that change every two
 * seconds, a notifier that writes each message to a file (fsync) before it says that it was sent.
 * Arguments: directory, its name, port and database, lease in ms, how many checks, and `calm` to let every check be ok.
 */
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { createAlerter } from '../../alerter/engine.ts'
import { healthBoard } from '../../collector/health.ts'
import { systemClock as clock } from '../../model/clock.ts'
import { openSharedJournal } from '../../store/postgres/open.ts'
import { render } from './alerting.ts'
import { changingChecks } from './changing-checks.ts'
import { databaseAt } from './postgres.ts'
import { SamplesInMemory } from './samples-in-memory.ts'
import { silentLogger } from './silent-logger.ts'

const [directory = '', engine = '', port = '', database = '', lease = '', many = '', calm] = process.argv.slice(2)

const log = openSync(join(directory, `sent-${engine}.log`), 'a')
const { plugins, rules, config, inventory } = changingChecks(log, Number(many), (turn) => calm !== 'calm' && turn % 5 < 2)
const health = healthBoard(clock)
const logger = silentLogger()
const shared = openSharedJournal(
  { ...databaseAt(Number(port), database), engine, leaseMs: Number(lease) },
  { health, clock, logger },
)
const stop = new AbortController()
process.once('SIGTERM', () => stop.abort(new Error('stopped')))
const alerter = createAlerter(config, {
  ...{ clock, inventory, plugins, rules, render, store: new SamplesInMemory(), logger, health },
  ...{ live: { publish: () => undefined }, journal: shared.journal, cluster: shared.cluster },
})
await alerter.run(stop.signal)
await shared.close()
closeSync(log)
