import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'amqplib'
import { agentsCollector } from '../../../collector/agent/collect.ts'
import { agentsSection } from '../../../collector/agent/section.ts'
import { healthBoard } from '../../../collector/health.ts'
import { systemClock } from '../../../model/clock.ts'
import { AppError, type SampleStore } from '../../../model/contract.ts'
import { DuckStore } from '../../../store/duckdb/duckdb-store.ts'
import { captured } from '../../support/captured.ts'
import { eventually, spawnKept, stopProcess } from '../../support/child-process.ts'
import { type Libvirtd, startLibvirtd } from '../../support/libvirtd.ts'
import { needs } from '../../support/needs.ts'
import { type RabbitMq, rabbitmqServer, startRabbitMq } from '../../support/rabbitmq.ts'
import { silentLogger } from '../../support/silent-logger.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const uuid = (n: number) => `00000000-0000-4000-8000-0000000000a${n}`
const nova = { name: 'web', project: 'p'.repeat(32), user: 'u'.repeat(32), flavor: 'm1.tiny' }

describe('agents on hypervisors, a real RabbitMQ between', function () {
  this.timeout(120_000)
  needs(rabbitmqServer, 'rabbitmq-server')
  needs('/usr/sbin/libvirtd', 'libvirt-daemon')
  const directory = temporaryDirectory()
  let broker: RabbitMq
  let libvirtds: Libvirtd[]
  const agents: ReturnType<typeof spawnKept>[] = []

  before(async function () {
    this.timeout(120_000)
    broker = await startRabbitMq(join(directory(), 'rabbitmq'))
    libvirtds = []
    for (const n of [1, 2]) {
      const libvirtd = await startLibvirtd(join(directory(), `libvirtd-${n}`))
      libvirtd.create({ name: `instance-0000000${n}`, uuid: uuid(n), vcpus: 1, nova })
      libvirtds.push(libvirtd)
    }
  })
  after(async () => {
    for (const { child } of agents) await stopProcess(child)
    for (const libvirtd of libvirtds ?? []) await libvirtd.stop()
    await broker?.stop()
  })

  function agent(name: string, uri: string) {
    const file = join(directory(), `${name}.yaml`)
    const secret = join(directory(), 'rabbit.password')
    writeFileSync(secret, 'guest\n')
    writeFileSync(
      file,
      `agent:
  name: ${name}
  urls: ["${broker.url}"]
  password: { file: ${secret} }
  health: 1s
collector:
  libvirt:
    - { uri: "${uri}", host: ${name}, interval: 1s, timeout: 3s }
`,
    )
    const main = join(import.meta.dirname, '../../../main.ts')
    const started = spawnKept(process.execPath, [main, 'serve', '--only', 'collector', '--config', file], {
      PATH: process.env.PATH,
    })
    agents.push(started)
    return started
  }

  async function centre(store: Pick<SampleStore, 'write'>) {
    const caught = captured()
    const [source] = agentsSection.parse([{ urls: [broker.url] }])
    assert.ok(source)
    const abort = new AbortController()
    const health = healthBoard(systemClock)
    const collector = agentsCollector(source, {
      ...{
        intake: caught.intake,
        store,
        stored: () => undefined,
        inventory: null,
        clock: systemClock,
        logger: silentLogger(),
        health,
      },
    })
    const running = collector.run(abort.signal)
    return {
      ...caught,
      health,
      part: (name: string) => health.all().find(({ component }) => component === name),
      async stop() {
        abort.abort()
        await running
      },
    }
  }

  it('tell of their instances, hosts, events and of how they are; nothing is lost or twice while the broker is away', async () => {
    const store = await DuckStore.open(
      {
        memoryBytes: 128 * 1024 ** 2,
        threads: 1,
        retention: { raw: 86_400_000, '5m': 86_400_000, '1h': 86_400_000 },
        freeSpace: 1,
      },
      { directory: join(directory(), 'samples'), clock: systemClock, logger: silentLogger() },
    )
    const running = libvirtds.map(({ uri }, n) => agent(`hv-0${n + 1}`, uri))
    // They publish before anybody listens: it waits in the broker.
    await systemClock.sleep(3000)
    const central = await centre(store)
    const states = async (n: number) => {
      const to = Math.floor(systemClock.now() / 1000) * 1000 + 1000
      const { series } = await store.range({
        ...{
          measurement: 'instance',
          where: { instance: uuid(n) },
          fields: ['cpu_percent', 'state'],
          from: to - 60_000,
          to,
          step: 1000,
        },
        ...{ aggregates: ['count'], groupBy: ['host'] },
      })
      return series.find(({ field }) => field === 'state')?.values ?? []
    }
    for (const n of [1, 2]) {
      await eventually(`samples of hv-0${n}`, async () => (await states(n)).some((count) => count !== null))
      await eventually('its parts stand on the board', () => central.part(`libvirt hv-0${n}`)?.state === 'ok')
      await eventually('its host is known', () => central.hypervisors.some(({ host }) => host === `hv-0${n}`))
      await eventually('its instance is known', () =>
        central.instances.some(({ id, project }) => id === uuid(n) && project?.id === nova.project),
      )
    }

    await broker.restart()
    libvirtds[0]?.virsh('suspend', 'instance-00000001')
    await eventually(
      'an event that happened meanwhile or after',
      () => central.events.some(({ type }) => type === 'domain.suspended'),
      60_000,
    )
    await eventually('the part is well again', () => central.part('libvirt hv-02')?.state === 'ok')
    await systemClock.sleep(3000)
    // Every poll of the outage has its sample: the agent kept them. Polls a second apart may be two in one second, none in the next.
    const counts = await states(2)
    const known = counts.slice(
      counts.findIndex((count) => count !== null),
      counts.findLastIndex((count) => count !== null) + 1,
    )
    const polls = known.reduce<number>((sum, count) => sum + (count ?? 0), 0)
    assert.ok(known.length > 8 && polls >= known.length - 2, `${known.length} seconds, ${polls} samples: ${known}`)
    assert.doesNotMatch(known.map((count) => count ?? '-').join(''), /---/, 'no poll is missing for three seconds')

    const [first] = running
    await stopProcess((first as ReturnType<typeof spawnKept>).child, 'SIGKILL')
    await eventually('its silence is noticed', () => central.part('libvirt hv-01')?.state === 'down')
    assert.match(central.part('libvirt hv-01')?.detail ?? '', /^the agent on hv-01 has been silent for \d+ s/)
    assert.equal(central.part('libvirt hv-02')?.state, 'ok')
    await central.stop()
    await store.close()
  })

  it('are not acknowledged before their samples are stored', async () => {
    const written: number[] = []
    let away = true
    const store = {
      write: async (batch: readonly unknown[]) => {
        if (away) throw new AppError('storage', 'the disk is full')
        written.push(batch.length)
      },
    }
    const central = await centre(store)
    await eventually('the way is down', () => central.health.all().find(({ kind }) => kind === 'amqp')?.state === 'down')
    assert.match(central.health.all().find(({ kind }) => kind === 'amqp')?.detail ?? '', /the disk is full/)
    away = false
    await eventually('what waited is stored', () => written.length > 0, 60_000)
    await central.stop()
  })

  it('cost nothing but themselves when they are broken', async () => {
    const { hostname, port } = new URL(broker.url)
    const connection = await connect({ hostname, port: Number(port), username: 'guest', password: 'guest' })
    const channel = await connection.createConfirmChannel()
    channel.publish('specola', 'agent.samples', Buffer.from('garbage'))
    await channel.waitForConfirms()
    await connection.close()
    const central = await centre({ write: async () => undefined })
    const numbers = () => central.health.all().find(({ kind }) => kind === 'amqp')?.numbers
    await eventually('it is counted', () => numbers()?.refused === 1)
    await eventually('the others come', () => (numbers()?.samples ?? 0) > 0)
    await central.stop()
  })
})
