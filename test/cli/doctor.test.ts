import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'amqplib'
import { configurationFrom } from '../../cli/configuration.ts'
import { brokerFindings } from '../../cli/doctor/broker.ts'
import type { Finding } from '../../cli/doctor/finding.ts'
import type { Heard, HeardType } from '../../cli/doctor/heard.ts'
import { ownFindings, ownHealth } from '../../cli/doctor/own-health.ts'
import { settings, type Told } from '../../cli/doctor/settings.ts'
import { command } from '../../cli/doctor.ts'
import { type BrokerView, inspectBroker } from '../../collector/amqp/inspect.ts'
import { readRecorded } from '../../collector/amqp/read.ts'
import { type AmqpSource, amqpSource } from '../../collector/amqp/section.ts'
import type { AuditLog } from '../../openstack/audit-log.ts'
import { openDatabase } from '../../store/journal/database.ts'
import { eventJournal } from '../../store/journal/events.ts'
import { type RecordedCloud, recordedCloud } from '../support/cloud/recorded-cloud.ts'
import { needs } from '../support/needs.ts'
import { type RabbitMq, rabbitmqServer, startRabbitMq } from '../support/rabbitmq.ts'
import { mainRun, messagesOf } from '../support/recordings.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const hour = 3_600_000
const now = Date.UTC(2026, 10, 24, 12)

const type = (service: string, name: string, more: Partial<HeardType> = {}): HeardType => ({
  ...{ service, format: 'versioned', type: name, count: 5, twins: 0, last: now - hour },
  ...more,
})
const all: Heard = {
  ...{ first: now - 40 * hour, newest: now - 1000, from: now - 24 * hour, stateChanges: 9, withVolumes: 1, cadf: 3, basic: 0 },
  audits: [{ length: hour, count: 12, last: now - hour }],
  types: [
    type('nova', 'instance.create', { twins: 5 }),
    ...[type('cinder', 'volume.create'), type('cinder', 'volume.exists'), type('glance', 'image.create')],
    ...[
      type('neutron', 'port.create'),
      type('neutron', 'network.exists'),
      type('keystone', 'user.create'),
      type('swift', 'objectstore.http.request'),
    ],
  ],
}
const log: AuditLog = {
  ...{ from: now - 2 * hour, to: now - hour, hosts: 2, done: 2, running: 0, notRun: [], unfinished: [], failed: [] },
  ...{ instances: 4, errors: 0 },
}
const told: Told = {
  changed: { instance: 4, volume: 2, image: 1, port: 3, user: 1 },
  instances: 4,
  auditLogs: [log],
  hasSwift: true,
}
const without = (service: string) => ({ types: all.types.filter((one) => one.service !== service) })

describe('what a cloud has switched on', () => {
  const find = (findings: readonly Finding[], subject: RegExp) => findings.filter((finding) => subject.test(finding.subject))
  const says = (
    title: string,
    heard: Partial<Heard>,
    by: Partial<Told>,
    subject: RegExp,
    level: Finding['level'],
    found: RegExp,
  ) =>
    it(title, () => {
      const [finding] = find(settings({ ...all, ...heard }, { ...told, ...by }, now), subject)
      assert.ok(finding)
      assert.deepEqual([finding.level, found.test(finding.found)], [level, true], JSON.stringify(finding))
      if (level !== 'ok') assert.ok(finding.costs && finding.advice)
    })

  it('is everything where everything is heard', () =>
    assert.deepEqual(
      settings(all, told, now).filter(({ level }) => level !== 'ok'),
      [],
    ))
  says(
    'no message of a service whose API tells of changes',
    without('cinder'),
    {},
    /^cinder: .*driver/,
    'trouble',
    /off, or not heard: 2 changes/,
  )
  says('no message, and no change either', without('cinder'), { changed: { volume: 0 } }, /^cinder: .*driver/, 'note', /unknown/)
  says('no message, and nobody to ask', without('glance'), { changed: null }, /^glance: .*driver/, 'note', /no message since/)
  says('nothing of Nova for a day', without('nova'), { changed: null }, /^nova: .*driver/, 'trouble', /no message since/)
  says('nothing yet', { types: [], first: now - hour }, { changed: null }, /^nova: .*driver/, 'note', /less than two hours/)
  says('one format', { types: [type('nova', 'instance.create')] }, {}, /notification_format$/, 'ok', /^versioned$/)
  says(
    'the old format only',
    { types: [type('nova', 'instance.create', { format: 'legacy' })] },
    {},
    /notification_format$/,
    'note',
    /unversioned only/,
  )
  says('both', {}, {}, /notification_format$/, 'ok', /both/)
  says('no changes of state', { stateChanges: 0 }, {}, /notify_on_state_change/, 'trouble', /off: 5 actions/)
  says(
    'no actions',
    { stateChanges: 0, types: [type('nova', 'service.update')] },
    {},
    /notify_on_state_change/,
    'note',
    /unknown/,
  )
  says(
    'no audit, by the API',
    { audits: [] },
    { auditLogs: [{ ...log, done: 0 }] },
    /instance_usage_audit = /,
    'trouble',
    /no host ran/,
  )
  says('an audit that is not heard', { audits: [] }, {}, /instance_usage_audit = /, 'trouble', /ran on 2 hosts, but no exists/)
  says(
    'an audit that nobody knows of',
    { audits: [], first: now - hour },
    { auditLogs: null },
    /instance_usage_audit = /,
    'note',
    /unknown/,
  )
  says(
    'a long period',
    { audits: [{ length: 720 * hour, count: 1, last: now }] },
    {},
    /audit_period/,
    'note',
    /once in 720 hours/,
  )
  says(
    'a host that did not run it',
    {},
    { auditLogs: [{ ...log, done: 1, notRun: ['kvm-1'] }] },
    /kvm-1/,
    'trouble',
    /did not run the audit/,
  )
  says('basic events of Keystone', { cadf: 0, basic: 4 }, {}, /cadf/, 'trouble', /basic: 4/)
  says('an object store that is not heard', without('swift'), {}, /^swift/, 'note', /catalog has an object store/)
  says(
    'no crons',
    { types: all.types.filter(({ type }) => !type.endsWith('exists')) },
    {},
    /cinder-volume-usage-audit/,
    'note',
    /no exists/,
  )
  it('says nothing of an object store that is not there', () =>
    assert.deepEqual(find(settings({ ...all, ...without('swift') }, { ...told, hasSwift: false }, now), /^swift/), []))
})

describe('what a broker has', () => {
  const source: AmqpSource = amqpSource.parse({ name: 'bus', urls: ['amqp://a'] })
  const view = (more: Partial<BrokerView> = {}): BrokerView => ({
    ...{ url: 'amqp://a', own: { messages: 0, consumers: 1 }, queues: [] },
    exchanges: ['nova', 'cinder'].map((name) => ({ name, there: true })),
    ...more,
  })
  const says = (title: string, more: Partial<BrokerView>, subject: RegExp, level: Finding['level'], found: RegExp, by = source) =>
    it(title, () => {
      const finding = brokerFindings(by, view(more)).find((one) => subject.test(one.subject))
      assert.deepEqual([finding?.level, found.test(finding?.found ?? '')], [level, true], JSON.stringify(finding))
    })
  const only = (...names: string[]) => ({ exchanges: names.map((name) => ({ name, there: true })) })
  says('all that is needed', {}, /exchanges$/, 'ok', /nova, cinder/)
  says('none of the exchanges', only(), /exchanges$/, 'trouble', /none/)
  says('an exchange that is not listened to', only('nova', 'glance'), /exchange glance/, 'trouble', /not listened to/, {
    ...source,
    exchanges: ['nova'],
  })
  says('Cinder on an exchange of its own', {}, /control_exchange/, 'ok', /cinder/)
  says('Cinder on its default', only('nova', 'openstack'), /control_exchange/, 'note', /its default; it is listened to/)
  says('Cinder where nobody listens', only('nova', 'openstack'), /control_exchange/, 'trouble', /not listened to/, {
    ...source,
    exchanges: ['nova'],
  })
  says(
    'a queue that grows for nobody',
    { queues: [{ name: 'notifications.info', messages: 845, consumers: 0 }] },
    /queue notifications.info/,
    'trouble',
    /845 messages, and nobody/,
  )
  says(
    'queues that Ceilometer reads',
    { queues: [{ name: 'notifications.info', messages: 845, consumers: 2 }] },
    /queues of others/,
    'ok',
    /notifications.info/,
  )
  says('no queue of ours', { own: null }, /our queue/, 'trouble', /is not there/)
  says('a queue of ours that is not read', { own: { messages: 7, consumers: 0 } }, /our queue/, 'trouble', /serve does not read/)
  says('a queue of ours that grows', { own: { messages: 50_000, consumers: 1 } }, /our queue/, 'trouble', /50000 messages behind/)
})

describe('specola doctor', function () {
  this.timeout(60_000)
  needs(rabbitmqServer, 'rabbitmq-server')
  const directory = temporaryDirectory()
  let broker: RabbitMq
  let cloud: RecordedCloud

  before(async () => {
    broker = await startRabbitMq(join(directory(), 'rabbitmq'))
    cloud = await recordedCloud()
  })
  after(async () => {
    await cloud?.close()
    await broker?.stop()
  })

  it('looks at a broker and changes nothing there', async () => {
    const connection = await connect({ hostname: '127.0.0.1', port: broker.port, username: 'guest', password: 'guest' })
    const channel = await connection.createConfirmChannel()
    await channel.assertExchange('nova', 'topic', { durable: false })
    await channel.assertQueue('notifications.info', { durable: false })
    await channel.bindQueue('notifications.info', 'nova', 'notifications.info')
    for (let i = 0; i < 3; i++) channel.publish('nova', 'notifications.info', Buffer.from('{}'))
    await channel.waitForConfirms()
    const source = amqpSource.parse({ urls: [broker.url] })
    const seen = await inspectBroker(source)
    assert.deepEqual(seen.queues, [{ name: 'notifications.info', messages: 3, consumers: 0 }])
    assert.deepEqual(
      seen.exchanges.filter(({ there }) => there).map(({ name }) => name),
      ['nova'],
    )
    assert.equal(seen.own, null)
    assert.deepEqual(await inspectBroker(source), seen)
    await connection.close()
    await assert.rejects(inspectBroker({ ...source, urls: ['amqp://127.0.0.1:1'] }), /ECONNREFUSED/)
  })

  it('finds of a recorded cloud what it had switched on, by what was heard and by its APIs', async () => {
    const data = join(directory(), 'data')
    const db = openDatabase(data)
    // as if it had all been heard within the last day
    const shift = Date.now() - hour - Date.UTC(2026, 10, 22, 16, 16)
    const read = messagesOf(mainRun).flatMap((message) => {
      const one = readRecorded(message)
      return one.ok ? one.recorded : []
    })
    await eventJournal(db).record(
      read.map((one) => {
        const { instance } = one.event
        const period = instance?.auditPeriod
        const moved = period && { auditPeriod: { from: period.from + shift, to: period.to + shift } }
        return {
          ...one,
          event: { ...one.event, time: one.event.time + shift, ...(instance && { instance: { ...instance, ...moved } }) },
        }
      }),
    )
    db.close()
    mkdirSync(join(data, 'parked'))
    writeFileSync(join(data, 'parked', '2026-11-24.jsonl'), '{}\n{}\n')
    writeFileSync(join(directory(), 'secret'), 'hush')
    const config = join(directory(), 'config.yaml')
    writeFileSync(
      config,
      `data: ${data}
log: error
collector:
  amqp: [{ name: bus, urls: ["${broker.url}"], exchanges: [nova] }]
  openstack: [{ authUrl: "${cloud.url}", applicationCredential: { id: a, secret: { file: ${join(directory(), 'secret')} } } }]
`,
    )
    configurationFrom(config, [])
    const out: string[] = []
    const status = await command.run(['--config', config, '--json'], { out: (text) => out.push(text), err: () => assert.fail() })
    assert.equal(status, 1)
    const { findings } = JSON.parse(out.join('')) as { findings: Finding[] }
    const level = (subject: RegExp) => findings.find((finding) => subject.test(finding.subject))?.level
    for (const subject of [
      /^nova: .*driver/,
      /notification_format$/,
      /notify_on_state_change/,
      /instance_usage_audit = /,
      /audit_period/,
      /cadf/,
    ])
      assert.equal(level(subject), 'ok', String(subject))
    assert.equal(level(/nova-compute on kvm-1/), 'trouble')
    assert.equal(level(/instances of all projects/), 'ok')
    assert.equal(level(/our queue/), 'trouble')
    assert.equal(findings.find(({ subject }) => subject === 'parked messages')?.found, '2 could not be understood')
    assert.doesNotMatch(out.join(''), /hush|gAAAA/)
  })

  it('says when room is short', async () => {
    const db = openDatabase(directory())
    const health = { ...(await ownHealth(directory(), db)), freeBytes: 5000 }
    db.close()
    assert.equal(ownFindings(health, all, now).find(({ subject }) => subject === 'room for data')?.level, 'trouble')
    const retired = [{ what: 'witnesses' as const, count: 240_000, at: now }]
    assert.equal(
      ownFindings({ ...health, retired }, all, now).find(({ subject }) => subject === 'removed from the journal')?.found,
      '240000 audits and readings that repeated others (last on 2026-11-24)',
    )
  })
})
