import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openAlerts } from '../../cli/alerts.ts'
import { configurationFrom } from '../../cli/configuration.ts'
import { engineFindings, examineEngines } from '../../cli/doctor/engines.ts'
import { command as fatigue } from '../../cli/fatigue.ts'
import { command as oncall } from '../../cli/oncall.ts'
import { findPlugins } from '../../cli/plugins.ts'
import { command as why } from '../../cli/why.ts'
import { systemClock as clock } from '../../model/clock.ts'
import type { AppError } from '../../model/contract.ts'
import { eventually, spawnKept, stopProcess } from '../support/child-process.ts'
import { runCommand } from '../support/command.ts'
import { freePort } from '../support/free-port.ts'
import { needs } from '../support/needs.ts'
import { type PostgresServer, postgresProgram, startPostgres } from '../support/postgres.ts'
import { silentLogger } from '../support/silent-logger.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const main = join(import.meta.dirname, '..', '..', 'main.ts')

describe('two specola serve on one PostgreSQL', function () {
  this.timeout(90_000)
  needs(postgresProgram, 'postgresql')
  const directory = temporaryDirectory()
  let server: PostgresServer
  const processes: ChildProcess[] = []
  const ports: number[] = []
  const configOf = (name: string) => join(directory(), `${name}.yaml`)
  before(async () => {
    server = await startPostgres(directory())
    const { url } = server.database('alerts')
    writeFileSync(join(directory(), 'secret'), 'observe\n')
    for (const name of ['a', 'b']) {
      const port = await freePort()
      ports.push(port)
      const data = join(directory(), name)
      mkdirSync(data)
      writeFileSync(
        configOf(name),
        `data: ${data}
ui: { listen: "127.0.0.1:${port}" }
alerter:
  email: { host: localhost, from: a@example.org, tls: none }
  contacts: [{ name: anna, email: a@example.org, projects: [none] }, { name: bruno, email: b@example.org, projects: [none] }]
  rotas: [{ name: duty, layers: [{ members: [anna], begins: 2026-01-05, every: 1w }] }]
  journal:
    postgres: { url: "${url}", password: { file: ${join(directory(), 'secret')} }, engine: node-${name}, lease: 4s }
`,
      )
      const { child } = spawnKept(process.execPath, [main, 'serve', '--demo', '--config', configOf(name)], process.env)
      processes.push(child)
    }
  })
  after(async () => {
    for (const child of processes) await stopProcess(child)
    await server?.stop()
  })
  const metrics = async (port: number | undefined) => await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()

  it('share the checks, and say so in their metrics', async () => {
    for (const port of ports)
      await eventually(
        'shares',
        async () => {
          const text = await metrics(port).catch(() => '')
          return /lease_shares\{engine="node-a"\} 32/.test(text) && /lease_shares\{engine="node-b"\} 32/.test(text)
        },
        60_000,
      )
  })

  it('are what doctor and fatigue see, without a data directory', async () => {
    const config = configurationFrom(configOf('a'), await findPlugins())
    const [found] = await examineEngines(config)
    assert.deepEqual([found?.level, found?.found], ['ok', 'node-a decides on 32 of 64 shares, node-b decides on 32 of 64 shares'])
    const { out } = await runCommand(fatigue, '--config', configOf('a'), '--format', 'json')
    assert.equal((JSON.parse(out) as { nights: unknown[] }).nights.length, 7)
    const { out: text } = await runCommand(fatigue, '--config', configOf('a'), '--language', 'it', '--week', '2026-11-18')
    assert.match(text, /^Allarmi e persone, 16 nov 2026 – 22 nov 2026/)
    const postgres = openAlerts(null, config, { health: { report: () => undefined }, clock, logger: silentLogger() })
    const from = clock.now() - 60_000
    await postgres.onCall.addOverride(
      { ...{ id: 'o', rota: 'duty', who: 'bruno', instead: null, from, to: from + 3_600_000, by: 'ada', comment: '' } },
      from,
    )
    await postgres.close()
    assert.match((await runCommand(oncall, '--config', configOf('b'))).out, /^duty {2}bruno/m)
    const told = async () => (await runCommand(why, '--config', configOf('b'), '--limit', '1')).out
    await eventually('a decision', async () => /^\d{4}-\d\d-\d\dT[\d:]+Z {2}suppressed/.test(await told()))
  })

  it('one takes over all when the other is gone', async () => {
    await stopProcess(processes[0] as ChildProcess, 'SIGKILL')
    await eventually('node-b has all', async () => /lease_shares\{engine="node-b"\} 64/.test(await metrics(ports[1])), 30_000)
    const findings = await examineEngines(configurationFrom(configOf('b'), await findPlugins()))
    assert.deepEqual(
      findings.map(({ subject, level }) => `${subject} ${level}`),
      ['alert journal ok', 'engine node-a trouble'],
    )
  })

  it('say what is wrong with the configuration, and where', async () => {
    const plugins = await findPlugins()
    const wrong = (postgres: string, says: RegExp, more = '') => {
      const file = join(directory(), 'wrong.yaml')
      writeFileSync(file, `alerter:\n  journal:\n    postgres: { ${postgres} }\n${more}`)
      assert.throws(
        () => configurationFrom(file, plugins),
        (error: AppError) => error.code === 'config' && says.test(error.message),
      )
    }
    wrong('url: "postgres://u:secret@h/d"', /wrong\.yaml:3:\d+ .*password does not belong in the URL/)
    wrong('url: "mysql://u@h/d"', /3:\d+ .*postgres:\/\/USER@HOST:PORT\/DATABASE/)
    wrong('url: "postgres://u@h"', /names no database/)
    wrong('url: "postgres://h/d"', /names no user/)
    wrong('url: "postgres://u@h/d?sslmode=disable"', /settings do not belong in the URL/)
    wrong('url: "postgres://u@h/d", password: hunter2', /a secret is not written here/)
    wrong('url: "postgres://u@h/d", lease: 60s', /between 4s and 20s/)
    wrong('url: "postgres://u@h/d", engine: "a b"', /letters, digits/)
    wrong('url: "postgres://u@h/d", tls: { ca: /nowhere/ca.pem }', /cannot read \/nowhere\/ca\.pem: ENOENT/)
    wrong('url: "postgres://u@h/d"', /4:\d+ .*add alerter\.email/, 'reports: { fatigue: { to: [{ email: a@example.org }] } }\n')
  })

  it('are in trouble when shares belong to nobody', () => {
    const seen = { id: 'x', known: 10, alone: 0, silentMs: 100 }
    const levels = (...engines: Parameters<typeof engineFindings>[0]) => engineFindings(engines).map(({ level }) => level)
    assert.deepEqual(levels({ ...seen, name: 'a', slots: 64, alive: true }), ['ok'])
    assert.deepEqual(levels({ ...seen, name: 'a', slots: 64, alive: true }, { ...seen, name: 'b', slots: 0, alive: true }), [
      'ok',
      'note',
    ])
    assert.deepEqual(levels({ ...seen, name: 'a', slots: 64, alive: false }), ['trouble', 'trouble'])
    assert.deepEqual(levels(), ['trouble'])
    const alone = { ...seen, name: 'b', slots: 32, alive: true, alone: 12 }
    assert.deepEqual(levels({ ...seen, name: 'a', slots: 32, alive: true }, alone), ['ok', 'note'])
    const gone = { ...alone, slots: 0, alive: false, silentMs: 60_000 }
    const [, silent] = engineFindings([{ ...seen, name: 'a', slots: 64, alive: true }, gone])
    assert.match(`${silent?.level} ${silent?.costs}`, /trouble 12 targets that only it knew are not watched/)
  })
})
