import assert from 'node:assert/strict'
import type { CloudEvent } from '../../model/event.ts'
import { fold } from '../../model/ledger.ts'
import { dueAt, overdueOf } from '../../model/overdue.ts'
import { born, event, start } from '../support/instance-events.ts'

const waits = (title: string, events: readonly CloudEvent[], minutes: number, ...want: string[]) =>
  it(title, () => {
    const { state } = fold('i', events)
    const overdue = overdueOf({ id: 'i', project: state.project, waiting: state.waiting }, start + minutes * 60_000)
    assert.deepEqual(
      overdue.map(
        ({ action, since, due }) =>
          `${action} since ${Math.floor((since - start) / 60_000)}, due ${Math.floor((due - start) / 60_000)}`,
      ),
      want,
    )
  })

describe('an action without an end', () => {
  const began = (action: string) => event(10, action, 'start', { state: 'active', taskState: 'x', launched: 2 })
  for (const [action, minutes, name] of [
    ['delete', 10, 'delete'],
    ['resize_prep', 240, 'resize'],
    ['live_migration_pre', 720, 'live_migration'],
    ['shelve', 120, 'shelve'],
  ] as const) {
    waits(`${action} is no matter before its time`, [...born, began(action)], 10 + minutes)
    waits(`${action} is asked about then`, [...born, began(action)], 11 + minutes, `${name} since 10, due ${10 + minutes}`)
  }
  waits('create is asked about after half an hour', born.slice(0, 1), 31, 'create since 0, due 30')
  waits('is forgotten at its end', born, 1000)
  waits(
    'goes on from step to step of a resize',
    [
      ...born,
      began('resize_prep'),
      event(11, 'resize_prep', 'end', { state: 'active', taskState: 'resize_prep', launched: 2 }),
      event(12, 'resize', 'start', { state: 'active', taskState: 'resize_migrating', launched: 2 }),
    ],
    300,
    'resize since 10, due 250',
  )
  waits(
    'ends with a failure',
    [...born, began('resize_prep'), event(11, 'resize', 'error', { state: 'active', launched: 2 })],
    300,
  )
  waits(
    'ends with a rollback',
    [...born, began('live_migration_pre'), event(11, 'live_migration_rollback', 'end', { state: 'active', launched: 2 })],
    2000,
  )
  waits(
    'ends when the API says that nothing is under way',
    [...born, began('shelve'), event(200, 'observed', null, { state: 'active', taskState: null, launched: 2 })],
    2000,
  )
  waits(
    'goes on while the API says that it is under way',
    [...born, began('shelve'), event(200, 'observed', null, { state: 'active', taskState: 'shelving', launched: 2 })],
    2000,
    'shelve since 10, due 130',
  )
  waits(
    'ends with the instance',
    [...born, began('resize_prep'), event(20, 'delete', 'end', { state: 'deleted', launched: 2, terminated: 20 })],
    2000,
  )
  waits(
    'does not end with a delete that failed',
    [...born, began('delete'), event(11, 'power_off', 'end', { state: 'stopped', launched: 2 })],
    60,
    'delete since 10, due 20',
  )

  it('is due when the first of several is', () => {
    assert.equal(dueAt({ resize: start, delete: start }), start + 600_000)
    assert.equal(dueAt({}), null)
  })
})
