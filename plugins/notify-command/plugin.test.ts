import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { load } from '../../config/load.ts'
import { render } from '../../test/support/alerting.ts'
import { hostileNames } from '../../test/support/hostile.ts'
import { notification } from '../../test/support/sample-notification.ts'
import { temporaryDirectory } from '../../test/support/temporary-directory.ts'
import { plugin } from './plugin.ts'

describe('notify command', () => {
  const root = temporaryDirectory()
  const script = (text: string) => {
    const file = join(mkdtempSync(join(root(), 'command-')), 'tell')
    writeFileSync(file, `#!/bin/sh\n${text}\n`)
    chmodSync(file, 0o755)
    return file
  }
  const send = (
    command: Record<string, unknown>,
    message = notification(),
    to = 'tell:olga@example.org',
    signal = new AbortController().signal,
  ) => plugin.send(message, { to, render, signal, config: plugin.config.parse({ commands: { tell: command } }) })

  it('gives macros as arguments and as environment, and nothing else of ours', async () => {
    process.env.SPECOLA_TEST_LEAK = 'a secret of ours'
    const out = join(mkdtempSync(join(root(), 'out-')), 'out')
    const run = [
      script(`{ printf '%s\\n' "$@"; env; cat; } > ${out}`),
      '$NOTIFICATIONTYPE$',
      '$HOSTNAME$/$SERVICEDESC$ is $SERVICESTATE$',
      '$CONTACTEMAIL$',
      '$$5 $UNKNOWN$',
    ]
    const delivery = await send({ run, env: { EXTRA: 'more' }, stdin: '{{title}}\n' })
    assert.ok(delivery.ok, JSON.stringify(delivery))
    const said = readFileSync(out, 'utf8').split('\n')
    assert.deepEqual(said.slice(0, 4), ['PROBLEM', 'web-1/cpu is CRITICAL', 'olga@example.org', '$5 $UNKNOWN$'])
    assert.ok(said.includes('NAGIOS_SERVICEOUTPUT=CPU 99 % of its vCPUs'))
    assert.ok(said.includes('NAGIOS_SERVICESTATEID=2') && said.includes('EXTRA=more') && said.includes('web-1: cpu critical'))
    assert.ok(!said.some((line) => /SPECOLA_TEST_LEAK|^HOME=|^NODE/.test(line)))
  })

  it('lets no name run, become an option, a file or another argument', async () => {
    const directory = mkdtempSync(join(root(), 'hostile-'))
    const out = join(directory, 'out')
    const file = script(`cd ${directory}; (eval "echo $NAGIOS_SERVICEOUTPUT") > /dev/null 2>&1; printf '%s\\0' "$@" > ${out}`)
    for (const name of [
      ...hostileNames,
      `$(touch ${directory}/ran)`,
      `\`touch ${directory}/ran\``,
      `; touch ${directory}/ran`,
      `& touch ${directory}/ran &`,
      `| touch ${directory}/ran`,
      `\n touch ${directory}/ran`,
    ]) {
      const message = notification({}, { targetName: name, output: name, longOutput: name, project: name })
      const delivery = await send({ run: [file, '$HOSTNAME$', 'x$SERVICEOUTPUT$', '$LONGSERVICEOUTPUT$'] }, message)
      assert.ok(delivery.ok, JSON.stringify(delivery))
      const args = readFileSync(out, 'utf8').split('\0').slice(0, -1)
      assert.equal(args.length, 3)
      for (const one of args) {
        assert.doesNotMatch(one, /[`$&|'"<>;\\\n\r]|^[-@]/)
        assert.ok(one.length < 9000)
      }
    }
    assert.deepEqual(await import('node:fs').then(({ readdirSync }) => readdirSync(directory)), ['out'])
  })

  const ends = (title: string, text: string, retry: boolean, reason: RegExp, more: Record<string, unknown> = {}) =>
    it(`${title} is ${retry ? 'tried again' : 'given up'}`, async () => {
      const delivery = await send({ run: [script(text)], ...more })
      assert.ok(!delivery.ok)
      assert.equal(delivery.retry, retry)
      assert.match(delivery.reason, reason)
    })
  ends('a failure', 'echo no way; exit 1', true, /^command tell: exit code 1: no way$/)
  ends('a failure that passes', 'exit 75', true, /exit code 75/)
  ends('a recipient who does not exist', 'exit 67', false, /exit code 67/)
  ends('one that is killed', 'kill -9 $$', true, /killed by SIGKILL/)
  ends('one that hangs, with what it started', 'sleep 60 & sleep 60', true, /ended after 0\.3 s; it may have told somebody/, {
    timeout: '300ms',
  })
  ends('one that ignores being asked to end', 'trap "" TERM; sleep 60', true, /ended after/, { timeout: '300ms' })
  it('one that is not there is tried again', async () => {
    const delivery = await send({ run: ['/nonexistent/tell'] })
    assert.ok(!delivery.ok && delivery.retry)
    assert.match(delivery.reason, /cannot be run \(ENOENT\)/)
  })
  it('one that prints 20 MB and does not read is no trouble', async () => {
    const delivery = await send({
      run: [script('yes 0123456789 | head -c 20000000; exit 0')],
      stdin: `{{title}}${'x'.repeat(200_000)}`,
    })
    assert.ok(delivery.ok, JSON.stringify(delivery))
    assert.ok((delivery.answer?.length ?? 0) < 300)
  })
  it('leaves no process behind when it is told to stop', async () => {
    const pid = join(mkdtempSync(join(root(), 'pid-')), 'pid')
    const stop = new AbortController()
    const sending = send({ run: [script(`echo $$ > ${pid}; sleep 60`)] }, notification(), 'tell:x', stop.signal)
    const written = () => {
      try {
        return readFileSync(pid, 'utf8').trim()
      } catch {
        return ''
      }
    }
    while (written() === '') await new Promise((resolve) => setImmediate(resolve))
    stop.abort(new Error('stopped'))
    await sending
    assert.throws(() => process.kill(Number(written()), 0), /ESRCH/)
  })

  const refuses = (title: string, run: string, message: RegExp) =>
    it(`refuses ${title}`, () => {
      const loaded = load(`commands:\n  tell:\n    run: ${run}\n`, plugin.config)
      assert.ok(!loaded.ok)
      assert.match(loaded.errors.map(({ line, message }) => `${line} ${message}`).join('\n'), message)
    })
  refuses(
    'a macro in a shell script',
    '[/bin/sh, -c, "mail -s $HOSTNAME$ x"]',
    /^3 a macro in what \/bin\/sh reads as a program could be run itself/,
  )
  refuses(
    'a macro that ssh would give to a shell',
    '[/usr/bin/ssh, host, "page $SERVICEOUTPUT$"]',
    /what \/usr\/bin\/ssh reads as a program/,
  )
  refuses('a macro in perl -e', '[/usr/bin/env, perl, -e, "print q($HOSTNAME$)"]', /what perl reads/)
  refuses('a macro as the program', '["/usr/bin/$HOSTNAME$"]', /the name of the program/)
  refuses('a program without its path', '[mail]', /needs its whole path/)
  it('takes a macro behind a script', () => {
    assert.ok(load('commands:\n  tell:\n    run: [/bin/sh, /usr/local/bin/tell, "$HOSTNAME$"]\n', plugin.config).ok)
    assert.ok(load(`commands:\n  tell:\n    run: [/bin/sh, -c, 'mail -s "$NAGIOS_HOSTNAME" x']\n`, plugin.config).ok)
  })
})
