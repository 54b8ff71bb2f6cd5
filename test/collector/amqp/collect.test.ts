import assert from 'node:assert/strict'
import { connect } from 'amqplib'
import { type AmqpSource, amqpSource } from '../../../collector/amqp/section.ts'
import { threadedAmqp } from '../../../collector/amqp/threaded.ts'
import { healthBoard } from '../../../collector/health.ts'
import { intake } from '../../../collector/intake.ts'
import { liveHub } from '../../../collector/live.ts'
import { parkedFiles } from '../../../collector/parked.ts'
import { everything } from '../../../model/access.ts'
import { systemClock } from '../../../model/clock.ts'
import { openDatabase } from '../../../store/journal/database.ts'
import { eventJournal } from '../../../store/journal/events.ts'
import { inventory } from '../../../store/journal/inventory.ts'
import { listeningLog } from '../../../store/journal/listening.ts'
import { machineJournal } from '../../../store/journal/machines.ts'
import { usageJournal } from '../../../store/journal/usage.ts'
import { eventually } from '../../support/child-process.ts'
import { assertSameUsage } from '../../support/compare-usage.ts'
import { needs } from '../../support/needs.ts'
import { publishRecording } from '../../support/publish.ts'
import { type RabbitMq, rabbitmqServer, startRabbitMq } from '../../support/rabbitmq.ts'
import { mainRun, messagesOf, novaUsage, type TenantUsage } from '../../support/recordings.ts'
import { silentLogger } from '../../support/silent-logger.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

describe('the AMQP collector on a real RabbitMQ', function () {
  this.timeout(120_000)
  needs(rabbitmqServer, 'rabbitmq-server')
  const directory = temporaryDirectory()
  let broker: RabbitMq

  before(async () => {
    broker = await startRabbitMq(`${directory()}/rabbitmq`, { tls: true })
  })
  after(() => broker?.stop())

  /** A collector with a journal of its own. */
  function start(name: string, more: Partial<Record<keyof AmqpSource, unknown>> = {}, failures = 0) {
    const source = amqpSource.parse({ name, urls: [broker.url], queue: `specola-${name}`, ...more })
    const data = `${directory()}/${name}`
    const db = openDatabase(data)
    const journal = eventJournal(db)
    const parked = parkedFiles(data, systemClock)
    const health = healthBoard(systemClock)
    const logger = silentLogger()
    let failing = failures
    const record: typeof journal.record = async (batch) => {
      if (failing-- > 0) throw new Error('the disk is full')
      return journal.record(batch)
    }
    const door = intake({
      ...{
        samples: { push: () => undefined },
        journal: { record },
        inventory: inventory(db),
        machines: machineJournal(db),
        parked,
        live: liveHub(),
      },
    })
    const abort = new AbortController()
    const deps = { intake: door, listening: listeningLog(db), clock: systemClock, logger, health }
    const running = threadedAmqp([source], deps).run(abort.signal)
    const state = () => health.all()[0]
    return {
      db,
      journal,
      parked,
      logger,
      state,
      connected: () => eventually('connected', () => state()?.state === 'ok'),
      async stop() {
        abort.abort()
        await running
        await parked.close()
        db.close()
      },
    }
  }

  it('counts every message once, over a restart of the broker and a redelivery', async () => {
    await publishRecording(broker.url, [], ['nova', 'cinder', 'glance', 'neutron', 'keystone'])
    const collector = start('restart')
    await collector.connected()
    const messages = messagesOf(mainRun)
    await publishRecording(broker.url, messages.slice(0, 3000))
    await broker.restart()
    // the services' exchanges are not durable: they come back with the services, and so do our bindings
    await publishRecording(broker.url, [], ['nova', 'cinder', 'glance', 'neutron', 'keystone'])
    await eventually(
      'bound again',
      () => collector.state()?.state === 'ok' && collector.state()?.detail.includes('openstack, swift') === false,
      30_000,
    )
    await eventually('all exchanges bound', () =>
      /^receiving(; no exchange yet: (swift|openstack)(, (swift|openstack))*)?$/.test(collector.state()?.detail ?? ''),
    )
    await publishRecording(broker.url, messages.slice(2900))
    await eventually('all messages in the journal', async () => (await collector.journal.count()) === messages.length, 60_000)
    const nova = novaUsage(mainRun)
    const own = (await usageJournal(collector.db, systemClock).parity(everything, {
      from: nova.from,
      to: nova.to,
    })) as unknown as TenantUsage[]
    // instances that ran before come with the inventory, which is not on the bus
    const known = new Set(own.flatMap((usage) => usage.server_usages.map((row) => row.instance_id)))
    const told = nova.usages
      .map((usage) => ({ ...usage, server_usages: usage.server_usages.filter((row) => known.has(row.instance_id)) }))
      .map((usage) => ({ ...usage, total_hours: usage.server_usages.reduce((sum, row) => sum + row.hours, 0) }))
    for (const usage of told) {
      usage.total_vcpus_usage = usage.server_usages.reduce((sum, row) => sum + row.hours * row.vcpus, 0)
      usage.total_memory_mb_usage = usage.server_usages.reduce((sum, row) => sum + row.hours * row.memory_mb, 0)
      usage.total_local_gb_usage = usage.server_usages.reduce((sum, row) => sum + row.hours * row.local_gb, 0)
    }
    assertSameUsage(own, told)
    assert.equal(collector.parked.count(), 0)
    await collector.stop()
  })

  it('is given again what the journal refused, and acknowledges nothing before', async () => {
    await publishRecording(broker.url, [], ['nova'])
    const collector = start('refused', { exchanges: ['nova'], prefetch: 20 }, 3)
    await collector.connected()
    const messages = messagesOf(mainRun)
      .filter(({ exchange }) => exchange === 'nova')
      .slice(0, 200)
    await publishRecording(broker.url, messages)
    await eventually('all messages in the journal', async () => (await collector.journal.count()) === messages.length, 60_000)
    assert.ok((collector.state()?.numbers.reconnects ?? 0) >= 3)
    await collector.stop()
  })

  it('parks what it cannot read, with the reason, and goes on', async () => {
    const collector = start('garbage', { exchanges: ['nova'] })
    await collector.connected()
    const good = messagesOf(mainRun).find((message) => message.exchange === 'nova') as ReturnType<typeof messagesOf>[0]
    const connection = await connect({ hostname: '127.0.0.1', port: broker.port })
    const channel = await connection.createConfirmChannel()
    for (const body of ['{', '[]', '{"oslo.version":"3.0","oslo.message":"{}"}', '{"payload":{}}'].map((text) =>
      Buffer.from(text),
    ))
      channel.publish('nova', 'notifications.info', body)
    channel.publish('nova', 'notifications.info', Buffer.from([0xff, 0xfe, 0x00]))
    channel.publish('nova', 'notifications.info', Buffer.alloc(10 * 1024 * 1024, 0x20))
    channel.publish('nova', 'notifications.info', Buffer.from(good.body))
    await channel.waitForConfirms()
    await connection.close()
    await eventually(
      'six are parked, one is taken',
      async () => collector.parked.count() === 6 && (await collector.journal.count()) === 1,
    )
    assert.equal(collector.state()?.numbers.parked, 6)
    await collector.stop()
  })

  it('waits for an exchange that does not exist yet, and says so', async () => {
    const collector = start('late', { exchanges: ['late-nova'] })
    await eventually('says what is missing', () => collector.state()?.detail.includes('late-nova'))
    await publishRecording(broker.url, [], ['late-nova'])
    await collector.connected()
    const message = messagesOf(mainRun).find(({ exchange }) => exchange === 'nova') as ReturnType<typeof messagesOf>[0]
    await publishRecording(broker.url, [{ ...message, exchange: 'late-nova' }])
    await eventually('the message is in the journal', async () => (await collector.journal.count()) === 1)
    await collector.stop()
  })

  it('tries the next node when one is gone, logging the outage once', async () => {
    const collector = start('nodes', { urls: ['amqp://guest@127.0.0.1:9', broker.url], exchanges: ['nova'] })
    await collector.connected()
    assert.equal(collector.logger.lines.filter(({ level }) => level === 'warn').length, 1)
    await collector.stop()
  })

  it('speaks TLS, and refuses a broker that it cannot verify', async () => {
    await publishRecording(broker.url, [], ['nova'])
    const { url, ca } = broker.tls as { url: string; ca: string }
    const trusting = start('tls', { urls: [url], exchanges: ['nova'], tls: { ca } })
    await trusting.connected()
    await trusting.stop()
    const doubting = start('tls-unknown', { urls: [url], exchanges: ['nova'] })
    await eventually(
      'refused',
      () => doubting.state()?.state === 'down' && /self-signed certificate/.test(doubting.state()?.detail ?? ''),
    )
    await doubting.stop()
  })

  it('leaves messages with the broker while the journal refuses them', async () => {
    const collector = start('refusing', { exchanges: ['nova'] })
    await collector.connected()
    collector.db.run('PRAGMA query_only = 1')
    const messages = messagesOf(mainRun)
      .filter(({ exchange }) => exchange === 'nova')
      .slice(0, 50)
    await publishRecording(broker.url, messages)
    await eventually('the refusal is visible', () => collector.state()?.state === 'down')
    assert.equal(await collector.journal.count(), 0)
    collector.db.run('PRAGMA query_only = 0')
    await eventually('taken after all', async () => (await collector.journal.count()) === messages.length)
    await collector.stop()
  })
})
