import assert from 'node:assert/strict'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'amqplib'
import { decodeMessage } from '../../../collector/agent/message.ts'
import { openSpool } from '../../../collector/agent/spool.ts'
import { startDemoHypervisor } from '../../../collector/demo/hypervisor.ts'
import { systemClock as clock } from '../../../model/clock.ts'
import { AppError } from '../../../model/contract.ts'
import type { Sample } from '../../../model/sample.ts'
import { eventually, spawnKept, stopProcess } from '../../support/child-process.ts'
import { demoDomains } from '../../support/demo-domains.ts'
import { needs } from '../../support/needs.ts'
import { type RabbitMq, rabbitmqServer, startRabbitMq } from '../../support/rabbitmq.ts'
import { silentLogger } from '../../support/silent-logger.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const sample = (n: number): Sample => ({ measurement: 'hypervisor', tags: { host: 'hv' }, fields: { cpus: n }, time: n })
const news = (n: number) => ({ kind: 'samples' as const, samples: [sample(n)] })

describe('what an agent cannot send', () => {
  const directory = temporaryDirectory()
  let folders = 0
  let folder = ''
  let away = false
  let sent: number[] = []
  beforeEach(() => {
    folder = join(directory(), String(++folders))
    away = false
    sent = []
  })
  const publisher = {
    publish: async (told: { kind: string; samples?: readonly Sample[] }) => {
      if (away) throw new AppError('unreachable', 'nobody there')
      sent.push(...(told.samples ?? []).map(({ time }) => time))
    },
  }
  const open = (most = 1e6) =>
    openSpool({
      publisher,
      agent: 'hv',
      directory: folder,
      most,
      clock: { ...clock, sleep: async () => undefined },
      logger: silentLogger(),
    })
  const files = () => readdirSync(folder)
  async function drained(spool: ReturnType<typeof open>): Promise<void> {
    const stop = new AbortController()
    const running = spool.run(stop.signal)
    await eventually('everything sent', () => spool.counts().waiting === 0)
    stop.abort()
    await running
  }

  it('never touches the disk while the broker takes it', async () => {
    await open().publish(news(1))
    assert.deepEqual([sent, files()], [[1], []])
  })

  it('waits on disk for this agent and for the next, and is sent in order, once', async () => {
    away = true
    const first = open()
    for (const n of [1, 2, 3]) await first.publish(news(n))
    assert.deepEqual([sent, files().length], [[], 3])
    away = false
    const second = open() // as after a kill: the first one never says goodbye
    await second.publish(news(4))
    assert.deepEqual(sent, [], 'behind what waits')
    await drained(second)
    assert.deepEqual([sent, files()], [[1, 2, 3, 4], []])
  })

  it('is bounded: the oldest go, and are counted', async () => {
    away = true
    const spool = open(1000)
    for (let n = 0; n < 50; n++) await spool.publish(news(n))
    const { waiting, dropped } = spool.counts()
    assert.ok(waiting > 1 && waiting < 15 && waiting + dropped === 50, `${waiting} and ${dropped}`)
    away = false
    await drained(spool)
    assert.deepEqual(
      sent,
      Array.from({ length: waiting }, (_, i) => 50 - waiting + i),
    )
  })

  it('does not stop at a damaged file, nor at one that was half written', async () => {
    away = true
    await open().publish(news(1))
    writeFileSync(join(folder, '000000000002.gz'), 'torn')
    writeFileSync(join(folder, '000000000003.gz.tmp'), 'half')
    away = false
    const spool = open()
    await spool.publish(news(4))
    await drained(spool)
    assert.deepEqual([sent, spool.counts().dropped], [[1, 4], 1])
  })

  it('needs a directory that can be used', () => {
    folder = join(directory(), 'file')
    writeFileSync(folder, '')
    assert.throws(() => open(), /agent\.spool\.directory: /)
  })
})

describe('an agent that is killed while its broker is away', function () {
  this.timeout(120_000)
  needs(rabbitmqServer, 'rabbitmq-server')
  const directory = temporaryDirectory()
  let broker: RabbitMq | undefined
  const agents: ReturnType<typeof spawnKept>[] = []
  after(async () => {
    for (const { child } of agents) await stopProcess(child)
    await broker?.stop()
  })

  it('has its samples arrive, each once, when both are back', async () => {
    const demo = await startDemoHypervisor({
      ...{ socketPath: join(directory(), 'hv.sock'), host: 'hv', domains: demoDomains('busy'), clock },
    })
    broker = await startRabbitMq(join(directory(), 'rabbitmq'))
    const { url } = broker
    const [file, secret, spool] = ['agent.yaml', 'password', 'spool'].map((name) => join(directory(), name)) as [
      string,
      string,
      string,
    ]
    writeFileSync(secret, 'guest\n')
    const agent = (urls: string[]) => {
      const section = { name: 'hv', urls, password: { file: secret }, spool: { directory: spool } }
      const libvirt = [{ uri: demo.uri, host: 'hv', interval: '1s' }]
      writeFileSync(file, `agent: ${JSON.stringify(section)}\ncollector: ${JSON.stringify({ libvirt })}\n`)
      const main = join(import.meta.dirname, '../../../main.ts')
      const started = spawnKept(process.execPath, [main, 'serve', '--config', file], { PATH: process.env.PATH })
      agents.push(started)
      return started
    }
    const first = agent(['amqp://guest@127.0.0.1:1']) // nobody listens there
    const whole = () => readdirSync(spool).filter((name) => name.endsWith('.gz')).length
    await eventually('files', () => readdirSync(directory()).includes('spool') && whole() >= 6)
    first.child.kill('SIGKILL')
    await new Promise((ended) => first.child.once('exit', ended))
    const kept = whole()
    agent([url])
    const connection = await connect(url.replace('guest@', 'guest:guest@'))
    const channel = await connection.createChannel()
    await eventually('the queue', () => readdirSync(spool).length === 0)
    const seen = new Map<string, number>()
    for (let message = await channel.get('specola-agents'); message; message = await channel.get('specola-agents')) {
      const told = decodeMessage(message.content).news
      channel.ack(message)
      if (told.kind !== 'samples') continue
      for (const { measurement, tags, time } of told.samples) {
        const key = JSON.stringify([measurement, tags, time])
        seen.set(key, (seen.get(key) ?? 0) + 1)
      }
    }
    await connection.close()
    await demo.close()
    const hosts = [...seen.keys()].filter((key) => key.startsWith('["hypervisor"'))
    assert.ok(kept >= 6 && hosts.length >= 2, `${kept} files, ${hosts.length} readings of the host`)
    assert.deepEqual([...new Set(seen.values())], [1])
  })
})
