import assert from 'node:assert/strict'
import type { CloudEvent } from '../../../model/event.ts'
import { type Database, openDatabase } from '../../../store/journal/database.ts'
import { bodyOf, eventColumns, type StoredEvent, toEvent } from '../../../store/journal/event-body.ts'
import { eventJournal } from '../../../store/journal/events.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const start = Date.UTC(2026, 9, 5)

function told(id: string, format: 'legacy' | 'versioned', time: number, more: Partial<CloudEvent> = {}): CloudEvent {
  return {
    ...{
      id,
      type: 'instance.power_on',
      phase: 'end',
      format,
      service: 'nova',
      time,
      priority: 'INFO',
      publisher: 'compute.hv-01',
    },
    ...{ resource: { kind: 'instance', id: 'vm' }, project: 'p', user: 'u', actor: 'u', actorProject: 'p', host: 'hv-01' },
    request: 'req-1',
    ...more,
  }
}

describe('a fact that is told in both formats', () => {
  const directory = temporaryDirectory()
  let db: Database
  beforeEach(() => {
    db = openDatabase(`${directory()}/${Math.random()}`)
  })
  afterEach(() => db.close())

  const record = (journal: ReturnType<typeof eventJournal>, ...events: CloudEvent[]) =>
    journal.record(events.map((event) => ({ event, ignored: false, raw: null })))
  /** Ids of the rows that are shown, and who is whose twin. */
  const pairs = () =>
    db
      .all<{ id: string; twin: string | null; hidden: number }>(
        'SELECT e.message_id AS id, t.message_id AS twin, e.hidden FROM event e LEFT JOIN event t ON t.seq = e.twin ORDER BY e.message_id',
      )
      .map(({ id, twin, hidden }) => `${id}${hidden ? ' hidden' : ''}${twin ? ` = ${twin}` : ''}`)

  it('is one fact, whichever came first', async () => {
    const journal = eventJournal(db)
    await record(journal, told('a-legacy', 'legacy', start), told('a-new', 'versioned', start + 4))
    await record(journal, told('b-new', 'versioned', start + 60_000), told('b-old', 'legacy', start + 60_003))
    assert.deepEqual(pairs(), ['a-legacy hidden = a-new', 'a-new = a-legacy', 'b-new = b-old', 'b-old hidden = b-new'])
  })

  it('is one fact when the second half comes after a restart', async () => {
    await record(eventJournal(db), told('a-legacy', 'legacy', start))
    await record(eventJournal(db), told('a-new', 'versioned', start + 4))
    assert.deepEqual(pairs(), ['a-legacy hidden = a-new', 'a-new = a-legacy'])
  })

  it('is one fact when it is older than all that is there', async () => {
    const journal = eventJournal(db)
    await record(journal, told('z', 'legacy', start + 3_600_000, { request: 'req-9' }))
    await record(eventJournal(db), told('a-new', 'versioned', start))
    await record(eventJournal(db), told('a-old', 'legacy', start))
    assert.deepEqual(pairs(), ['a-new = a-old', 'a-old hidden = a-new', 'z'])
  })

  it('is paired once, and with the nearest', async () => {
    const journal = eventJournal(db)
    await record(journal, told('a1', 'legacy', start), told('a2', 'legacy', start + 1000))
    await record(journal, told('b2', 'versioned', start + 1001), told('b1', 'versioned', start + 1002))
    assert.deepEqual(pairs(), ['a1 hidden = b1', 'a2 hidden = b2', 'b1 = a1', 'b2 = a2'])
  })

  it('is two facts when anything differs', async () => {
    const journal = eventJournal(db)
    await record(journal, told('a', 'legacy', start))
    await record(journal, told('other request', 'versioned', start, { request: 'req-2' }))
    await record(journal, told('too late', 'versioned', start + 2001))
    await record(journal, told('its start', 'versioned', start, { phase: 'start' }))
    await record(journal, told('same format', 'legacy', start))
    assert.ok(
      pairs().every((line) => !line.includes('=')),
      pairs().join('; '),
    )
  })

  it('knows a legacy event without phase as the versioned end', async () => {
    const journal = eventJournal(db)
    await record(journal, told('a', 'legacy', start, { phase: null }), told('b', 'versioned', start))
    assert.deepEqual(pairs(), ['a hidden = b', 'b = a'])
  })

  it('forgets what a failed transaction had told it', async () => {
    const journal = eventJournal(db)
    db.run(`CREATE TRIGGER refuse BEFORE INSERT ON event WHEN NEW.message_id = 'bad' BEGIN SELECT RAISE(ABORT, 'refused'); END`)
    await assert.rejects(record(journal, told('a', 'legacy', start), told('bad', 'legacy', start)))
    await record(journal, told('b', 'versioned', start))
    assert.deepEqual(pairs(), ['b'])
    await record(journal, told('a', 'legacy', start))
    assert.deepEqual(pairs(), ['a hidden = b', 'b = a'])
  })
})

describe('an event in its row', () => {
  const directory = temporaryDirectory()
  const events = [
    told('plain', 'legacy', start),
    told('full', 'versioned', start + 1, {
      ...{ priority: 'ERROR', actorProject: 'admin', globalRequest: 'req-0', address: '192.0.2.1', phase: null, request: null },
      ...{ instance: { state: null, name: '"><script>' }, facts: { size: 3 }, names: { project: 'P' } },
    }),
    told('nobody', 'legacy', start + 2, {
      project: null,
      actorProject: null,
      resource: null,
      user: null,
      actor: null,
      host: null,
    }),
    told('no project of its actor', 'legacy', start + 3, { actorProject: null }),
  ]

  it('comes out as it went in', async () => {
    const db = openDatabase(directory())
    await eventJournal(db).record(events.map((event) => ({ event, ignored: false, raw: null })))
    const rows = db.all<StoredEvent>(`SELECT ${eventColumns()} FROM event ORDER BY time`)
    assert.deepEqual(rows.map(toEvent), events)
    for (const event of events) assert.ok(!bodyOf(event).includes(event.id))
    db.close()
  })

  it('reads rows that hold the whole event', async () => {
    const db = openDatabase(directory())
    for (const event of events) db.run('UPDATE event SET body = ? WHERE message_id = ?', JSON.stringify(event), event.id)
    const rows = db.all<StoredEvent>(`SELECT ${eventColumns()} FROM event ORDER BY time`)
    assert.deepEqual(rows.map(toEvent), events)
    db.close()
  })
})
