import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { command } from '../../cli/notify.ts'
import { httpStage, type Stage } from '../support/http-stage.ts'
import { type SmtpSink, smtpSink } from '../support/smtp-sink.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

describe('specola notify', () => {
  const root = temporaryDirectory()
  let stage: Stage
  let sink: SmtpSink
  let file: string
  before(async () => {
    stage = await httpStage({ status: 200, body: 'thanks \u001b[31mred' })
    sink = await smtpSink()
    file = join(mkdtempSync(join(root(), 'config-')), 'specola.yaml')
    writeFileSync(
      file,
      `alerter:
  email: { host: 127.0.0.1, port: ${sink.port}, tls: none, from: specola@example.org }
  webhook: { endpoints: { cmdb: { url: "${stage.url}" }, other: { url: "${stage.url}" } } }
  contacts:
    - { name: noc, email: noc@example.org, webhook: cmdb }
    - { name: anna, webhook: other, language: it }
`,
    )
  })
  after(async () => {
    await stage.close()
    await sink.close()
  })

  const run = async (...args: string[]) => {
    const lines: string[] = []
    const io = { out: (text: string) => void lines.push(text), err: (text: string) => void lines.push(text) }
    const code = await command.run([...args, '--config', file], io)
    return { code, out: lines.join('\n') }
  }

  it('tries the only address of a notifier, and prints the answer', async () => {
    const { code, out } = await run('test', 'email')
    assert.equal(code, 0)
    assert.match(out, /^email noc@example\.org: taken: 250 OK/)
    assert.match((await sink.next()).headers.get('subject') ?? '', /^\[TEST\]/)
  })

  it('tries every address of a contact', async () => {
    const { code, out } = await run('test', 'noc', '--json')
    assert.equal(code, 0)
    assert.deepEqual(
      (JSON.parse(out) as { notifier: string }[]).map(({ notifier }) => notifier),
      ['email', 'webhook'],
    )
    await sink.next()
  })

  it('wants to know which of several, and lets no answer steer the terminal', async () => {
    await assert.rejects(
      run('test', 'webhook'),
      /webhook reaches 2 addresses: write which, --to ADDRESS \(noc: cmdb, anna: other\)/,
    )
    const { code, out } = await run('test', 'webhook', '--to', 'other')
    assert.equal(code, 0)
    assert.match(out, /webhook other: taken: HTTP 200: thanks/)
    assert.ok(!out.includes('\u001b'))
  })

  it('ends with 1 when a test is not taken', async () => {
    stage.next = [{ status: 503 }]
    const { code, out } = await run('test', 'webhook', '--to', 'cmdb')
    assert.equal(code, 1)
    assert.match(out, /NOT TAKEN \(would be tried again\): webhook cmdb \(127\.0\.0\.1:\d+\): HTTP 503/)
    assert.match(
      (await run('test', 'webhook', '--to', 'nowhere')).out,
      /would be given up\): "nowhere" is not there \(known: cmdb, other\)/,
    )
  })

  it('shows a message without sending it', async () => {
    const asked = stage.asked.length
    const { out } = await run('preview', 'anna', '--kind', 'recovery')
    assert.match(out, /"kindWord":"RIENTRATO"/)
    assert.equal(stage.asked.length, asked)
  })

  it('lists who is reached how', async () => {
    const { out } = await run('list')
    assert.match(out, /^\* email .*\n {4}noc: noc@example\.org/m)
    assert.match(out, /^ {2}slack /m)
  })

  it('knows what it was not told', async () => {
    await assert.rejects(run('test', 'nobody'), /"nobody" is no configured notifier and no contact \(notifiers: email, webhook\)/)
    await assert.rejects(run('test', 'slack'), /"slack" is no configured notifier/)
    await assert.rejects(run('frob'), /notify list, test NAME or preview NAME/)
  })

  it('refuses an address that its notifier does not know, with its place', async () => {
    const wrong = join(root(), 'wrong.yaml')
    writeFileSync(
      wrong,
      `alerter:\n  webhook: { endpoints: { cmdb: { url: "${stage.url}" } } }\n  contacts:\n    - { name: noc, webhook: cbdm }\n`,
    )
    const { configurationFrom } = await import('../../cli/configuration.ts')
    const { findPlugins } = await import('../../cli/plugins.ts')
    const plugins = await findPlugins()
    assert.throws(
      () => configurationFrom(wrong, plugins),
      /wrong\.yaml:4:29 alerter\.contacts\[0\]\.webhook: "cbdm" is not there \(known: cmdb\)/,
    )
  })
})
