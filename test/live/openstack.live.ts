import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'amqplib'
import { eventually, stopProcess } from '../support/child-process.ts'
import type { TenantUsage } from '../support/recordings.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { startTestbed, type Testbed, testbedScripts } from '../support/testbed.ts'

const main = join(import.meta.dirname, '..', '..', 'main.ts')
const minute = 60_000
const seconds = (since: number) => Math.round((performance.now() - since) / 1000)

interface Verified {
  usageCompared: number
  listed: number
  resources: number
  differences: { id: string; what: string; cause: string; explained: boolean }[]
}

describe('a real OpenStack at work, its broker away for two minutes', function () {
  this.timeout(40 * minute)
  this.bail(true)
  const directory = temporaryDirectory()
  const queue = `specola-soak-${process.pid}`
  let starting: Promise<Testbed> | null = null
  let testbed: Testbed
  let server: ChildProcess | null = null
  let config: string
  const window = { from: '', to: '' }

  const specola = (...args: string[]) =>
    spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, timeout: 5 * minute })
  const at = (name: string) => join(directory(), name)
  const log = () => readFileSync(at('serve.log'), 'utf8')

  before(async function () {
    this.timeout(25 * minute)
    // it is no part of this project: where it is missing nothing can be done about it, in CI neither
    const reason = !existsSync(join(testbedScripts, 'up'))
      ? 'no testbed beside this checkout (../shared/testbed)'
      : process.getuid?.() !== 0
        ? 'the testbed needs root'
        : null
    if (reason !== null) {
      console.log(`      SKIPPED: ${reason}`)
      this.skip()
    }
    const began = performance.now()
    starting = startTestbed()
    testbed = await starting
    console.log(`      the testbed is up after ${seconds(began)} s`)
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
    // also when its start took too long for us
    const its = await starting?.catch(() => null)
    if (!its) return
    try {
      await removeQueue()
    } finally {
      await its.close()
    }
  })

  /** The broker may be a testbed's that goes on. */
  async function removeQueue(): Promise<void> {
    const broker = await connect({ hostname: '127.0.0.1', port: 5673, username: 'openstack', password: 'testbed' })
    const channel = await broker.createChannel()
    await channel.deleteQueue(queue)
    await broker.close()
  }

  /** What the scenario has done so far. */
  const actions = (): { phase: string; op: string; outcome: string }[] =>
    existsSync(at('scenario/actions.jsonl'))
      ? readFileSync(at('scenario/actions.jsonl'), 'utf8')
          .split('\n')
          .filter((line) => line.endsWith('}'))
          .map((line) => JSON.parse(line) as { phase: string; op: string; outcome: string })
      : []

  /** Until nothing differs that needs somebody: what is under way arrives, and the APIs are read every 20 s. */
  const verified = (data: string) =>
    eventually(
      `verify of ${data} finds nothing unexplained`,
      async () => {
        const { status, stdout, stderr } = specola(
          ...['verify', '--config', config, '--data', data, '--json', '--from', window.from, '--to', window.to],
        )
        assert.ok(status === 0 || status === 1, stderr)
        const read = JSON.parse(stdout) as Verified
        if (status === 0) return read
        last = read.differences
        await new Promise((resolve) => setImmediate(resolve))
        return null
      },
      3 * minute,
    ).catch((error: Error) => assert.fail(`${error.message}: ${JSON.stringify(last, null, 1)}`))
  let last: Verified['differences'] = []

  it('loses nothing: verify finds no difference that is not explained', async () => {
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
    const phases = ['--phases', 'life,failures,bulk,rest', '--servers', '2', '--extra', '0']
    const size = ['--bulk', '16', '--bulk-seconds', '30']
    let over = false
    const scenario = testbed.run('scenario', '--out', at('scenario'), '--seed', '11', ...phases, ...size).finally(() => {
      over = true
    })
    scenario.catch(() => undefined) // told below
    // instances are being built and deleted when the broker goes
    await eventually('the scenario builds many', () => over || actions().some(({ phase }) => phase === 'bulk'), 15 * minute)
    await testbed.stopBroker()
    await new Promise((resolve) => setTimeout(resolve, 2 * minute))
    const back = testbed.startBroker()
    // what Nova had just been told went with the broker: an operator has to tidy up, or these are built for ever
    const tidy = async () => {
      await back
      while (!over) {
        await testbed.deleteLostBuilds(Date.parse(window.from))
        await new Promise((resolve) => setTimeout(resolve, 10_000))
      }
    }
    await Promise.all([back, tidy(), scenario])
    window.to = new Date(Math.floor(Date.now() / 1000) * 1000).toISOString()
    assert.match(log(), /connected to 127.0.0.1:5673 again/)
    const { usageCompared, listed, resources } = await verified(at('live'))
    const done = new Set(actions().flatMap(({ op, outcome }) => (/^(unexpected|refused)/.test(outcome) ? [] : op)))
    assert.ok(done.size >= 10, `the scenario did only ${[...done].join(', ')}`)
    assert.ok(usageCompared >= 10, `only ${usageCompared} instances`)
    console.log(
      `      after ${done.size} kinds of operations ${usageCompared} instances' usage, ${listed} instances and ${resources} other resources agree, after ${seconds(began)} s`,
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
