/**
 * An alerter in a process of its own, to be killed: 500 checks that change every two seconds, a notifier that writes each message
 * to a file (fsync) before it says that it was sent. Arguments: directory, and `calm` to let every check be ok.
 */
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { createAlerter } from '../../alerter/engine.ts'
import { healthBoard } from '../../collector/health.ts'
import { systemClock as clock } from '../../model/clock.ts'
import { alertJournal } from '../../store/journal/alerts.ts'
import { openDatabase } from '../../store/journal/database.ts'
import { render } from './alerting.ts'
import { changingChecks } from './changing-checks.ts'
import { SamplesInMemory } from './samples-in-memory.ts'
import { silentLogger } from './silent-logger.ts'

const [directory = '', calm] = process.argv.slice(2)
const many = 500

const log = openSync(join(directory, 'sent.log'), 'a')
const { plugins, rules, config, inventory } = changingChecks(log, many, (turn) => calm !== 'calm' && (turn * 2654435761) % 7 > 3)
const db = openDatabase(directory)
const stop = new AbortController()
process.once('SIGTERM', () => stop.abort(new Error('stopped')))
const alerter = createAlerter(config, {
  ...{ clock, inventory, plugins, rules, render, store: new SamplesInMemory(), logger: silentLogger() },
  ...{ health: healthBoard(clock), live: { publish: () => undefined }, journal: alertJournal(db) },
})
await alerter.run(stop.signal)
db.close()
closeSync(log)
