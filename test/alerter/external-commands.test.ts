import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readCommandFile } from '../../alerter/command-file.ts'
import { readExternalCommand } from '../../alerter/external-commands.ts'
import { everything } from '../../model/access.ts'
import { systemClock } from '../../model/clock.ts'
import { plugin as passive } from '../../plugins/check-passive/plugin.ts'
import { instance, type Scene, type SceneOptions, scene } from '../support/alerting.ts'
import { silentLogger } from '../support/silent-logger.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

describe('lines of the external command file', () => {
  const reads = (line: string, wanted: object) =>
    it(line, () => assert.deepEqual(readExternalCommand(line), { ok: true, command: wanted }))
  const on = { target: 'web', rule: 'http' }
  reads('[1700000000] PROCESS_SERVICE_CHECK_RESULT;web;http;2;down; now | t=1s;;5\\nsecond', {
    do: 'result',
    result: {
      ...{ ...on, state: 'critical', output: 'down; now', longOutput: 'second' },
      perfdata: [{ label: 't', value: 1, unit: 's', crit: '5' }],
    },
  })
  reads('[1700000000] PROCESS_SERVICE_CHECK_RESULT;web;http;77;odd', {
    do: 'result',
    result: { ...on, state: 'unknown', output: 'odd', perfdata: [] },
  })
  reads('[1700000000] PROCESS_HOST_CHECK_RESULT;web;1;gone', {
    do: 'result',
    result: { target: 'web', rule: 'host', state: 'critical', output: 'gone', perfdata: [] },
  })
  reads('[1700000000] ACKNOWLEDGE_SVC_PROBLEM;web;http;2;0;1;bob;mine; really', {
    ...{ do: 'acknowledge', on, by: 'bob', comment: 'mine; really', sticky: true, notify: false, persistent: true },
  })
  reads('[1700000000] SCHEDULE_SVC_DOWNTIME;web;http;1700000000;1700003600;0;0;600;bob;kernel', {
    ...{ do: 'downtime', on, wholeTarget: false, by: 'bob', comment: 'kernel' },
    ...{ start: 1_700_000_000_000, end: 1_700_003_600_000, flexibleMs: 600_000 },
  })
  reads('[1700000000] REMOVE_HOST_ACKNOWLEDGEMENT;web', { do: 'unacknowledge', on: { target: 'web', rule: 'host' } })
  reads('[1700000000] SCHEDULE_FORCED_SVC_CHECK;web;http;1700000000', { do: 'checkNow', on })
  const refuses = (line: string, reason: RegExp) =>
    it(`refuses ${line}`, () => {
      const read = readExternalCommand(line)
      assert.ok(!read.ok)
      assert.match(read.reason, reason)
    })
  refuses('PROCESS_SERVICE_CHECK_RESULT;web;http;2;down', /not of the form/)
  refuses('[1700000000] SHUTDOWN_PROGRAM', /not a command that is known/)
  refuses('[1700000000] PROCESS_SERVICE_CHECK_RESULT;web;http;down', /not a state/)
  refuses('[1700000000] SCHEDULE_SVC_DOWNTIME;web;http;soon;1700003600;1;0;0;bob;x', /needs start/)
})

describe('results from outside', () => {
  const root = temporaryDirectory()
  let s: Scene
  const rules = `rules:
    - { name: backup, plugin: passive, interval: 10s, retryInterval: 10s, attempts: 1, stale: 10m }
    - { name: quiet, plugin: passive, interval: 10s, attempts: 2 }`
  const plugins = [passive] as SceneOptions['plugins']
  const begin = async (options: Partial<SceneOptions> = {}) => {
    s = await scene({ directory: mkdtempSync(join(root(), 'journal-')), rules, plugins, ...options })
    s.inventory.all = [instance('a', { name: 'db' }), instance('b', { name: 'twin' }), instance('c', { name: 'twin' })]
  }
  afterEach(() => s.stop())
  const stateOf = async (rule: string, id = 'a') =>
    (await s.journal.checksOf(everything, { kind: 'instance', id })).find((one) => one.rule === rule)

  it('are taken by id or by a name that only one has, and survive a restart', async () => {
    await begin()
    await s.pass(35_000)
    const push = (target: string, rule = 'backup') => ({ target, rule, state: 'critical' as const, output: 'failed' })
    const taken = await s.results.submit([push('db'), push('c'), push('twin'), push('nobody'), push('db', 'nothing')])
    assert.deepEqual(
      taken.map((one) => (one.ok ? 'taken' : one.reason)),
      [
        ...['taken', 'taken', '2 targets of the rule "backup" are called "twin": give the id'],
        ...['the rule "backup" looks at no target "nobody"', 'no check is made by a rule "nothing"'],
      ],
    )
    await s.restart()
    const kept = await stateOf('backup')
    assert.deepEqual([kept?.state, kept?.hard, kept?.output], ['critical', true, 'failed'])
  })

  it('that stay away for too long are no data, where the rule says what too long is', async () => {
    await begin()
    await s.pass(35_000)
    await s.results.submit(['backup', 'quiet'].map((rule) => ({ target: 'db', rule, state: 'ok' as const, output: 'done' })))
    await s.pass(9 * 60_000)
    assert.equal((await stateOf('backup'))?.state, 'ok')
    await s.pass(2 * 60_000)
    assert.equal((await stateOf('backup'))?.state, 'nodata')
    assert.match((await stateOf('backup'))?.output ?? '', /^no result for \d+ s \(stale after 600 s\)$/)
    assert.equal((await stateOf('quiet'))?.state, 'ok')
  })

  it('come through a real named pipe, line by line; what cannot be done is logged', async () => {
    const pipe = join(root(), 'specola.cmd')
    await begin({ clock: systemClock, section: `{ commandFile: ${JSON.stringify(pipe)} }` })
    await s.restart()
    assert.ok(statSync(pipe).isFIFO())
    const done = async (reached: () => Promise<boolean>) => {
      while (!(await reached())) await sleep(20)
    }
    await done(async () => (await stateOf('backup')) !== undefined || (await s.results.submit([probe]))[0]?.ok === true)
    execFileSync('sh', [
      '-c',
      `printf '[1] NONSENSE\\n[1] PROCESS_SERVICE_CHECK_RESULT;db;backup;2;pi' > "$0"; printf 'ped\\n' > "$0"`,
      pipe,
    ])
    await done(async () => (await stateOf('backup'))?.output === 'piped')
    appendFileSync(pipe, `[1] ACKNOWLEDGE_SVC_PROBLEM;db;backup;2;0;0;ops;seen\n`)
    await done(async () => (await stateOf('backup'))?.acknowledgement?.author === 'ops')
    assert.ok(s.logger.lines.some(({ message }) => message.includes('"NONSENSE" is not a command')))
  })

  it('a command file that is something else than a pipe is refused', async () => {
    await begin()
    const file = join(root(), 'plain.txt')
    writeFileSync(file, '')
    await assert.rejects(
      readCommandFile(file, async () => null, silentLogger(), new AbortController().signal),
      /is no named pipe/,
    )
  })
})

const probe = { target: 'db', rule: 'quiet', state: 'ok' as const, output: 'probe' }
