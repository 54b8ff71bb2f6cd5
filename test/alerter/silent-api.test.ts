import assert from 'node:assert/strict'
import { createAlerter } from '../../alerter/engine.ts'
import { allRules, rulesSchema } from '../../alerter/rules.ts'
import { alerterSection } from '../../alerter/section.ts'
import { findPlugins } from '../../cli/plugins.ts'
import { healthBoard } from '../../collector/health.ts'
import { openstackCollectors } from '../../collector/openstack/collect.ts'
import { Secret } from '../../config/fields.ts'
import { everything } from '../../model/access.ts'
import { systemClock as clock } from '../../model/clock.ts'
import { samplesInMemory } from '../../store/in-memory.ts'
import { alertJournal } from '../../store/journal/alerts.ts'
import { capacityJournal } from '../../store/journal/capacity.ts'
import { openDatabase } from '../../store/journal/database.ts'
import { eventJournal } from '../../store/journal/events.ts'
import { inventory as openInventory } from '../../store/journal/inventory.ts'
import { readingJournal } from '../../store/journal/readings.ts'
import { topologyFacts } from '../../store/journal/topology.ts'
import { usageJournal } from '../../store/journal/usage.ts'
import { checked, render } from '../support/alerting.ts'
import { eventually } from '../support/child-process.ts'
import { recordedCloud } from '../support/cloud/recorded-cloud.ts'
import { silentLogger } from '../support/silent-logger.ts'
import { spokenScene } from '../support/spoken.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const rulesText = `rules:
  - { name: connection, plugin: connection, interval: 1s, retryInterval: 1s, attempts: 1, config: { after: 1s } }
  - { name: no-data, plugin: no-data, interval: 1s, retryInterval: 1s, attempts: 1, config: { interval: 1s, missed: 2 } }
  - { name: cause, plugin: cause, interval: 1s, retryInterval: 1s, attempts: 1 }
  - { name: impact, plugin: impact, interval: 1s, retryInterval: 1s, attempts: 1 }`
const section = `{ kept: {}, groupingWait: 1s, contacts: [{ name: noc, kept: noc }, { name: all, role: admin, kept: all }] }`

/** Real APIs over HTTP with the answers of a real cloud, the real collector, journal, topology and engine, in real time. */
describe('a Nova API that falls silent', function () {
  this.timeout(60_000)
  const directory = temporaryDirectory()

  it('explains every instance of which nothing is heard any more: one message, which says how many', async () => {
    const server = await recordedCloud()
    const db = openDatabase(directory())
    const stop = new AbortController()
    const { signal } = stop
    const health = healthBoard(clock)
    const store = samplesInMemory()
    const events = eventJournal(db)
    const inventory = openInventory(db)
    const journal = alertJournal(db)
    const { sent, notifiers } = spokenScene()
    const plugins = [...(await findPlugins()), ...notifiers]
    const access = {
      ...{ authUrl: server.url, region: null, interface: 'public' as const, ca: null, verify: true, endpoints: {} },
      credentials: { method: 'application_credential' as const, id: 'a1', secret: new Secret('hush') },
    }
    const collectors = openstackCollectors(
      [{ name: 'one', access, interval: 1000, fullList: { every: 86_400_000, hour: 3 }, rate: 1000 }],
      {
        ...{ intake: { events: events.record }, journal: readingJournal(db), listed: events.listed, clock, health },
        ...{ logger: silentLogger(), capacity: capacityJournal(db), overdue: usageJournal(db, clock).overdue },
      },
    )
    const running: Promise<unknown>[] = collectors.map((one) => one.run(signal))
    const board = () => health.all().find(({ component }) => component === 'openstack one')?.state
    try {
      await eventually('the instances are read', () => board() === 'ok' || board() === 'degraded', 20_000)
      const { rows } = await inventory.instances(everything, { limit: 1000 })
      const active = rows.filter(({ state }) => state === 'active')
      assert.ok(active.length >= 5, `${active.length} active instances`)
      const hear = () =>
        store.write(
          active.map(({ id, host }) => ({
            ...{ measurement: 'instance', tags: { instance: id, host: host ?? '' }, fields: { state: 1 }, time: clock.now() },
          })),
        )
      await hear()
      const config = checked(section, alerterSection(plugins))
      const alerter = createAlerter(config, {
        ...{ clock, store, inventory, health, journal, plugins, render, live: { publish: () => undefined } },
        ...{ logger: silentLogger(), topology: topologyFacts(db, () => ['one']) },
        rules: allRules(checked(rulesText, rulesSchema(plugins))),
      })
      running.push(alerter.run(signal))
      const checksOf = async () =>
        (await Promise.all(active.map(({ id }) => journal.checksOf(everything, { kind: 'instance', id })))).flat()
      await eventually(
        'all are heard',
        async () => {
          await hear()
          const checks = await checksOf()
          return checks.length === active.length && checks.every(({ state, lastCheck }) => state === 'ok' && lastCheck !== null)
        },
        20_000,
      )
      await server.close()
      await eventually(
        'the API is down',
        async () => {
          await hear()
          return board() === 'down'
        },
        20_000,
      )
      // whoever deletes an instance now is heard of by nobody: its hypervisor has no more to say of it
      await eventually('all are silent', async () => (await checksOf()).every(({ state }) => state === 'nodata'), 20_000)
      await eventually('the cause is told', () => sent.length > 0, 20_000)
      await clock.sleep(3000) // everything is looked at again, and nothing else becomes worth telling
      const told = sent.filter(({ to }) => to === 'noc').map(({ message }) => message)
      assert.deepEqual(
        told.map(({ kind, problem }) => `${kind} ${problem.target.id} ${problem.state}`),
        ['problem openstack one critical'],
      )
      const { rows: alive } = await inventory.instances(everything, { limit: 1000 })
      assert.equal(told[0]?.carries?.instances, alive.filter(({ terminatedAt }) => terminatedAt === null).length)
      const cause = (await journal.checksOf(everything, { kind: 'connection', id: 'openstack one' }))[0]?.check ?? ''
      const counted = await checksOf()
      assert.ok(counted.every((one) => one.cause === cause))
      assert.equal((await journal.explains(everything, [cause])).get(cause), counted.length)
      for (const { check } of counted) {
        const records = await journal.notifications(everything, check, 5)
        assert.deepEqual(
          records.map(({ outcome, filter, reason }) => [outcome, filter, reason]),
          [['suppressed', 'dependency', 'known only through the OpenStack API, which is down']],
        )
      }
    } finally {
      stop.abort(new Error('enough'))
      await Promise.allSettled(running)
      db.close()
    }
  })
})
