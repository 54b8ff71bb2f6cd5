import assert from 'node:assert/strict'
import { everything } from '../../../model/access.ts'
import { systemClock } from '../../../model/clock.ts'
import { nativeEvent, type RecordedEvent } from '../../../model/event.ts'
import { type ListedKind, listedKinds } from '../../../model/resource.ts'
import { openDatabase } from '../../../store/journal/database.ts'
import { eventJournal } from '../../../store/journal/events.ts'
import { resourceJournal } from '../../../store/journal/resources.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const start = Date.UTC(2026, 9, 1)
const hour = 3_600_000

const observed = (kind: string, id: string, time: number): RecordedEvent => ({
  event: nativeEvent({
    ...{ id: `${kind}:${id}:${time}`, type: `${kind}.observed`, time, service: 'other', publisher: 'openstack api' },
    ...{ resource: { kind, id }, project: 'p1', user: null, about: { name: `${kind} ${id}` } },
  }),
  ignored: false,
  raw: null,
})

describe('what a complete list does not have any more', () => {
  const directory = temporaryDirectory()
  let number = 0
  function open() {
    const db = openDatabase(`${directory()}/${number++}`)
    const shown = async (kind: string, deleted = false) =>
      (await resourceJournal(db, systemClock).resources(everything, { kind, deleted, limit: 10 })).rows.map(
        ({ id, deletedAt }) => [id, deletedAt],
      )
    return { db, journal: eventJournal(db), shown }
  }

  for (const kind of listedKinds)
    it(`is not shown as a ${kind} that exists, and ended where it was last heard of`, async () => {
      const { db, journal, shown } = open()
      await journal.record([observed(kind, 'a', start), observed(kind, 'b', start)])
      assert.deepEqual(await shown(kind), [
        ['a', null],
        ['b', null],
      ])
      await journal.listed({ kind, readAt: start + hour, ids: ['a'] })
      assert.deepEqual(await shown(kind), [['a', null]])
      assert.deepEqual(await shown(kind, true), [
        ['a', null],
        ['b', start],
      ])
      assert.equal(db.get<{ n: number }>('SELECT count(*) AS n FROM resource_segment')?.n, 0)
      db.close()
    })

  const same = (title: string, steps: readonly ('word' | 'list')[]) =>
    it(`is the same when it is told ${title}`, async () => {
      const { db, journal, shown } = open()
      for (const step of steps)
        if (step === 'word') await journal.record([observed('user', 'b', start)])
        else await journal.listed({ kind: 'user', readAt: start + hour, ids: ['a'] })
      assert.deepEqual(await shown('user'), [])
      db.close()
    })
  same('before the list', ['word', 'list'])
  same('after the list', ['list', 'word'])

  it('is back with any later word, and with a list that has it', async () => {
    const { db, journal, shown } = open()
    const kind: ListedKind = 'router'
    await journal.record([observed(kind, 'b', start)])
    await journal.listed({ kind, readAt: start + hour, ids: [] })
    await journal.record([observed(kind, 'b', start + 2 * hour)])
    assert.deepEqual(await shown(kind), [['b', null]])
    await journal.listed({ kind, readAt: start + 4 * hour, ids: [] })
    assert.deepEqual(await shown(kind), [])
    await journal.listed({ kind, readAt: start + 5 * hour, ids: ['b'] })
    assert.deepEqual(await shown(kind), [['b', null]])
    db.close()
  })

  it('that was heard of while the list was read is not held against it', async () => {
    const { db, journal, shown } = open()
    await journal.record([observed('flavor', 'b', start + hour - 30_000)])
    await journal.listed({ kind: 'flavor', readAt: start + hour, ids: [] })
    assert.deepEqual(await shown('flavor'), [['b', null]])
    db.close()
  })
})
