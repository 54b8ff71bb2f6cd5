import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { everything } from '../../model/access.ts'
import { systemClock } from '../../model/clock.ts'
import { plugin as state } from '../../plugins/check-state/plugin.ts'
import { plugin as email } from '../../plugins/notify-email/plugin.ts'
import { instance, type Scene, scene } from '../support/alerting.ts'
import { freePort } from '../support/free-port.ts'
import { type SmtpSink, smtpSink } from '../support/smtp-sink.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

describe('the alerter and a real mail server', () => {
  const root = temporaryDirectory()
  let s: Scene
  let sink: SmtpSink
  let port: number

  const tells = (code: number) => {
    s.store.samples = [
      {
        measurement: 'instance',
        tags: { instance: 'web-1', host: 'hv-1' },
        fields: { state: code },
        time: systemClock.now() - 1,
      },
    ]
    s.checkNow([{ kind: 'instance', id: 'web-1' }])
  }
  const subject = async () => (await sink.next()).headers.get('subject')
  /** Resolves once the Health page shows the mail server in this state. */
  const mailServer = (wanted: string) =>
    new Promise<string>((resolve) => {
      const now = s.health.all().find(({ component }) => component === 'notify-email')
      if (now?.state === wanted) return resolve(now.detail)
      const stop = s.health.watch(({ component, state: is, detail }) => {
        if (component !== 'notify-email' || is !== wanted) return
        stop()
        resolve(detail)
      })
    })

  beforeEach(async () => {
    port = await freePort()
    sink = await smtpSink({ port })
    s = await scene({
      directory: mkdtempSync(join(root(), 'journal-')),
      clock: systemClock,
      plugins: [state, email],
      rules: 'rules: [{ name: state, plugin: state, interval: 1s, attempts: 1, repeat: 1s }]',
      section: `email: { host: 127.0.0.1, port: ${port}, tls: none, from: specola@example.org, timeout: 5s }
contacts: [{ name: noc, email: noc@example.org }]`,
    })
    s.inventory.all = [instance('web-1')]
    await s.restart()
    tells(1)
  })
  afterEach(async () => {
    await s.stop()
    await sink.close()
  })

  it('mails a problem, is quiet once it is acknowledged, and mails the recovery', async () => {
    tells(5)
    assert.equal(await subject(), '[PROBLEM] web-1: state critical')
    const [problem] = await s.journal.problems(everything, {})
    assert.ok(await s.commands.acknowledge(everything, problem?.check ?? '', 'alice', 'looking', false))
    // A repeat that was on its way before may come first.
    for (let next = await subject(); next !== '[ACKNOWLEDGED] web-1: state critical'; next = await subject())
      assert.equal(next, '[PROBLEM] web-1: state critical')
    const taken = await s.journal.check(everything, problem?.check ?? '')
    assert.equal(taken?.acknowledgement?.author, 'alice')
    tells(1)
    assert.equal(await subject(), '[RECOVERY] web-1: state ok')
  })

  it('keeps mails on disk while the mail server is away, and delivers them after a restart', async () => {
    await sink.close()
    const away = mailServer('down')
    tells(5)
    assert.match(await away, /ECONNREFUSED.*waits? on disk/)
    await s.stop()
    sink = await smtpSink({ port })
    await s.restart()
    assert.equal(await subject(), '[PROBLEM] web-1: state critical')
    assert.match(await mailServer('ok'), /delivers/)
  })
})
