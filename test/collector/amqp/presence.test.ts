import assert from 'node:assert/strict'
import { connect } from 'amqplib'
import { amqpCollector } from '../../../collector/amqp/collect.ts'
import { eventsIn, type ReadBatch } from '../../../collector/amqp/gather.ts'
import { amqpSource } from '../../../collector/amqp/section.ts'
import { healthBoard } from '../../../collector/health.ts'
import { intake } from '../../../collector/intake.ts'
import { liveHub } from '../../../collector/live.ts'
import { parkedFiles } from '../../../collector/parked.ts'
import { systemClock } from '../../../model/clock.ts'
import { compressTexts } from '../../../model/message-texts.ts'
import { openDatabase } from '../../../store/journal/database.ts'
import { eventJournal } from '../../../store/journal/events.ts'
import { inventory } from '../../../store/journal/inventory.ts'
import { listeningLog } from '../../../store/journal/listening.ts'
import { machineJournal } from '../../../store/journal/machines.ts'
import { eventually } from '../../support/child-process.ts'
import { needs } from '../../support/needs.ts'
import { publishRecording } from '../../support/publish.ts'
import { type RabbitMq, rabbitmqServer, startRabbitMq } from '../../support/rabbitmq.ts'
import { mainRun, messagesOf } from '../../support/recordings.ts'
import { silentLogger } from '../../support/silent-logger.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

describe('our presence on a real RabbitMQ', function () {
  this.timeout(120_000)
  needs(rabbitmqServer, 'rabbitmq-server')
  const directory = temporaryDirectory()
  let broker: RabbitMq
  before(async () => {
    broker = await startRabbitMq(`${directory()}/rabbitmq`)
  })
  after(() => broker?.stop())

  const messages = messagesOf(mainRun).filter(({ exchange }) => exchange === 'nova')

  /** A collector on a journal that outlives it. */
  function journalOf(name: string) {
    const data = `${directory()}/${name}`
    const db = openDatabase(data)
    const journal = eventJournal(db)
    const absences = () =>
      db
        .all<{ cause: string; lost: number; start: number; stop: number }>(
          'SELECT cause, lost, start, stop FROM absence ORDER BY start',
        )
        .map(({ cause, lost, start, stop }) => ({ cause, lost: lost === 1, long: stop > start }))
    async function start(clock = systemClock) {
      const parked = parkedFiles(data, systemClock)
      const health = healthBoard(systemClock)
      const source = amqpSource.parse({ name, urls: [broker.url], queue: `specola-${name}`, exchanges: ['nova'] })
      const door = intake({
        samples: { push: () => undefined },
        journal,
        inventory: inventory(db),
        machines: machineJournal(db),
        parked,
        live: liveHub(),
      })
      const abort = new AbortController()
      const direct = {
        park: door.park,
        batch: async ({ events, texts }: ReadBatch) => door.events(eventsIn(events), await compressTexts(texts)),
      }
      const deps = { intake: direct, clock, logger: silentLogger(), health, listening: listeningLog(db) }
      const running = amqpCollector(source, deps).run(abort.signal)
      const component = (wanted: string) => health.all().find(({ component }) => component === wanted)
      const marked = async () => {
        const connection = await connect({ hostname: '127.0.0.1', port: broker.port })
        const channel = await connection.createChannel()
        channel.on('error', () => undefined)
        const there = await channel.checkQueue(`specola-${name}.mark`).then(
          () => true,
          () => false,
        )
        await connection.close()
        return there
      }
      await eventually('bound', () => component(`amqp ${name}`)?.state === 'ok', 30_000)
      await eventually('marked', marked, 30_000)
      return {
        component,
        async stop() {
          abort.abort()
          await running
          await parked.close()
        },
      }
    }
    return { db, journal, absences, start }
  }

  async function onBroker(
    work: (channel: Awaited<ReturnType<Awaited<ReturnType<typeof connect>>['createChannel']>>) => Promise<unknown>,
  ) {
    const connection = await connect({ hostname: '127.0.0.1', port: broker.port })
    await work(await connection.createChannel())
    await connection.close()
  }

  it('while we are stopped our queue keeps what is published: late, and nothing lost', async () => {
    await publishRecording(broker.url, [], ['nova'])
    const { db, journal, absences, start } = journalOf('stopped')
    await (await start()).stop()
    await publishRecording(broker.url, messages.slice(0, 20))
    await systemClock.sleep(1100) // shorter absences are not worth a line
    const collector = await start()
    await eventually('taken', async () => (await journal.count()) === 20)
    assert.deepEqual(absences(), [{ cause: 'process', lost: false, long: true }])
    await collector.stop()
    db.close()
  })

  it('a restart of the broker takes exchanges and bindings away: what was published then may be lost', async () => {
    await publishRecording(broker.url, [], ['nova'])
    const { db, absences, start } = journalOf('restarted')
    const collector = await start()
    await broker.restart()
    await publishRecording(broker.url, [], ['nova'])
    await eventually('bound again', () => collector.component('amqp restarted')?.state === 'ok' && absences().length > 0, 60_000)
    // one, or two that touch: the exchange was not there yet at the first look
    for (const absence of absences()) assert.deepEqual(absence, { cause: 'broker', lost: true, long: true })
    await collector.stop()
    db.close()
  })

  it('a restart of the broker while we were stopped is noticed too', async () => {
    await publishRecording(broker.url, [], ['nova'])
    const { db, absences, start } = journalOf('both')
    await (await start()).stop()
    await broker.restart()
    await publishRecording(broker.url, [], ['nova'])
    const collector = await start()
    assert.deepEqual(absences(), [{ cause: 'process', lost: true, long: true }])
    await collector.stop()
    db.close()
  })

  it('an exchange that is deleted and comes back', async () => {
    await publishRecording(broker.url, [], ['nova'])
    const { db, absences, start } = journalOf('exchange')
    // bindings are renewed every 30 s: so long a loss like this one goes unnoticed, but not here
    const collector = await start({ ...systemClock, sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 500), signal) })
    await onBroker((channel) => channel.deleteExchange('nova'))
    await eventually('missed', () => collector.component('amqp exchange')?.state === 'degraded', 60_000)
    await publishRecording(broker.url, [], ['nova'])
    // what went with it, and what made it anew; in between there was nothing to lose
    await eventually('bound again', () => absences().length > 1, 60_000)
    const loss = { cause: 'exchange', lost: true, long: true }
    assert.deepEqual(absences(), [loss, loss])
    await collector.stop()
    db.close()
  })

  it('a queue that somebody deleted had nothing to keep it in', async () => {
    await publishRecording(broker.url, [], ['nova'])
    const { db, absences, start } = journalOf('queue')
    const collector = await start()
    await onBroker((channel) => channel.deleteQueue('specola-queue'))
    await eventually('made again', () => absences().length > 0, 60_000)
    assert.deepEqual(absences(), [{ cause: 'queue', lost: true, long: true }])
    await collector.stop()
    db.close()
  })

  it('shows the queues of the services, and which of them nobody reads', async () => {
    await publishRecording(broker.url, [], ['nova'])
    await onBroker(async (channel) => {
      for (const queue of ['notifications.info', 'notifications.error']) await channel.assertQueue(queue, { durable: false })
      for (let n = 0; n < 3; n++) channel.sendToQueue('notifications.info', Buffer.from('{}'))
      await channel.checkQueue('notifications.info')
    })
    const { db, start } = journalOf('queues')
    const collector = await start()
    const of = (queue: string) => {
      const health = collector.component(`queue queues ${queue}`)
      return health && [health.state, health.numbers.waiting, health.numbers.consumers]
    }
    await eventually('looked', () => of('notifications.error') !== undefined)
    assert.deepEqual(of('notifications.info'), ['degraded', 3, 0])
    assert.deepEqual(of('notifications.error'), ['ok', 0, 0])
    assert.equal(of('versioned_notifications.info'), undefined)
    await collector.stop()
    db.close()
  })
})
