/**
 * One of several alerters on one PostgreSQL, in a process of its own, to be killed and stopped: checks that change every two
 * seconds, a notifier that writes each message to a file (fsync) before it says that it was sent.
 * Arguments: directory, its name, port and database, lease in ms, how many checks, and `calm` to let every check be ok.
 */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { createAlerter } from '../../alerter/engine.ts'
import { rulesSchema } from '../../alerter/rules.ts'
import { alerterSection } from '../../alerter/section.ts'
import { healthBoard } from '../../collector/health.ts'
import { systemClock as clock } from '../../model/clock.ts'
import type { Check, Notifier, Plugin } from '../../model/contract.ts'
import { openSharedJournal } from '../../store/postgres/open.ts'
import { checked, FakeInventory, instance, render } from './alerting.ts'
import { databaseAt } from './postgres.ts'
import { SamplesInMemory } from './samples-in-memory.ts'
import { silentLogger } from './silent-logger.ts'

const [directory = '', engine = '', port = '', database = '', lease = '', many = '', calm] = process.argv.slice(2)
const holdMs = 2000

/** Changes with time, each target at its own pace; the same in every engine. */
const changing: Check = {
  kind: 'check',
  name: 'changing',
  description: 'changes',
  targets: ['instance'],
  config: z.strictObject({}),
  async run({ target, now }) {
    const turn = Math.floor(now / holdMs) + Number(target.id)
    const state = calm !== 'calm' && turn % 5 < 2 ? 'critical' : 'ok'
    return { state, output: state, perfdata: [] }
  },
}

const log = openSync(join(directory, `sent-${engine}.log`), 'a')
const file: Notifier = {
  kind: 'notifier',
  name: 'file',
  description: 'writes',
  config: z.strictObject({}),
  async send({ kind, problem, time }) {
    writeSync(log, `${problem.check} ${kind} ${time}\n`)
    fsyncSync(log)
    return { ok: true }
  },
}

const plugins = [changing, file] as readonly Plugin[]
const rules = checked(
  `rules: [{ name: changing, plugin: changing, interval: 1s, retryInterval: 1s, attempts: 1, repeat: 0s, flapping: { low: 99, high: 100 } }]`,
  rulesSchema(plugins),
).rules
const config = checked(`{ file: {}, contacts: [{ name: alice, file: alice }] }`, alerterSection(plugins))
const inventory = new FakeInventory()
inventory.all = Array.from({ length: Number(many) }, (_, n) => instance(String(n)))
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
