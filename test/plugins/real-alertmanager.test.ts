import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../model/clock.ts'
import { plugin } from '../../plugins/notify-alertmanager/plugin.ts'
import { render } from '../support/alerting.ts'
import { freePort } from '../support/free-port.ts'
import { hostileNames } from '../support/hostile.ts'
import { needs } from '../support/needs.ts'
import { notification } from '../support/sample-notification.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const program = '/usr/bin/prometheus-alertmanager'

interface KnownAlert {
  labels: Record<string, string>
  annotations: Record<string, string>
  status: { state: string }
}

describe('notify alertmanager, with Debian’s Alertmanager', function () {
  this.timeout(60_000)
  needs(program, 'prometheus-alertmanager')
  const root = temporaryDirectory()
  let child: ChildProcess | undefined
  let url: string
  before(async () => {
    const directory = mkdtempSync(join(root(), 'alertmanager-'))
    const file = join(directory, 'config.yml')
    writeFileSync(file, 'route: { receiver: none }\nreceivers: [{ name: none }]\n')
    url = `http://127.0.0.1:${await freePort()}`
    const where = [`--web.listen-address=${url.slice(7)}`, '--cluster.listen-address=', `--storage.path=${directory}/data`]
    child = spawn(program, [`--config.file=${file}`, ...where], { stdio: 'ignore' })
    for (let tries = 0; tries < 200; tries++) {
      if (
        await fetch(`${url}/-/ready`).then(
          ({ ok }) => ok,
          () => false,
        )
      )
        return
      await systemClock.sleep(50)
    }
    throw new Error('Alertmanager did not start')
  })
  after(async () => {
    if (!child) return
    const ended = new Promise((resolve) => child?.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
  })

  const time = () => systemClock.now()
  const send = (kind: 'problem' | 'recovery' | 'test', problem: Parameters<typeof notification>[1] = {}) =>
    plugin.send(notification({ kind, time: time() }, { since: time() - 60_000, ...problem }), {
      ...{ to: 'main', render, signal: new AbortController().signal },
      config: plugin.config.parse({ clusters: { main: { urls: [url], labels: { region: 'milano' } } } }),
    })
  const firing = async () =>
    ((await (await fetch(`${url}/api/v2/alerts`)).json()) as KnownAlert[]).filter(({ status }) => status.state === 'active')

  it('has one alert a problem, whatever its severity, and none after the recovery', async () => {
    assert.ok((await send('problem', { state: 'warning' })).ok)
    assert.deepEqual(
      (await firing()).map(({ labels }) => [labels.alertname, labels.severity, labels.region]),
      [['cpu', 'warning', 'milano']],
    )
    assert.ok((await send('problem', { state: 'critical' })).ok)
    assert.deepEqual(
      (await firing()).map(({ labels }) => labels.severity),
      ['critical'],
    )
    assert.ok((await send('recovery', { state: 'ok' })).ok)
    assert.deepEqual(await firing(), [])
  })

  it('takes every hostile name as a value', async () => {
    for (const [n, name] of hostileNames.entries()) {
      const problem = {
        check: `h${n}`,
        target: { kind: 'instance', id: name },
        targetName: name,
        project: name,
        output: name,
        longOutput: name,
      }
      const delivery = await send('problem', problem)
      assert.ok(delivery.ok, JSON.stringify(delivery))
    }
    assert.equal((await firing()).length, hostileNames.length)
  })

  it('takes a test', async () => {
    const delivery = await send('test', { check: 'test' })
    assert.ok(delivery.ok && delivery.answer === 'HTTP 200', JSON.stringify(delivery))
  })
})
