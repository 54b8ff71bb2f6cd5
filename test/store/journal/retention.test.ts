import assert from 'node:assert/strict'
import { everything } from '../../../model/access.ts'
import { systemClock } from '../../../model/clock.ts'
import type { RecordedEvent } from '../../../model/event.ts'
import { mayRepeat } from '../../../model/thinning.ts'
import { completenessJournal } from '../../../store/journal/completeness.ts'
import { type Database, openDatabase } from '../../../store/journal/database.ts'
import { eventJournal } from '../../../store/journal/events.ts'
import { retire } from '../../../store/journal/retention.ts'
import { retiredSoFar } from '../../../store/journal/retired.ts'
import { timelineJournal } from '../../../store/journal/timeline.ts'
import { usageJournal } from '../../../store/journal/usage.ts'
import { random } from '../../support/random.ts'
import { eventsOf, novaUsage, type Recording, recordings, serversRead } from '../../support/recordings.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const minute = 60_000
/** Uptimes of instances that live are said as of now. */
const clock = { ...systemClock, now: () => Date.UTC(2027, 0, 1) }

/** Every recorded audit of an instance said again, minute after minute: as an hourly audit does for weeks, and stale as often. */
function repeated(events: readonly RecordedEvent[], times: number): RecordedEvent[] {
  return events.flatMap((one) => {
    const { event } = one
    const period = event.instance?.auditPeriod
    if (!mayRepeat(event) || !period) return [one]
    return Array.from({ length: times }, (_, n): RecordedEvent => {
      if (n === 0) return one
      const later = n * minute
      return {
        ...one,
        raw: JSON.stringify({ n, of: event.id }),
        event: {
          ...event,
          id: `${event.id}-${n}`,
          time: event.time + later,
          request: event.request && `${event.request}-${n}`,
          instance: { ...event.instance, auditPeriod: { from: period.from + later, to: period.to + later } },
        },
      }
    })
  })
}

const inBatches = <T>(list: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size))

function shuffled<T>(list: readonly T[], seed: number): T[] {
  const next = random(seed)
  return list
    .map((one) => [next(), one] as const)
    .sort(([a], [b]) => a - b)
    .map(([, one]) => one)
}

async function record(db: Database, events: readonly RecordedEvent[]) {
  const journal = eventJournal(db)
  const sum = { events: 0, duplicates: 0 }
  for (const batch of inBatches(events, 400)) {
    const counts = await journal.record(batch)
    sum.events += counts.events
    sum.duplicates += counts.duplicates
  }
  return sum
}

async function thin(db: Database, witnesses: number, steps = Number.POSITIVE_INFINITY): Promise<number> {
  let removed = 0
  for await (const [what, count] of retire(db, { texts: null, witnesses, events: null }, () => 1)) {
    if (what === 'witnesses') removed += count
    if (--steps <= 0) break
  }
  return removed
}

/** Folds every ledger anew from what the log has. */
function refold(db: Database): void {
  db.run('DELETE FROM ledger_rules')
  eventJournal(db)
}

/** Everything that is ever said of use, from ledgers and witnesses. */
async function figures(db: Database, recording: Recording) {
  const { from, to } = novaUsage(recording)
  const period = { from, to }
  const usage = usageJournal(db, clock)
  return {
    segments: db.all('SELECT * FROM segment ORDER BY instance, start'),
    instances: db.all('SELECT * FROM instance ORDER BY id'),
    resources: db.all('SELECT * FROM resource ORDER BY kind, id'),
    resourceSegments: db.all('SELECT * FROM resource_segment ORDER BY kind, id, start'),
    discrepancies: db.all('SELECT * FROM discrepancy ORDER BY instance, at, about'),
    heard: db.all('SELECT * FROM heard ORDER BY hour, service, host'),
    audited: db.all('SELECT * FROM audited ORDER BY start, host'),
    types: db.all('SELECT * FROM event_type ORDER BY type'),
    parity: await usage.parity(everything, period),
    usage: await Promise.all(
      (['ledger', 'parity'] as const).flatMap((view) =>
        (['project', 'user', 'instance', 'flavor', 'host'] as const).map((by) =>
          usage.usage(everything, { view, by, ...period }),
        ),
      ),
    ),
    differences: await usage.differences(everything, period),
    overdue: await usage.overdue(to),
    gaps: await completenessJournal(db, clock).gaps(everything, { from: from - 3_600_000, to: to + 3_600_000 }),
    actions: db.all('SELECT * FROM action ORDER BY root, resource_id'),
    timeline: (await timelineJournal(db, clock).actions(everything, { limit: 1000 })).map(({ seq: _, ...action }) => action),
  }
}

/** Numbers of rows differ where the order of arrival does. */
const withoutRows = ({ actions, timeline: _, ...rest }: Awaited<ReturnType<typeof figures>>) => ({
  ...rest,
  actions: actions.map((row) => ({ ...row, seq: 0 })),
})

for (const recording of recordings) {
  describe(`witnesses thinned out of the recorded run ${recording.name}`, function () {
    this.timeout(120_000)
    const directory = temporaryDirectory()
    let number = 0
    const open = () => openDatabase(`${directory()}/${number++}`)
    const events = [...serversRead(recording.inventory).events, ...repeated(eventsOf(recording), 12)]
    const end = Math.max(...events.map(({ event }) => event.time)) + 1

    it('change no figure, neither before nor after ledgers are folded anew', async () => {
      const db = open()
      await record(db, events)
      const before = await figures(db, recording)
      refold(db)
      assert.deepEqual(await figures(db, recording), before)
      const rows = db.get<{ n: number }>('SELECT count(*) AS n FROM event')?.n as number
      const removed = await thin(db, end)
      assert.ok(removed > 100, `${removed} of ${rows}`)
      assert.equal(db.get<{ n: number }>('SELECT count(*) AS n FROM event')?.n, rows - removed)
      assert.deepEqual(
        retiredSoFar(db).map((one) => ({ ...one })),
        [{ what: 'witnesses', count: removed, at: 1 }],
      )
      assert.deepEqual(await figures(db, recording), before)
      refold(db)
      assert.deepEqual(await figures(db, recording), before)
      assert.equal(await thin(db, end), 0)
      db.close()
    })

    it('are known when all of it is delivered once more, in any order', async () => {
      const db = open()
      await record(db, events)
      const before = await figures(db, recording)
      await thin(db, end)
      const { events: fresh, duplicates } = await record(db, shuffled(events, 3))
      assert.deepEqual([fresh, duplicates], [0, events.length])
      refold(db)
      assert.deepEqual(await figures(db, recording), before)
      db.close()
    })

    for (const seed of [recording.name === 'main' ? 1 : 2])
      it(`change no figure when messages come in any order and thinning goes on between them (seed ${seed})`, async () => {
        const [thinned, whole] = [open(), open()]
        // whatever is thinned is older than the age at which messages still come
        const cut = novaUsage(recording).from + (novaUsage(recording).to - novaUsage(recording).from) * 0.6
        const [old, young] = [events.filter(({ event }) => event.time <= cut), events.filter(({ event }) => event.time > cut)]
        for (const db of [thinned, whole]) await record(db, shuffled(old, seed))
        let removed = await thin(thinned, cut, 7 * seed)
        removed += await thin(thinned, cut)
        for (const db of [thinned, whole]) await record(db, shuffled(young, seed + 10))
        removed += await thin(thinned, end)
        assert.ok(removed > 100, String(removed))
        refold(thinned)
        assert.deepEqual(withoutRows(await figures(thinned, recording)), withoutRows(await figures(whole, recording)))
        thinned.close()
        whole.close()
      })

    it('and old events that no figure is made of can go: nothing that is said of use changes', async () => {
      const db = open()
      await record(db, events)
      const before = await figures(db, recording)
      let gone = 0
      for await (const [what, count] of retire(db, { texts: null, witnesses: end, events: end }, () => 1))
        if (what === 'events') gone += count
      assert.ok(gone > 50, String(gone))
      refold(db)
      assert.deepEqual(await figures(db, recording), before)
      const left = db.all<{ kind: string }>(`SELECT DISTINCT resource_kind AS kind FROM event WHERE service = 'neutron'`)
      assert.ok(left.some(({ kind }) => kind === 'port'))
      db.close()
    })

    it('leave every fact shown once: twins go together', async () => {
      const db = open()
      await record(db, events)
      await thin(db, end)
      assert.deepEqual(
        db.all('SELECT seq FROM event e WHERE twin IS NOT NULL AND NOT EXISTS (SELECT 1 FROM event t WHERE t.seq = e.twin)'),
        [],
      )
      db.close()
    })
  })
}
