import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { alerterSection } from '../../alerter/section.ts'
import { command as importNagios } from '../../cli/import-nagios.ts'
import { findPlugins } from '../../cli/plugins.ts'
import { load } from '../../config/load.ts'
import { everything } from '../../model/access.ts'
import type { State } from '../../model/check.ts'
import { systemClock } from '../../model/clock.ts'
import type { Check, CheckContext } from '../../model/contract.ts'
import { openPrograms } from '../../plugins/check-command/programs.ts'
import { plugin as passive } from '../../plugins/check-passive/plugin.ts'
import { checked, instance, type Scene, type SceneOptions, scene } from '../support/alerting.ts'
import { runCommand } from '../support/command.ts'
import { needs } from '../support/needs.ts'
import { silentLogger } from '../support/silent-logger.ts'
import { spokenScene } from '../support/spoken.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** Says what the test wants of `device` or `device service`; remembers who asked. */
const word = new Map<string, State>()
const asked: string[] = []
let macro: CheckContext<unknown>['macro']
const spoken: Check<{ as: string }> = {
  kind: 'check',
  name: 'spoken',
  description: 'says what a test wants',
  targets: ['device'],
  config: z.strictObject({ as: z.string() }),
  apart: true,
  async run({ config, macro: found }) {
    asked.push(config.as)
    macro = found
    if (config.as === 'never') return new Promise(() => {})
    const state = word.get(config.as) ?? 'ok'
    return { state, output: `${config.as} is ${state}`, perfdata: [] }
  },
}
const inProcess: Check = {
  ...{ kind: 'check', name: 'inside', description: 'is quick', targets: ['instance'], config: z.strictObject({}) },
  run: async () => ({ state: 'ok', output: 'fine', perfdata: [] }),
}
const { sent, notifiers } = spokenScene()
const plugins = [spoken, inProcess, passive, ...notifiers] as SceneOptions['plugins']
const said = () =>
  sent.map(({ to, message: { kind, problem } }) => `${to}: ${kind} ${problem.targetName} ${problem.rule} ${problem.state}`)

const check = (as: string, more = '') =>
  `{ plugin: spoken, config: { as: '${as}' }, interval: 1m, retryInterval: 10s, attempts: 2${more} }`
const service = (name: string, as: string, more = '') => `{ name: '${name}', ${check(as, more).slice(1)}`
const section = (devices: string, more = '') => `
kept: {}
contacts:
  - { name: amy, kept: amy, rules: [], states: [warning, critical, unknown, recovery] }
  - { name: ben, kept: ben, rules: [], states: [warning, critical, unknown, recovery] }
${more}
devices:
${devices}`

describe('devices', () => {
  const root = temporaryDirectory()
  let s: Scene
  const begin = async (devices: string, more = '') => {
    const rules = 'rules: [{ name: inside, plugin: inside, interval: 1m }]'
    s = await scene({ directory: mkdtempSync(join(root(), 'journal-')), rules, section: section(devices, more), plugins })
    await s.pass(31_000)
    return s
  }
  beforeEach(() => {
    word.clear()
    asked.length = 0
    sent.length = 0
  })
  afterEach(() => s.stop())
  const state = async (device: string, rule: string) =>
    (await s.journal.checksOf(everything, { kind: 'device', id: device })).find((one) => one.rule === rule)

  it('are checked, and told only to those who are named', async () => {
    await begin(
      `  - { name: web, address: 192.0.2.1, check: ${check('web')}, services: [${service('Disk / var', 'disk', ', contacts: [amy]')}] }`,
    )
    assert.equal((await s.journal.summary(everything)).ok, 2)
    word.set('disk', 'critical')
    await s.pass(90_000)
    assert.deepEqual(said(), ['amy: problem web Disk / var critical'])
    word.set('disk', 'ok')
    await s.pass(90_000)
    assert.deepEqual(said().slice(1), ['amy: recovery web Disk / var ok'])
  })

  it('that are down have their services counted under them', async () => {
    const contacts = ', contacts: [amy]'
    await begin(`  - { name: web, check: ${check('web', contacts)}, services: [${service('http', 'http', contacts)}] }`)
    word.set('web', 'critical').set('http', 'critical')
    await s.pass(4 * 60_000)
    assert.deepEqual(said(), ['amy: problem web host critical'])
    const http = await state('web', 'http')
    assert.equal(http?.hard, true, 'a service of a device that is down is hard at once')
    const held = await s.journal.notifications(everything, http?.check ?? '', 5)
    assert.match(held[0]?.reason ?? '', /web is down: web is critical/)
  })

  it('a service’s problem has its device looked at, at once', async () => {
    await begin(`  - { name: web, check: ${check('web').replace('1m', '1h')}, services: [${service('http', 'http')}] }`)
    await s.pass(60_000)
    asked.length = 0
    word.set('http', 'critical')
    await s.pass(62_000)
    assert.ok(asked.includes('web'), 'its own turn is an hour away')
  })

  it('behind devices that are down cannot be reached', async () => {
    const contacts = ', contacts: [amy]'
    await begin(`
  - { name: gate, check: ${check('gate', contacts)} }
  - { name: web, parents: [gate], check: ${check('web', contacts)} }`)
    word.set('gate', 'critical').set('web', 'critical')
    await s.pass(5 * 60_000)
    assert.equal((await state('gate', 'host'))?.state, 'critical')
    assert.equal((await state('web', 'host'))?.state, 'unknown')
    assert.deepEqual(said().sort().at(0), 'amy: problem gate host critical')
  })

  it('depend on checks of other devices', async () => {
    const dependsOn = ', contacts: [amy], dependsOn: [{ device: db, service: sql }]'
    await begin(`
  - { name: db, services: [${service('sql', 'sql')}] }
  - { name: web, services: [${service('http', 'http', dependsOn)}] }`)
    word.set('sql', 'critical')
    await s.pass(90_000)
    word.set('http', 'critical')
    await s.pass(90_000)
    assert.deepEqual(said(), [])
    const http = await state('web', 'http')
    const held = await s.journal.notifications(everything, http?.check ?? '', 5)
    assert.match(held[0]?.reason ?? '', /sql on db is critical/)
  })

  it('have escalations of their own', async () => {
    const more = `, repeat: 2m, contacts: [amy], escalations: [{ first: 2, contacts: [ben] }]`
    await begin(`  - { name: web, services: [${service('http', 'http', more)}] }`)
    word.set('http', 'critical')
    await s.pass(5 * 60_000)
    assert.deepEqual(said().slice(0, 2), ['amy: problem web http critical', 'ben: problem web http critical'])
  })

  it('take results from outside: a device’s is hard at once', async () => {
    await begin(`  - { name: web, check: { plugin: passive }, services: [{ name: backup, plugin: passive, attempts: 3 }] }`)
    const taken = await s.results.submit([
      { target: 'web', rule: 'host', state: 'critical', output: 'gone' },
      { target: 'web', rule: 'backup', state: 'critical', output: 'failed' },
    ])
    assert.ok(taken.every(({ ok }) => ok))
    const host = await state('web', 'host')
    assert.deepEqual([host?.hard, host?.attempt, host?.state], [true, 1, 'critical'])
  })

  it('are checked only in their check period, and some only when nobody else tells', async () => {
    const periods = 'periods: [{ name: never, lines: [] }]'
    await begin(
      `  - { name: web, services: [${service('off', 'off', ', checkPeriod: never')}, ${service('told', 'told', ', onlyWhenStale: true, stale: 10m')}] }`,
      periods,
    )
    await s.pass(60_000)
    assert.ok(!asked.includes('off'))
    const before = asked.filter((one) => one === 'told').length
    assert.ok(before <= 1)
    for (let n = 0; n < 5; n++) {
      await s.results.submit([{ target: 'web', rule: 'told', state: 'ok', output: 'fine' }])
      await s.pass(5 * 60_000)
    }
    assert.equal(asked.filter((one) => one === 'told').length, before, 'it was told often enough')
    await s.pass(12 * 60_000)
    assert.ok(asked.filter((one) => one === 'told').length > before, 'nobody told')
  })

  it('that never answer hold up nobody', async () => {
    await begin(`  - { name: web, services: [${service('never', 'never')}, ${service('http', 'http')}] }`)
    s.inventory.all = [instance('a')]
    await s.pass(5 * 60_000)
    const [inside] = await s.journal.checksOf(everything, { kind: 'instance', id: 'a' })
    assert.ok((inside?.lastCheck ?? 0) > s.clock.now() - 61_000)
    assert.ok(((await state('web', 'http'))?.lastCheck ?? 0) > s.clock.now() - 61_000)
    await s.pass(15 * 60_000)
    assert.match((await state('web', 'never'))?.output ?? '', /no answer within 15 min/)
  })

  it('lend their facts and states to macros', async () => {
    const variables = 'variables: { RACK: a1 }'
    await begin(
      `  - { name: web, address: 192.0.2.1, alias: Web, groups: [g, h], ${variables}, check: ${check('web')}, services: [${service('http', 'http', ', variables: { PORT: "80" }')}] }`,
      'commands: { macros: { USER1: /usr/lib/nagios/plugins } }',
    )
    word.set('http', 'warning')
    await s.pass(75_000)
    const wanted = {
      ...{ HOSTNAME: 'web', HOSTADDRESS: '192.0.2.1', HOSTALIAS: 'Web', HOSTGROUPNAMES: 'g,h', HOSTSTATE: 'UP', _HOSTRACK: 'a1' },
      ...{
        'SERVICESTATE:web:http': 'WARNING',
        'SERVICESTATEID:web:http': '1',
        'HOSTSTATEID:web': '0',
        'HOSTADDRESS:web': '192.0.2.1',
      },
      ...{ '_SERVICEPORT:web:http': '80', USER1: '/usr/lib/nagios/plugins', NONE: undefined, 'HOSTSTATE:nobody': undefined },
    }
    for (const [name, value] of Object.entries(wanted)) assert.equal(macro?.(name), value, name)
  })

  it('that are configured wrongly are told with their places', async () => {
    await begin('  - { name: fine }')
    const wrong = `kept: {}
devices:
  - name: web
    parents: [gone]
    check: { plugin: spoken, config: { as: x }, contacts: [nobody], period: some }
    services:
      - { name: host, plugin: passive }
      - { name: a, plugin: passive, interval: 10ms }
      - { name: b, plugin: tea }
  - name: web
    color: red
`
    const read = load(wrong, alerterSection(plugins))
    assert.ok(!read.ok)
    const places = read.errors.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`)
    assert.deepEqual(places, [
      '8:47 devices[0].services[1].interval: at least 1s',
      '9:28 devices[0].services[2].plugin: no such check of devices (known: spoken, passive)',
      '11:5 devices[1].color: unknown key (known: name, address, alias, project, groups, parents, variables, check, services)',
    ])
    const names = load(
      wrong.replace('10ms', '1m').replace('tea', 'passive').replace('    color: red\n', ''),
      alerterSection(plugins),
    )
    assert.deepEqual(!names.ok && names.errors.map(({ path, message }) => `${path}: ${message}`).sort(), [
      'devices[0].check.contacts: no contact is named "nobody"',
      'devices[0].check.period: no period is named "some" (known: none)',
      'devices[0].parents: no device is named "gone"',
      'devices[0].services[0].name: "host" is the device\'s own check: give the service another name',
      'devices[1].name: a second device named "web"',
    ])
  })
})

describe('Debian’s own Nagios configuration', () => {
  needs('/usr/sbin/nagios4', 'nagios4-core')
  needs('/usr/lib/nagios/plugins/check_ping', 'monitoring-plugins-standard')
  const directory = temporaryDirectory()

  it('runs as it is imported', async () => {
    const { code, out, err } = await runCommand(importNagios, '/etc/nagios4')
    assert.deepEqual([code, err], [0, ''])
    const file = join(directory(), 'nagios.yaml')
    writeFileSync(file, out)
    const all = await findPlugins()
    const own = checked(`{ include: '${file}' }`, alerterSection(all))
    assert.deepEqual(
      own.devices.map(({ target }) => target.id),
      ['localhost'],
    )
    assert.deepEqual(
      own.contacts.map(({ name }) => name),
      ['nagiosadmin'],
    )

    const programs = openPrograms({ user: null, environment: {}, atOnce: 8 }, { clock: systemClock, logger: silentLogger() })
    const text = JSON.stringify((JSON.parse(readFileSync(file, 'utf8')) as { alerter: unknown }).alerter)
    const rules = 'rules: [{ name: passive, plugin: passive }]'
    const s = await scene({ directory: directory(), rules, section: text, plugins: all, programs, clock: systemClock })
    try {
      s.checkNow([{ kind: 'device', id: 'localhost' }])
      const done = async () =>
        (await s.journal.checksOf(everything, { kind: 'device', id: 'localhost' })).filter((one) => one.lastCheck)
      for (let waited = 0; (await done()).length < 9; waited += 100) {
        assert.ok(waited < 15_000, 'all nine have a result in time')
        await systemClock.sleep(100)
      }
      const results = new Map((await done()).map((one) => [one.rule, one]))
      assert.match(results.get('host')?.output ?? '', /^PING OK - Packet loss = 0%/)
      assert.match(results.get('Total Processes')?.output ?? '', /^PROCS /)
      assert.match(results.get('Root Partition')?.output ?? '', /^DISK /)
      assert.ok(results.get('Current Load')?.perfdata.some(({ label }) => label === 'load1'))
    } finally {
      await s.stop()
      await programs.close()
    }
  }).timeout(25_000)
})
