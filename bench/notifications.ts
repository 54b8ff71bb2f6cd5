/** Broker → parsed, de-duplicated, durable, ledger updated; beside a bare consumer of the same queue that only parses and acknowledges. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'amqplib'
import { amqpSource } from '../collector/amqp/section.ts'
import { threadedAmqp } from '../collector/amqp/threaded.ts'
import { healthBoard } from '../collector/health.ts'
import { intake } from '../collector/intake.ts'
import { liveHub } from '../collector/live.ts'
import { parkedFiles } from '../collector/parked.ts'
import { systemClock } from '../model/clock.ts'
import { openDatabase } from '../store/journal/database.ts'
import { eventJournal } from '../store/journal/events.ts'
import { inventory } from '../store/journal/inventory.ts'
import { listeningLog } from '../store/journal/listening.ts'
import { machineJournal } from '../store/journal/machines.ts'
import { eventually } from '../test/support/child-process.ts'
import { publishRecording } from '../test/support/publish.ts'
import { type RabbitMq, startRabbitMq } from '../test/support/rabbitmq.ts'
import { mainRun, messagesOf, type RecordedMessage } from '../test/support/recordings.ts'
import { silentLogger } from '../test/support/silent-logger.ts'
import { type BenchRow, printRows } from './row.ts'

const copies = 5
const exchanges = ['nova', 'cinder', 'glance', 'neutron', 'keystone']

export async function run(): Promise<BenchRow[]> {
  const directory = mkdtempSync(join(tmpdir(), 'specola-bench-'))
  const broker = await startRabbitMq(join(directory, 'rabbitmq'))
  try {
    const messages = Array.from({ length: copies }, () => renamed(messagesOf(mainRun))).flat()
    await publishRecording(broker.url, [], exchanges)
    const bare = await bareConsumer(broker, messages)
    const full = await fullPipeline(broker, messages, join(directory, 'data'))
    return [
      {
        name: 'notifications, broker to durable and counted',
        value: full.rate,
        unit: 'messages/s',
        peer: { name: 'bare amqplib consumer (parse, ack)', value: bare.rate },
        ratio: full.rate / bare.rate,
        note: `${messages.length} recorded messages of all services; our CPU ${((full.cpuMs * 1000) / messages.length).toFixed(0)} µs a message, bare ${((bare.cpuMs * 1000) / messages.length).toFixed(0)} µs`,
      },
    ]
  } finally {
    await broker.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** The recording of another cloud: every id is new, everything else as it was. */
function renamed(messages: RecordedMessage[]): RecordedMessage[] {
  const ids = new Map<string, string>()
  return messages.map((message) => ({
    ...message,
    body: message.body.replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, (id) => {
      const other = ids.get(id) ?? randomUUID()
      ids.set(id, other)
      return other
    }),
  }))
}

interface Measured {
  rate: number
  cpuMs: number
}

function measured(began: number, cpu: NodeJS.CpuUsage, count: number): Measured {
  const { user, system } = process.cpuUsage(cpu)
  return { rate: (count * 1000) / (performance.now() - began), cpuMs: (user + system) / 1000 }
}

async function bareConsumer(broker: RabbitMq, messages: RecordedMessage[]): Promise<Measured> {
  const connection = await connect({ hostname: '127.0.0.1', port: broker.port })
  const channel = await connection.createChannel()
  await fill(broker, messages, 'bare')
  const { promise: drained, resolve } = Promise.withResolvers<void>()
  await channel.prefetch(1000)
  const began = performance.now()
  const cpu = process.cpuUsage()
  let taken = 0
  await channel.consume('bare', (message) => {
    if (!message) return
    const outer = JSON.parse(message.content.toString('utf8')) as { 'oslo.message': string }
    JSON.parse(outer['oslo.message'])
    channel.ack(message)
    if (++taken === messages.length) resolve()
  })
  await drained
  const result = measured(began, cpu, messages.length)
  await connection.close()
  return result
}

async function fullPipeline(broker: RabbitMq, messages: RecordedMessage[], data: string): Promise<Measured> {
  await fill(broker, messages, 'full')
  const db = openDatabase(data)
  const journal = eventJournal(db)
  const parked = parkedFiles(data, systemClock)
  const health = healthBoard(systemClock)
  const door = intake({
    samples: { push: () => undefined },
    journal,
    inventory: inventory(db),
    machines: machineJournal(db),
    parked,
    live: liveHub(),
  })
  const source = amqpSource.parse({ name: 'bench', urls: [broker.url], queue: 'full', exchanges })
  const abort = new AbortController()
  const began = performance.now()
  const cpu = process.cpuUsage()
  const listening = listeningLog(db)
  const deps = { intake: door, listening, clock: systemClock, logger: silentLogger(), health }
  const running = threadedAmqp([source], deps).run(abort.signal)
  await eventually('all taken', () => (health.all()[0]?.numbers.messages ?? 0) >= messages.length, 600_000)
  const result = measured(began, cpu, messages.length)
  abort.abort()
  await running
  await parked.close()
  db.close()
  return result
}

/** A quorum queue as ours is, filled before the clock starts, so that the publisher does not compete. */
async function fill(broker: RabbitMq, messages: RecordedMessage[], queue: string): Promise<void> {
  const connection = await connect({ hostname: '127.0.0.1', port: broker.port })
  const channel = await connection.createChannel()
  await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } })
  for (const exchange of exchanges)
    for (const topic of ['notifications', 'versioned_notifications']) await channel.bindQueue(queue, exchange, `${topic}.*`)
  await publishRecording(broker.url, messages)
  for (const exchange of exchanges)
    for (const topic of ['notifications', 'versioned_notifications']) await channel.unbindQueue(queue, exchange, `${topic}.*`)
  await connection.close()
}

if (import.meta.main) printRows(await run())
