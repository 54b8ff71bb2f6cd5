import assert from 'node:assert/strict'
import { readRecorded } from '../../../collector/amqp/read.ts'
import { everything } from '../../../model/access.ts'
import { dayMs, hourMs } from '../../../model/audit-period.ts'
import { type CloudEvent, nativeEvent, type RecordedEvent } from '../../../model/event.ts'
import { completenessJournal } from '../../../store/journal/completeness.ts'
import { type Database, openDatabase } from '../../../store/journal/database.ts'
import { eventJournal } from '../../../store/journal/events.ts'
import { speakerOf } from '../../../store/journal/heard.ts'
import { listeningLog, unreadLog } from '../../../store/journal/listening.ts'
import { mainRun, messagesOf } from '../../support/recordings.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const now = Date.UTC(2026, 10, 23)
const project = 'p1'

let count = 0
const told = (type: string, time: number, more: Partial<CloudEvent> = {}): RecordedEvent => ({
  event: {
    ...nativeEvent({ id: `c${count++}`, type, time, service: 'nova', publisher: 'compute.hv-1' }),
    ...{
      format: 'legacy',
      resource: { kind: 'instance', id: 'i-1' },
      project,
      request: `req-${count}`,
      actor: 'anna',
      host: 'hv-1',
    },
    ...more,
  },
  ignored: false,
  raw: null,
})

const running = (launchedAt: number) => ({ state: 'active', launchedAt, taskState: null })

describe('completeness of a journal', () => {
  const directory = temporaryDirectory()
  let db: Database
  let number = 0
  beforeEach(async () => {
    db = openDatabase(`${directory()}/${number++}`)
    // somebody listens, and has for long
    for (const at of [now - 9 * dayMs, now]) await listeningLog(db).bound('test', ['neutron'], at)
  })
  afterEach(() => db.close())
  const gaps = (from: number, to = now, scope = everything) =>
    completenessJournal(db, new VirtualClock(now)).gaps(scope, { from, to })

  it('counts each message of the recorded run once, by service and host, whatever comes twice', async () => {
    const recorded = messagesOf(mainRun).map((message) => {
      const read = readRecorded(message)
      assert.ok(read.ok)
      return read.recorded
    })
    const journal = eventJournal(db)
    for (const part of [recorded.slice(0, 4000), recorded.slice(3500), recorded.slice(0, 200)]) await journal.record(part)
    const hours = await completenessJournal(db, new VirtualClock(now)).hours({ from: now - 2 * dayMs, to: now })
    assert.equal(
      hours.reduce((sum, { messages }) => sum + messages, 0),
      mainRun.messages,
    )
    const at = (service: string, host: string) => hours.find((hour) => hour.service === service && hour.host === host)?.messages
    assert.deepEqual(
      [at('keystone', 'vm'), at('cinder', 'block-1'), at('glance', 'localhost'), at('neutron', 'vm')],
      [92, 24, 25, 925],
    )
    // one closed audit of the two hosts; those sent before a resize and the like are of the running period
    const audits = db.all<{ host: string; legacy: number; versioned: number }>(
      'SELECT host, legacy, versioned FROM audited ORDER BY host',
    )
    assert.deepEqual(
      audits.map(({ host, legacy, versioned }) => [host, legacy, versioned]),
      [
        ['compute-1', 17, 17],
        ['compute-2', 122, 122],
      ],
    )
  })

  it('finds the audit of a host that did not run, in the hours in which it had instances', async () => {
    const from = now - 2 * dayMs
    const batch = [told('instance.create', from, { phase: 'end', instance: running(from) })]
    for (let n = 1; n < 40; n++) {
      const to = from + n * hourMs
      if (n === 20 || n === 21) continue
      batch.push(
        told('instance.exists', to + 20_000, {
          instance: { ...running(from), auditPeriod: { from: to - hourMs, to } },
          request: null,
          actor: null,
        }),
      )
    }
    batch.push(
      told('instance.delete', from + 39.5 * hourMs, {
        phase: 'end',
        instance: { state: 'deleted', terminatedAt: from + 39.5 * hourMs },
      }),
    )
    await eventJournal(db).record(batch)
    const found = await gaps(from + hourMs)
    assert.deepEqual(
      found.map(({ kind, host, from: start, to, count: instances }) => [
        kind,
        host,
        (start - from) / hourMs,
        to && (to - from) / hourMs,
        instances,
      ]),
      [['audit', 'hv-1', 19, 21, 1]],
    )
  })

  it("believes Nova's own log of the audit, as it was read last", async () => {
    const from = now - 5 * hourMs
    const journal = eventJournal(db)
    const log = (readAt: number, notRun: string[]): RecordedEvent => ({
      event: nativeEvent({
        ...{ id: `audit.log:one:${readAt}`, type: 'audit.log', time: readAt, service: 'nova', publisher: 'openstack api' },
        facts: { from: from + hourMs, to: from + 2 * hourMs, notRun },
      }),
      ignored: false,
      raw: null,
    })
    await journal.record([
      told('instance.create', from, { phase: 'end', instance: running(from) }),
      log(now - 60_000, ['hv-1', 'hv-2']),
    ])
    assert.deepEqual(
      (await gaps(from)).map(({ kind, host, cause }) => [kind, host, cause]),
      [['audit', 'hv-1', 'not-run']],
    )
    await journal.record([log(now - 30_000, [])])
    assert.deepEqual(await gaps(from), [])
  })

  it('finds an end that was inferred, and shows it to its project only', async () => {
    const from = now - dayMs
    const journal = eventJournal(db)
    await journal.record([told('instance.create', from, { phase: 'end', instance: running(from) })])
    await journal.listed({ kind: 'instance', readAt: now - hourMs, ids: [] })
    const found = await gaps(from)
    assert.deepEqual(
      found.map(({ kind, loss, from: start, to }) => [kind, loss, start, to]),
      [['lost-end', 'certain', from, now - hourMs]],
    )
    assert.equal((await gaps(from, now, { projects: [project] })).length, 1)
    assert.equal((await gaps(from, now, { projects: ['other'] })).length, 0)
  })

  it('finds what began and never ended, and not what ended (however late), failed or is still in time', async () => {
    const at = now - 10 * hourMs
    const of = (id: string, phase: CloudEvent['phase'], time: number, type = 'instance.resize_prep', request = id) =>
      told(type, time, { phase, resource: { kind: 'instance', id }, request })
    await eventJournal(db).record([
      of('lost', 'start', at),
      of('done', 'start', at),
      of('done', 'end', at + hourMs),
      of('failed', 'start', at),
      of('failed', null, at + 60_000, 'compute.exception'),
      of('deleted', 'start', at),
      of('deleted', 'end', at + 60_000, 'instance.delete', 'other'),
      of('recent', 'start', now - hourMs),
      of('late', 'start', at),
      of('late', 'end', at + 7 * hourMs),
      of('heard-of', 'start', at),
      of('heard-of', 'end', at + 7 * hourMs, 'instance.reboot', 'later'),
    ])
    const found = await gaps(now - dayMs)
    const open = found.filter(({ kind }) => kind === 'overdue')
    assert.deepEqual(
      open.map(({ cause, to, count: starts }) => [cause, to, starts]),
      [['instance.resize_prep', null, 2]],
    )
  })

  it('counts what is parked until it is understood', async () => {
    await eventJournal(db).record([told('instance.reboot', now - dayMs)])
    const message = { exchange: 'nova', routing_key: 'notifications.info', properties: {}, body: '{', reason: 'no JSON' }
    await unreadLog(db).parked([message, message, { ...message, body: '[' }], now - hourMs)
    assert.deepEqual(
      (await gaps(now - dayMs)).map(({ kind, loss, count: messages }) => [kind, loss, messages]),
      [['unread', 'certain', 3]],
    )
    await unreadLog(db).understood([message, { ...message, body: '[' }])
    assert.deepEqual(await gaps(now - dayMs), [])
  })

  it('knows when we were away, and when nobody listens now', async () => {
    const log = listeningLog(db)
    await log.bound('one', ['nova', 'cinder'], now - dayMs)
    await log.bound('one', ['nova', 'cinder'], now - 10_000)
    await log.absent([
      { source: 'one', exchange: 'nova', from: now - 7 * hourMs, to: now - 6 * hourMs, cause: 'broker', lost: true },
    ])
    await log.absent([
      { source: 'one', exchange: 'cinder', from: now - 7 * hourMs, to: now - 6.5 * hourMs, cause: 'broker', lost: true },
    ])
    assert.deepEqual(
      (await gaps(now - dayMs)).map(({ kind, loss, from, to, cause }) => [
        kind,
        loss,
        (from - now) / hourMs,
        to && (to - now) / hourMs,
        cause,
      ]),
      [['away', 'possible', -7, -6, 'broker']],
    )
    assert.deepEqual(
      [...(await log.last('one'))],
      [
        ['cinder', now - 10_000],
        ['nova', now - 10_000],
      ],
    )
  })
})

describe('who speaks', () => {
  const gives = (publisher: string, host: string | null, want: string) =>
    it(`${publisher || 'nobody'} is ${want || 'nobody'}`, () => assert.equal(speakerOf({ publisher, host }), want))
  gives('compute.hv-1.example.org', 'other', 'hv-1.example.org')
  gives('nova-compute:hv-1', null, 'hv-1')
  gives('volume.node-1@lvm#pool', null, 'node-1')
  gives('ceilometermiddleware', null, '')
  gives('ceilometermiddleware', 'proxy-1', 'proxy-1')
  gives('', null, '')
})
