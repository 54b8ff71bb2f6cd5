/**
 * One of the two consumers that `notifications.ts` sets beside each other, in a process of its own: what the other one and the
 * publisher hold in memory costs it nothing. Arguments: `bare` or `full`, the broker's URL, how many messages there are, and for
 * `full` a directory. Prints a line of JSON (`Consumed`). Both are timed from their first message on: neither's start counts.
 */
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
import { silentLogger } from '../test/support/silent-logger.ts'

export interface Consumed {
  /** Messages a second. */
  rate: number
  /** Processor time of the whole process, µs a message. */
  cpuUs: number
  /** Largest resident memory, MiB. */
  rssMiB: number
}

const [kind, url = '', counted = '0', directory = ''] = process.argv.slice(2)
const count = Number(counted)

function stopwatch() {
  const began = performance.now()
  const before = process.cpuUsage()
  return (messages: number): Consumed => {
    const { user, system } = process.cpuUsage(before)
    return {
      rate: (messages * 1000) / (performance.now() - began),
      cpuUs: (user + system) / messages,
      rssMiB: process.resourceUsage().maxRSS / 1024,
    }
  }
}

async function bare(): Promise<Consumed> {
  const { hostname, port } = new URL(url)
  const connection = await connect({ hostname, port: Number(port) })
  const channel = await connection.createChannel()
  const { promise: drained, resolve } = Promise.withResolvers<void>()
  await channel.prefetch(1000)
  let read: ReturnType<typeof stopwatch> | null = null
  let taken = 0
  await channel.consume('bare', (message) => {
    if (!message) return
    read ??= stopwatch()
    const outer = JSON.parse(message.content.toString('utf8')) as { 'oslo.message': string }
    JSON.parse(outer['oslo.message'])
    channel.ack(message)
    if (++taken === count) resolve()
  })
  await drained
  const consumed = (read as unknown as ReturnType<typeof stopwatch>)(count)
  await connection.close()
  return consumed
}

async function full(): Promise<Consumed> {
  const db = openDatabase(directory)
  const parked = parkedFiles(directory, systemClock)
  const health = healthBoard(systemClock)
  const door = intake({
    ...{ samples: { push: () => undefined }, journal: eventJournal(db), inventory: inventory(db) },
    ...{ machines: machineJournal(db), parked, live: liveHub() },
  })
  let taken = 0
  let first = 0
  let read: ReturnType<typeof stopwatch> | null = null
  const counting: typeof door = {
    ...door,
    async events(batch, texts) {
      const counts = await door.events(batch, texts)
      taken += batch.length
      // timed from the end of the first batch, which is not counted: whatever was done for it came before
      if (read === null) {
        first = taken
        read = stopwatch()
      }
      return counts
    },
  }
  const exchanges = ['nova', 'cinder', 'glance', 'neutron', 'keystone']
  const source = amqpSource.parse({ name: 'bench', urls: [url], queue: 'full', exchanges })
  const abort = new AbortController()
  const deps = { intake: counting, listening: listeningLog(db), clock: systemClock, logger: silentLogger(), health }
  const running = threadedAmqp([source], deps).run(abort.signal)
  await eventually('all taken', () => taken >= count, 600_000)
  const consumed = (read as unknown as ReturnType<typeof stopwatch>)(count - first)
  abort.abort()
  await running
  await parked.close()
  db.close()
  return consumed
}

console.log(JSON.stringify(await (kind === 'bare' ? bare() : full())))
