import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { alerterSection } from '../../alerter/section.ts'
import { command as importNagios } from '../../cli/import-nagios.ts'
import { findPlugins } from '../../cli/plugins.ts'
import { everything } from '../../model/access.ts'
import { systemClock } from '../../model/clock.ts'
import type { ProgramCall, ProgramEnd } from '../../model/contract.ts'
import { type OpenPrograms, openPrograms } from '../../plugins/check-command/programs.ts'
import { checked, instance, type Scene, type SceneOptions, scene } from '../support/alerting.ts'
import { eventually } from '../support/child-process.ts'
import { runCommand } from '../support/command.ts'
import { silentLogger } from '../support/silent-logger.ts'
import { spokenScene } from '../support/spoken.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const section = '{ kept: {}, contacts: [{ name: amy, kept: amy }] }'
const told = '[/bin/handle, $SERVICESTATE$, $SERVICESTATETYPE$, $SERVICEATTEMPT$, $LASTSERVICESTATE$, $HOSTNAME$]'

describe('event handlers', () => {
  const root = temporaryDirectory()
  const { word, plugins, forget } = spokenScene()
  let s: Scene | null = null
  beforeEach(forget)
  afterEach(async () => {
    await s?.stop()
    s = null
  })
  const rules = (handler: string, attempts = 3) =>
    `rules: [{ name: spoken, plugin: spoken, interval: 1m, retryInterval: 10s, attempts: ${attempts}, handler: ${handler} }]`

  describe('run when Nagios would run them', () => {
    const calls: ProgramCall[] = []
    let end: ProgramEnd = { how: 'exited', code: 0, output: 'restarted\n', errors: '' }
    const programs = {
      async run(call: ProgramCall) {
        calls.push(call)
        return end
      },
    }
    const said = () => calls.map(({ command }) => command.slice(1, 5).join(' '))
    const begin = async (text: string, more: Partial<SceneOptions> = {}) => {
      calls.length = 0
      end = { how: 'exited', code: 0, output: 'restarted\n', errors: '' }
      s = await scene({ directory: mkdtempSync(join(root(), 'journal-')), rules: text, section, plugins, programs, ...more })
      s.inventory.all = [instance('web')]
      await s.pass(45_000)
      return s
    }
    const records = async () => {
      const [check] = (await s?.journal.checksOf(everything, { kind: 'instance', id: 'web' })) ?? []
      return ((await s?.journal.notifications(everything, check?.check ?? '', 50)) ?? []).filter(({ kind }) => kind === 'handler')
    }

    it('at each soft problem, each hard change and the recovery, not at a problem that stays', async () => {
      const { pass } = await begin(rules(`{ command: ${told} }`))
      word.set('web', 'warning')
      await pass(100_000)
      word.set('web', 'critical')
      await pass(5 * 60_000)
      word.set('web', 'ok')
      await pass(2 * 60_000)
      assert.deepEqual(said(), [
        ...['WARNING SOFT 1 OK', 'WARNING SOFT 2 WARNING', 'WARNING HARD 3 WARNING', 'CRITICAL HARD 3 WARNING'],
        'OK HARD 3 CRITICAL',
      ])
      assert.equal(calls[0]?.command[5], 'web')
      assert.deepEqual((await records()).map(({ outcome, reason, notifier }) => [outcome, reason, notifier]).slice(0, 1), [
        ['sent', '/bin/handle: exit code 0: restarted', 'event-handler'],
      ])
      assert.equal((await records()).length, 5)
    })

    it('at a soft recovery, as such', async () => {
      const { pass } = await begin(rules(`{ command: ${told} }`))
      word.set('web', 'critical')
      await pass(65_000)
      word.set('web', 'ok')
      await pass(60_000)
      assert.equal(said()[0], 'CRITICAL SOFT 1 OK')
      assert.match(said().at(-1) ?? '', /^OK SOFT [23] CRITICAL$/)
    })

    it('only at what is hard, if so wished; several in their order; how they end is recorded', async () => {
      const { pass } = await begin(rules(`[{ command: ${told}, on: hard }, { command: [/bin/second], on: hard }]`))
      end = { how: 'timeout', afterMs: 30_000 }
      word.set('web', 'critical')
      await pass(3 * 60_000)
      assert.deepEqual(
        calls.map(({ command }) => command[0]),
        ['/bin/handle', '/bin/second'],
      )
      assert.deepEqual(
        (await records()).map(({ outcome, reason }) => [outcome, reason]),
        [
          ['failed', '/bin/second: ended after 30 s, with all that it had started'],
          ['failed', '/bin/handle: ended after 30 s, with all that it had started'],
        ],
      )
    })

    it('not where they are switched off', async () => {
      const off = '{ kept: {}, commands: { eventHandlers: false }, contacts: [{ name: amy, kept: amy }] }'
      const { pass } = await begin(rules(`{ command: ${told} }`, 1), { section: off })
      word.set('web', 'critical')
      await pass(3 * 60_000)
      assert.deepEqual(said(), [])
    })
  })

  describe('are programs without a shell', () => {
    let programs: OpenPrograms
    before(() => {
      process.env.SPECOLA_SECRET_OF_TEST = 'not for handlers'
      programs = openPrograms({ user: null, environment: {}, atOnce: 4 }, { clock: systemClock, logger: silentLogger() })
    })
    after(async () => {
      delete process.env.SPECOLA_SECRET_OF_TEST
      await programs.close()
    })
    const ran = async (handler: string, name: string) => {
      const text = rules(handler, 1).replace('interval: 1m', 'interval: 1s').replace('retryInterval: 10s', 'retryInterval: 1s')
      const directory = mkdtempSync(join(root(), 'journal-'))
      s = await scene({ directory, rules: text, section, plugins, programs, clock: systemClock })
      word.set('web', 'critical')
      s.inventory.all = [instance('web', { name })]
      await s.restart()
      const [check, journal] = [
        async () => (await journal.checksOf(everything, { kind: 'instance', id: 'web' }))[0]?.check ?? '',
        s.journal,
      ]
      return eventually(
        'the handler is over',
        async () => (await journal.notifications(everything, await check(), 9)).find(({ kind }) => kind === 'handler'),
        20_000,
      )
    }

    it('an instance called like a command never becomes one', async () => {
      const out = join(root(), 'args')
      const trap = join(root(), 'trap')
      for (const name of [
        `$(touch ${trap})`,
        `\`touch ${trap}\``,
        `; touch ${trap} #`,
        `" ; touch ${trap} ; "`,
        `' ; touch ${trap} ; '`,
      ]) {
        const script = join(root(), 'write')
        writeFileSync(script, `#!/bin/sh\nprintf '%s' "$1" > ${out}\nenv > ${out}.env\n`, { mode: 0o755 })
        await ran(`{ command: [${script}, $HOSTNAME$], environment: { TARGET: $HOSTNAME$ } }`, name)
        assert.equal(readFileSync(out, 'utf8'), name)
        const environment = readFileSync(`${out}.env`, 'utf8')
        assert.ok(environment.includes(`TARGET=${name}`) && !environment.includes('SPECOLA_SECRET'), environment)
        await s?.stop()
        // and with a shell that was asked for
        await ran(`{ command: 'printf %s "$HOSTNAME$" > ${out}', shell: true }`, name)
        assert.equal(readFileSync(out, 'utf8'), name)
        await s?.stop()
        s = null
        assert.ok(!existsSync(trap), name)
      }
    }).timeout(60_000)

    it('one that hangs is ended with all that it started', async () => {
      const script = join(root(), 'hang')
      const pid = join(root(), 'pid')
      writeFileSync(script, `#!/bin/sh\ntrap '' TERM\nsleep 600 &\necho $! > ${pid}\nwait\n`, { mode: 0o755 })
      const record = await ran(`{ command: [${script}], timeout: 1s }`, 'web')
      assert.equal(record.outcome, 'failed')
      assert.match(record.reason ?? '', /^\S*hang: ended after 1 s/)
      await eventually('its child is gone', () => spawnSync('kill', ['-0', readFileSync(pid, 'utf8').trim()]).status !== 0, 5000)
    }).timeout(30_000)
  })

  describe('of a Nagios configuration', () => {
    const config = (main: string) => {
      const directory = mkdtempSync(join(root(), 'nagios-'))
      writeFileSync(join(directory, 'nagios.cfg'), `cfg_file=objects.cfg\nevent_handler_timeout=17\n${main}`)
      writeFileSync(
        join(directory, 'objects.cfg'),
        `define command {
  command_name restart
  command_line /usr/local/bin/restart $SERVICESTATE$ $SERVICESTATETYPE$ $SERVICEATTEMPT$ "$HOSTNAME$" $ARG1$
}
define command {
  command_name piped
  command_line /bin/echo $SERVICEOUTPUT$ | /usr/bin/logger
}
define command {
  command_name log
  command_line /usr/local/bin/log $HOSTNAME$
}
define command {
  command_name ok
  command_line /bin/true
}
define host {
  host_name web
  max_check_attempts 2
  check_command ok
}
define service {
  name handled
  register 0
  event_handler restart!now -f
  max_check_attempts 3
  check_command ok
}
define service {
  use handled
  host_name web
  service_description one
}
define service {
  use handled
  host_name web
  service_description off
  event_handler_enabled 0
}
define service {
  use handled
  host_name web
  service_description none
  event_handler null
}
define service {
  use handled
  host_name web
  service_description shell
  event_handler piped
}
`,
      )
      return directory
    }

    it('are taken as lists of arguments, the global ones first, and what cannot be is told with its place', async () => {
      const directory = config('global_service_event_handler=log\nglobal_host_event_handler=log\n')
      const { code, out, err } = await runCommand(importNagios, directory, '--json')
      assert.equal(code, 0, err)
      const { devices, commands } = JSON.parse(out).alerter
      const [{ check, services }] = devices
      const global = { command: ['/usr/local/bin/log', '$HOSTNAME$'], timeout: '17s' }
      const own = {
        ...{
          command: [
            '/usr/local/bin/restart',
            '$SERVICESTATE$',
            '$SERVICESTATETYPE$',
            '$SERVICEATTEMPT$',
            '$HOSTNAME$',
            'now',
            '-f',
          ],
        },
        timeout: '17s',
      }
      assert.deepEqual(check.handler, [global])
      assert.deepEqual(
        Object.fromEntries(services.map(({ name, handler }: { name: string; handler: unknown }) => [name, handler])),
        { one: [global, own], off: undefined, none: [global], shell: [global] },
      )
      assert.deepEqual(commands, { eventHandlers: false })
      assert.match(err, /objects\.cfg:34 note: the event handler of the service "off" on "web" is not taken: it is switched off/)
      assert.match(
        err,
        /objects\.cfg:46 note: the event handler of the service "shell" on "web" cannot be taken: "\|".* needs a shell/,
      )
      assert.match(err, /^note: the event handlers of 4 checks are taken and switched off: --event-handlers has them run$/m)
    })

    it('are off until somebody switches them on, in the file or in the one that includes it', async () => {
      const plugins = await findPlugins()
      const directory = config('')
      const file = join(directory, 'nagios.yaml')
      const handlers = async (own: string, ...flags: string[]) => {
        writeFileSync(file, (await runCommand(importNagios, directory, ...flags)).out)
        const read = checked(`{ include: '${file}'${own} }`, alerterSection(plugins))
        const wanted = read.commands.eventHandlers !== false
        return wanted ? read.devices.flatMap(({ rules }) => rules.flatMap((rule) => rule.handlers)).length : 0
      }
      assert.equal(await handlers(''), 0)
      assert.equal(await handlers(', commands: { eventHandlers: true }'), 1)
      assert.equal(await handlers('', '--event-handlers'), 1)
      assert.equal(await handlers(', commands: { eventHandlers: false }', '--event-handlers'), 0)
      assert.equal(await handlers('', '--event-handlers', '--shell'), 2)
    })

    it('that names a command that is not there is refused, as by Nagios', async () => {
      const directory = config('')
      const objects = join(directory, 'objects.cfg')
      writeFileSync(objects, readFileSync(objects, 'utf8').replace('event_handler piped', 'event_handler nobody'))
      const { code, err } = await runCommand(importNagios, directory)
      assert.equal(code, 1)
      assert.match(err, /objects\.cfg:\d+ there is no command "nobody"/)
    })
  })
})
