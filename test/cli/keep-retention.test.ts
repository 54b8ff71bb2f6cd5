import assert from 'node:assert/strict'
import { z } from 'zod'
import { keepRetention } from '../../cli/keep-retention.ts'
import { healthBoard } from '../../collector/health.ts'
import { load } from '../../config/load.ts'
import { everything } from '../../model/access.ts'
import { dayMs, hourMs } from '../../model/audit-period.ts'
import { type CloudEvent, nativeEvent, type RecordedEvent } from '../../model/event.ts'
import { retireAlertsOf } from '../../store/journal/alert-retention.ts'
import { type Database, openDatabase } from '../../store/journal/database.ts'
import { eventJournal } from '../../store/journal/events.ts'
import { retentionSection } from '../../store/journal/retention-section.ts'
import { eventually } from '../support/child-process.ts'
import { silentLogger } from '../support/silent-logger.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const start = Date.UTC(2026, 9, 1)
const instance = '11111111-0000-4000-8000-000000000001'

function told(type: string, time: number, more: Partial<CloudEvent> = {}): RecordedEvent {
  const event: CloudEvent = {
    ...nativeEvent({ id: `${type} ${time}`, type, time, service: 'nova', publisher: 'compute.hv-1' }),
    ...{ format: 'versioned', resource: { kind: 'instance', id: instance }, project: 'p', user: 'u', host: 'hv-1' },
    ...more,
  }
  return { event, ignored: false, raw: JSON.stringify({ type, time }) }
}
const flavor = { id: '1', name: 'm1.small', vcpus: 1, memoryMb: 512, rootGb: 1, ephemeralGb: 0 }
const alive = { name: 'web', flavor, state: 'active', taskState: null, launchedAt: start, terminatedAt: null, createdAt: start }
const created = told('instance.create', start, { phase: 'end', instance: alive })
const audit = (n: number) =>
  told('instance.exists', start + n * hourMs + 5000, {
    instance: { ...alive, auditPeriod: { from: start + (n - 1) * hourMs, to: start + n * hourMs } },
  })
const audits = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => audit(from + i))

describe('what the journal lets go of', () => {
  const directory = temporaryDirectory()
  let number = 0

  async function kept(records: readonly (readonly RecordedEvent[])[], settings: string, until: number) {
    const db = openDatabase(`${directory()}/${number++}`)
    const journal = eventJournal(db)
    for (const batch of records) await journal.record(batch)
    const clock = new VirtualClock(start + 60 * dayMs)
    const health = healthBoard(clock)
    const loaded = load(settings, z.strictObject({ retention: retentionSection }))
    assert.ok(loaded.ok)
    const stop = new AbortController()
    const running = keepRetention(
      db,
      loaded.value.retention,
      { retireAlerts: (before, now) => retireAlertsOf(db, before, now), health, clock, logger: silentLogger() },
      stop.signal,
    )
    await clock.advance(until)
    // texts are compressed in a thread of their own, whose time is another
    for (let step = 0; step < 10; step++) {
      await eventually('a rest', () => clock.sleepers > 0, 5000)
      await clock.advance(50)
    }
    stop.abort()
    await running
    return { db, journal, health: health.all()[0] }
  }
  const rows = (db: Database) => db.get<{ n: number }>('SELECT count(*) AS n FROM event')?.n
  const texts = async (journal: ReturnType<typeof eventJournal>) =>
    Promise.all(
      (await journal.events(everything, { limit: 1000 })).map(async ({ seq, time }) => {
        const raw = (await journal.event(everything, seq))?.raw ?? null
        return raw === null ? null : (JSON.parse(raw) as { time: number }).time === time
      }),
    )

  it('is nothing before its hour, and then all but the ends of each run', async () => {
    const before = await kept([[created, ...audits(1, 500)]], '', 2 * hourMs)
    assert.equal(rows(before.db), 500)
    assert.match(before.health?.detail ?? '', /next at 03:00 UTC/)
    before.db.close()
    const { db, health, journal } = await kept([[created, ...audits(1, 500)], [audit(501)]], '', 5 * hourMs)
    assert.equal(rows(db), 3)
    assert.deepEqual(health?.numbers, { witnesses: 498 })
    assert.match(health?.detail ?? '', /removed 498 audits/)
    // a batch of which little is left keeps the texts of that, at their places
    assert.deepEqual(await texts(journal), [true, true, true])
    assert.ok((db.get<{ n: number }>('SELECT length(body) AS n FROM raw_batch WHERE id = 1')?.n ?? 0) < 400)
    db.close()
  })

  it('goes on where it ended: the end of a run is the middle of a longer one', async () => {
    const { db, journal } = await kept([[created, ...audits(1, 40 * 24)]], 'retention: { witnesses: 30d }', 4 * dayMs)
    // 60 + 4 − 30 days after the start the cut is on day 34 or so: what is younger stays
    const cut = db.get<{ time: number }>('SELECT time FROM thinned_to')?.time as number
    const young = audits(1, 40 * 24).filter(({ event }) => event.time > cut).length
    assert.equal(rows(db), 1 + 2 + young)
    const again = await journal.record(audits(1, 200))
    assert.deepEqual([again.events, again.duplicates], [0, 199])
    // one that says something else is news, however late
    const other = audit(100)
    const news = await journal.record([{ ...other, event: { ...other.event, id: 'late', host: 'hv-2' } }])
    assert.equal(news.events, 1)
    db.close()
  })

  it('never is the newest row or batch: their numbers would be given again', async () => {
    const { db } = await kept([audits(1, 10), [created]], 'retention: { texts: 10d }', 5 * hourMs)
    assert.deepEqual(
      db.all<{ id: number }>('SELECT id FROM raw_batch').map(({ id }) => id),
      [2],
    )
    assert.equal(db.get<{ seq: number }>('SELECT max(seq) AS seq FROM event')?.seq, 10)
    db.close()
  })

  it('is the texts of messages older than the setting, never their events', async () => {
    const { db, journal, health } = await kept(
      [[created, audit(1)], [audit(2)], [audit(24 * 55)]],
      'retention: { texts: 20d, witnesses: never }',
      5 * hourMs,
    )
    assert.equal(rows(db), 4)
    assert.deepEqual(await texts(journal), [true, null, null, null])
    assert.deepEqual(health?.numbers, { texts: 3 })
    db.close()
  })

  it('is known of journals that are older than retention', async () => {
    const db = openDatabase(`${directory()}/${number}`)
    const journal = eventJournal(db)
    await journal.record([created, ...audits(1, 30)])
    await journal.record([audit(1000)])
    db.run('DELETE FROM raw_age')
    db.run('UPDATE raw_aging SET reached = 0, until = (SELECT max(seq) FROM event)')
    db.close()
    const again = await kept([], 'retention: { texts: 20d }', 5 * hourMs)
    assert.equal(rows(again.db), 4)
    assert.deepEqual(again.health?.numbers, { texts: 30, witnesses: 27 })
    again.db.close()
  })

  it('is refused when it would be what still comes late', () => {
    const read = load('retention:\n  witnesses: 1h\n', z.strictObject({ retention: retentionSection }))
    assert.ok(!read.ok)
    assert.match(JSON.stringify(read.errors), /at least 2d, or never/)
  })
})
