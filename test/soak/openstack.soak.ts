import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'amqplib'
import { eventually, stopProcess } from '../support/child-process.ts'
import { needsFile } from '../support/needs.ts'
import type { TenantUsage } from '../support/recordings.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { startTestbed, type Testbed, testbedScripts } from '../support/testbed.ts'

const main = join(import.meta.dirname, '..', '..', 'main.ts')
const minute = 60_000

interface Verified {
  usageCompared: number
  listed: number
  resources: number
  differences: { id: string; what: string; cause: string; explained: boolean }[]
}

describe('a real OpenStack at work, its broker away for two minutes', function () {
  this.timeout(25 * minute)
  this.bail(true)
  needsFile(join(testbedScripts, 'up'), 'no testbed beside this checkout (../shared/testbed)')
  const directory = temporaryDirectory()
  const queue = `specola-soak-${process.pid}`
  let testbed: Testbed
  let server: ChildProcess | null = null
  let config: string
  const window = { from: '', to: '' }

  const specola = (...args: string[]) =>
    spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, timeout: 5 * minute })
  const at = (name: string) => join(directory(), name)
  const log = () => readFileSync(at('serve.log'), 'utf8')

  before(async function () {
    this.timeout(15 * minute)
    if (process.getuid?.() !== 0) {
      const reason = 'SKIPPED: the testbed needs root'
      if (process.env.CI) throw new Error(reason)
      console.log(`      ${reason}`)
      this.skip()
    }
    testbed = await startTestbed()
    mkdirSync(at('scenario'))
    writeFileSync(at('serve.log'), '')
    writeFileSync(at('rabbit'), 'testbed\n')
    writeFileSync(at('credential'), testbed.credential.secret)
    config = at('config.yaml')
    writeFileSync(
      config,
      `data: ${at('live')}
log: info
collector:
  amqp:
    - { name: soak, urls: ["${testbed.broker}"], password: { file: ${at('rabbit')} }, queue: ${queue}, queueType: classic }
  openstack:
    - name: soak
      authUrl: ${testbed.authUrl}
      applicationCredential: { id: ${testbed.credential.id}, secret: { file: ${at('credential')} } }
      interval: 20s
`,
    )
  })

  after(async () => {
    if (server) await stopProcess(server)
    if (!testbed) return
    const broker = await connect({ hostname: '127.0.0.1', port: 5673, username: 'openstack', password: 'testbed' })
    const channel = await broker.createChannel()
    await channel.deleteQueue(queue)
    await broker.close()
    await testbed.close()
  })

  /** Until nothing differs: what is under way arrives, and the APIs are read every 20 s. */
  const verified = (data: string) =>
    eventually(
      `verify of ${data} finds no difference`,
      async () => {
        const { status, stdout, stderr } = specola(
          ...['verify', '--config', config, '--data', data, '--json', '--from', window.from, '--to', window.to],
        )
        assert.ok(status === 0 || status === 1, stderr)
        const read = JSON.parse(stdout) as Verified
        if (read.differences.length === 0) return read
        last = read.differences
        await new Promise((resolve) => setImmediate(resolve))
        return null
      },
      3 * minute,
    ).catch((error: Error) => assert.fail(`${error.message}: ${JSON.stringify(last, null, 1)}`))
  let last: Verified['differences'] = []

  it('loses nothing: verify finds no difference', async () => {
    const began = performance.now()
    server = spawn(
      '/bin/sh',
      ['-c', 'exec "$0" "$@" 2> "$SPECOLA_LOG"', process.execPath, main, 'serve', '--config', config, '--only', 'collector'],
      {
        env: { ...process.env, SPECOLA_LOG: at('serve.log') },
        stdio: 'ignore',
      },
    )
    await eventually('connected to the broker', () => /connected to 127.0.0.1/.test(log()))
    window.from = new Date(Math.floor(Date.now() / 1000) * 1000).toISOString()
    const phases = [
      '--phases',
      'life,failures,bulk,rest',
      '--servers',
      '2',
      '--extra',
      '2',
      '--bulk',
      '30',
      '--bulk-seconds',
      '60',
    ]
    const scenario = testbed.run('scenario', '--out', at('scenario'), '--seed', '11', ...phases)
    await new Promise((resolve) => setTimeout(resolve, 30_000))
    await testbed.stopBroker()
    await new Promise((resolve) => setTimeout(resolve, 2 * minute))
    await testbed.startBroker()
    await scenario
    window.to = new Date(Math.floor(Date.now() / 1000) * 1000).toISOString()
    assert.match(log(), /connected to 127.0.0.1:5673 again/)
    const { usageCompared, listed, resources } = await verified(at('live'))
    assert.ok(usageCompared >= 30, `only ${usageCompared} instances`)
    console.log(
      `      ${usageCompared} instances' usage, ${listed} instances and ${resources} other resources agree, after ${Math.round((performance.now() - began) / 1000)} s`,
    )
  })

  it('gives the same parity when an empty directory is filled from the APIs', async () => {
    const filled = specola('backfill', '--config', config, '--data', at('filled'), '--json')
    assert.equal(filled.status, 0, filled.stderr)
    await verified(at('filled'))
    const hours = (data: string) => {
      const { stdout, stderr, status } = specola(
        ...['usage', '--data', data, '--view', 'parity', '--json', '--from', window.from, '--to', window.to],
      )
      assert.equal(status, 0, stderr)
      const { tenant_usages } = JSON.parse(stdout) as { tenant_usages: TenantUsage[] }
      // to the millisecond of an hour's fraction
      return new Map(
        tenant_usages.flatMap(({ server_usages }) =>
          server_usages.map(({ instance_id, hours }) => [instance_id, hours.toFixed(6)]),
        ),
      )
    }
    assert.deepEqual(hours(at('filled')), hours(at('live')))
  })

  it('is told by doctor what is on', () => {
    const { stdout, stderr } = specola('doctor', '--config', config, '--json')
    const { findings } = JSON.parse(stdout || stderr) as { findings: { subject: string; level: string }[] }
    const level = (subject: RegExp) => findings.find((finding) => subject.test(finding.subject))?.level
    assert.equal(level(/^nova: \[oslo/), 'ok')
    assert.equal(level(/notify_on_state_change/), 'ok')
    assert.equal(level(/notification_format = cadf/), 'ok')
    assert.equal(level(/our queue/), 'ok')
    assert.equal(level(/instances of all projects/), 'ok')
  })
})
