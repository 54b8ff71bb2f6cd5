import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { everything } from '../../model/access.ts'
import { systemClock } from '../../model/clock.ts'
import type { Plugin } from '../../model/contract.ts'
import { plugin as state } from '../../plugins/check-state/plugin.ts'
import { plugin as command } from '../../plugins/notify-command/plugin.ts'
import { plugin as email } from '../../plugins/notify-email/plugin.ts'
import { plugin as webhook } from '../../plugins/notify-webhook/plugin.ts'
import { instance, type Scene, scene } from '../support/alerting.ts'
import { hostileNames, unprintable } from '../support/hostile.ts'
import { httpStage, type Stage } from '../support/http-stage.ts'
import { type SmtpSink, smtpSink } from '../support/smtp-sink.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** From the inventory through checks, decisions, journal and outbox to a mail server, a web server and a program. */
describe('instances whose names want to do harm', function () {
  this.timeout(60_000)
  const root = temporaryDirectory()
  let s: Scene
  let sink: SmtpSink
  let stage: Stage
  let directory: string
  const many = hostileNames.length

  before(async () => {
    sink = await smtpSink()
    stage = await httpStage({ status: 204 })
    directory = mkdtempSync(join(root(), 'work-'))
    const tell = join(mkdtempSync(join(root(), 'bin-')), 'tell')
    writeFileSync(tell, `#!/bin/sh\ncd ${directory}\nprintf '%s|%s\\n' "$1" "$NAGIOS_HOSTNAME" >> told\n`)
    chmodSync(tell, 0o755)
    s = await scene({
      ...{ directory: mkdtempSync(join(root(), 'journal-')), clock: systemClock },
      plugins: [state, command, email, webhook] as readonly Plugin[],
      rules: 'rules: [{ name: state, plugin: state, interval: 1s, attempts: 1, repeat: 0s }]',
      section: `email: { host: 127.0.0.1, port: ${sink.port}, tls: none, from: specola@example.org, timeout: 5s }
webhook: { endpoints: { cmdb: { url: "${stage.url}", body: '{"name": {{json target.name}}, "title": {{json title}}}' } } }
command: { commands: { tell: { run: [${tell}, "$HOSTNAME$"] } } }
contacts: [{ name: noc, email: noc@example.org, webhook: cmdb, command: "tell:x" }]`,
    })
    s.inventory.all = hostileNames.map((name, n) => instance(`i-${n}`, { name, project: name }))
    await s.restart()
    const look = (code: number) => {
      s.store.samples = hostileNames.map((_, n) => ({
        ...{ measurement: 'instance', tags: { instance: `i-${n}`, host: 'hv-1' }, fields: { state: code } },
        time: systemClock.now() - 1,
      }))
      s.checkNow(hostileNames.map((_, n) => ({ kind: 'instance', id: `i-${n}` })))
    }
    look(5)
    const told = () =>
      readdirSync(directory).includes('told') ? readFileSync(join(directory, 'told'), 'utf8').split('\n').length - 1 : 0
    while (sink.mails.length < many || stage.asked.length < many || told() < many) await systemClock.sleep(100)
  })
  after(async () => {
    await s.stop()
    await sink.close()
    await stage.close()
  })

  it('are each told once, to whom it was meant for', async () => {
    assert.equal(sink.mails.length, many)
    assert.equal(stage.asked.length, many)
    for (const { to, headers } of sink.mails) {
      assert.deepEqual(to, ['noc@example.org'])
      assert.equal(headers.has('bcc'), false)
      assert.match(headers.get('subject') ?? '', /^(\[PROBLEM\]|=\?UTF-8\?)/)
    }
    const outcomes = await Promise.all(
      (await s.journal.problems(everything, {})).map(({ check }) => s.journal.notifications(everything, check, 10)),
    )
    for (const records of outcomes)
      assert.deepEqual(
        records.map(({ outcome }) => outcome),
        ['sent', 'sent', 'sent'],
      )
  })

  it('make nothing but a value in a webhook', () => {
    for (const { body } of stage.asked) {
      const sent = JSON.parse(body) as Record<string, string>
      assert.deepEqual(Object.keys(sent), ['name', 'title'])
      for (const text of Object.values(sent)) assert.ok(!unprintable.test(text) && text.isWellFormed())
    }
  })

  it('run nothing, and write nothing, where a command is run', () => {
    assert.deepEqual(readdirSync(directory), ['told'])
    for (const line of readFileSync(join(directory, 'told'), 'utf8').trimEnd().split('\n')) {
      assert.doesNotMatch(line, /[`$&'"<>;\\]|^[-@]/)
      assert.equal(line.split('|').length, 2)
    }
  })

  it('are one line of a log each', () => {
    const script = `import { jsonLogger } from './cli/logger.ts'
      import { hostileNames } from './test/support/hostile.ts'
      const logger = jsonLogger('info')
      for (const name of hostileNames) logger.info('not delivered to ' + name, { name, error: new Error(name) })`
    const { stderr } = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script], {
      cwd: join(import.meta.dirname, '../..'),
      encoding: 'utf8',
    })
    const lines = stderr.trimEnd().split('\n')
    assert.equal(lines.length, many, stderr.slice(0, 500))
    for (const line of lines) {
      assert.equal((JSON.parse(line) as { level: string }).level, 'info')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what would steer a terminal
      assert.doesNotMatch(line, /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
      assert.ok(
        hostileNames
          .map((name) => `not delivered to ${name.toWellFormed()}`)
          .includes((JSON.parse(line) as { msg: string }).msg.toWellFormed()),
      )
    }
  })
})
