import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { agentsCollector } from '../../../collector/agent/collect.ts'
import { agentsSection } from '../../../collector/agent/section.ts'
import { systemClock } from '../../../model/clock.ts'
import type { Inventory } from '../../../model/contract.ts'
import type { Sample } from '../../../model/sample.ts'
import { instance } from '../../support/alerting.ts'
import { captured } from '../../support/captured.ts'
import { eventually, spawnKept, stopProcess } from '../../support/child-process.ts'
import { type Gmond, gmondProgram, startGmond } from '../../support/ganglia.ts'
import { needs } from '../../support/needs.ts'
import { type RabbitMq, rabbitmqServer, startRabbitMq } from '../../support/rabbitmq.ts'
import { silentLogger } from '../../support/silent-logger.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

describe('an agent that reads a real gmond, a real RabbitMQ between', function () {
  this.timeout(120_000)
  needs(rabbitmqServer, 'rabbitmq-server')
  needs(gmondProgram, 'ganglia-monitor')
  const directory = temporaryDirectory()
  let broker: RabbitMq
  const gmonds: Gmond[] = []
  const agents: ReturnType<typeof spawnKept>[] = []
  before(async () => {
    broker = await startRabbitMq(join(directory(), 'rabbitmq'))
    // The hypervisor's gmond collects for its guest, which goes by a name that says nothing.
    const collecting = await startGmond(directory(), {
      ...{ cluster: 'compute', host: 'hv-01.cloud', address: '10.3.0.1', channel: { unicast: null } },
    })
    const sending = await startGmond(directory(), {
      ...{ cluster: 'compute', host: 'localhost.localdomain', address: '10.1.0.5' },
      channel: { unicast: collecting.heardAt },
    })
    gmonds.push(collecting, sending)
  })
  after(async () => {
    for (const { child } of agents) await stopProcess(child)
    for (const gmond of gmonds) await gmond.stop()
    await broker?.stop()
  })

  function agent(name: string, ganglia: object) {
    const [file, secret] = [join(directory(), `${name}.yaml`), join(directory(), 'password')]
    writeFileSync(secret, 'guest\n')
    const section = { name, urls: [broker.url], password: { file: secret }, queue: name, exchange: name, health: '1s' }
    const source = { name, addresses: [`127.0.0.1:${gmonds[0]?.port}`], interval: '1s', ...ganglia }
    writeFileSync(file, `agent: ${JSON.stringify(section)}\ncollector: ${JSON.stringify({ ganglia: [source] })}\n`)
    const main = join(import.meta.dirname, '../../../main.ts')
    agents.push(spawnKept(process.execPath, [main, 'serve', '--config', file], { PATH: process.env.PATH }))
  }

  /** The centre; what it knows of instances may grow. */
  function centre(name: string, inventory: Pick<Inventory, 'instances' | 'hypervisors'>) {
    const caught = captured()
    const stored: Sample[] = []
    const [source] = agentsSection.parse([{ urls: [broker.url], queue: name, exchange: name }])
    assert.ok(source)
    const abort = new AbortController()
    const running = agentsCollector(source, {
      ...{ ...caught, inventory, clock: systemClock, logger: silentLogger(), stored: () => undefined },
      store: { write: async (batch) => void stored.push(...batch) },
    }).run(abort.signal)
    return {
      ...{ stored, machines: caught.machines },
      async stop() {
        abort.abort()
        await running
      },
    }
  }

  const web = instance('vm-web', { name: 'web-01', project: 'p1', addresses: [{ address: '10.1.0.5' }] })
  const hypervisors: Inventory['hypervisors'] = async () => [
    { host: 'hv-01', uri: null, cpus: null, memoryBytes: null, version: null, seenAt: 0 },
  ]

  it('has its machines found to be the hypervisors and instances that the centre knows, also those it learns of later', async () => {
    const rows: (typeof web)[] = []
    const central = centre('one', { hypervisors, instances: async () => ({ rows, total: rows.length }) })
    agent('one', {})
    const sample = (wanted: Record<string, string>) =>
      eventually(JSON.stringify(wanted), () =>
        central.stored.findLast(({ tags }) => Object.entries(wanted).every(([tag, value]) => tags[tag] === value)),
      )
    const host = await sample({ host: 'hv-01', metric: 'load_one' })
    assert.deepEqual(host.tags, { cluster: 'compute', machine: 'hv-01.cloud', metric: 'load_one', host: 'hv-01' })
    assert.equal(host.measurement, 'ganglia')
    const guest = { cluster: 'compute', machine: 'localhost.localdomain', metric: 'load_one' }
    assert.deepEqual((await sample(guest)).tags, guest)

    rows.push(web)
    const found = await sample({ ...guest, instance: 'vm-web' })
    assert.deepEqual(found.tags, { ...guest, instance: 'vm-web', project: 'p1' })
    const machine = await eventually('the machine is told again', () =>
      central.machines.findLast(({ instance }) => instance === 'vm-web'),
    )
    assert.deepEqual([machine.name, machine.project, machine.hypervisor], ['localhost.localdomain', 'p1', null])
    assert.ok(central.machines.some(({ name, hypervisor }) => name === 'hv-01.cloud' && hypervisor === 'hv-01'))
    await central.stop()
  })

  it('keeps a machine from passing for what its source says it cannot be', async () => {
    const central = centre('two', { hypervisors, instances: async () => ({ rows: [web], total: 1 }) })
    agent('two', { machines: ['instances'] })
    const guest = await eventually('the guest', () => central.stored.find(({ tags }) => tags.instance === 'vm-web'))
    assert.equal(guest.tags.project, 'p1')
    const other = await eventually('the other', () => central.stored.find(({ tags }) => tags.machine === 'hv-01.cloud'))
    assert.deepEqual(Object.keys(other.tags).sort(), ['cluster', 'machine', 'metric'])
    assert.ok(central.machines.every(({ hypervisor }) => hypervisor === null))
    await central.stop()
  })
})
