/** Broker → parsed, de-duplicated, durable, ledger updated; beside a bare consumer of the same queue that only parses and acknowledges. */
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { connect } from 'amqplib'
import { publishRecording } from '../test/support/publish.ts'
import { type RabbitMq, startRabbitMq } from '../test/support/rabbitmq.ts'
import { mainRun, messagesOf, type RecordedMessage } from '../test/support/recordings.ts'
import type { Consumed } from './notifications-consumer.ts'
import { type BenchRow, printRows } from './row.ts'

const copies = 10
const exchanges = ['nova', 'cinder', 'glance', 'neutron', 'keystone']

export async function run(): Promise<BenchRow[]> {
  const directory = mkdtempSync(join(tmpdir(), 'specola-bench-'))
  const broker = await startRabbitMq(join(directory, 'rabbitmq'))
  try {
    const messages = Array.from({ length: copies }, () => renamed(messagesOf(mainRun))).flat()
    await publishRecording(broker.url, [], exchanges)
    await fill(broker, messages, 'bare')
    const bare = await consume('bare', broker, messages.length, '')
    await fill(broker, messages, 'full')
    const full = await consume('full', broker, messages.length, join(directory, 'data'))
    return [
      {
        name: 'notifications, broker to durable and counted',
        value: full.rate,
        unit: 'messages/s',
        peer: { name: 'bare amqplib consumer (parse, ack)', value: bare.rate },
        ratio: full.rate / bare.rate,
        note: `${messages.length} recorded messages of all services; our CPU ${full.cpuUs.toFixed(0)} µs a message, bare ${bare.cpuUs.toFixed(0)} µs; ${full.rssMiB.toFixed(0)} MiB`,
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

async function consume(kind: 'bare' | 'full', { url }: RabbitMq, count: number, directory: string): Promise<Consumed> {
  const args = [join(import.meta.dirname, 'notifications-consumer.ts'), kind, url, String(count), directory]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return JSON.parse(stdout) as Consumed
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
