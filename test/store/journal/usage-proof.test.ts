import assert from 'node:assert/strict'
import { everything, type Scope } from '../../../model/access.ts'
import { systemClock } from '../../../model/clock.ts'
import type { CloudEvent } from '../../../model/event.ts'
import { type Database, openDatabase } from '../../../store/journal/database.ts'
import { eventJournal } from '../../../store/journal/events.ts'
import { inventory } from '../../../store/journal/inventory.ts'
import { usageJournal } from '../../../store/journal/usage.ts'
import { born, event, start } from '../../support/instance-events.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const minute = 60_000
const record = (db: Database, ...events: readonly CloudEvent[]) =>
  eventJournal(db).record(events.map((one) => ({ event: one, ignored: false, raw: null })))

describe('what usage is defended with', () => {
  const directory = temporaryDirectory()
  let number = 0
  const open = () => openDatabase(`${directory()}/${number++}`)

  it('is asked for by instance, project and time', async () => {
    const db = open()
    const usage = usageJournal(db, systemClock)
    await record(db, ...born, event(60, 'exists', null, { state: 'stopped', launched: 2 }))
    const found = {
      instance: 'i',
      at: start + 60 * minute + 250,
      about: 'state',
      ours: 'active',
      theirs: 'stopped',
      witness: 'exists',
    }
    const ask = async (query: object, scope: Scope = everything) =>
      (await usage.discrepancies(scope, { limit: 10, ...query })).map((one) => ({ ...one }))
    assert.deepEqual(await ask({}), [found])
    assert.deepEqual(await ask({ instance: 'j' }), [])
    assert.deepEqual(await ask({ project: 'q' }), [])
    assert.deepEqual(await ask({ to: start }), [])
    assert.deepEqual(await ask({}, { projects: ['q'] }), [])
    // the event that was missed comes after all: nothing was missed
    await record(db, event(30, 'power_off', 'end', { state: 'stopped', launched: 2 }))
    assert.deepEqual(await ask({}), [])
    db.close()
  })

  it('says which actions should have ended', async () => {
    const db = open()
    const usage = usageJournal(db, systemClock)
    await record(db, ...born, event(10, 'delete', 'start', { state: 'active', taskState: 'deleting', launched: 2 }))
    assert.deepEqual(await usage.overdue(start + 15 * minute), [])
    const since = start + 10 * minute + 250
    assert.deepEqual(await usage.overdue(start + 21 * minute), [
      { instance: 'i', project: 'p', action: 'delete', since, due: since + 10 * minute },
    ])
    await record(db, event(11, 'delete', 'end', { state: 'deleted', launched: 2, terminated: 11 }))
    assert.deepEqual(await usage.overdue(start + 21 * minute), [])
    db.close()
  })

  it('keeps a restored instance in the inventory though Nova takes it for ended', async () => {
    const db = open()
    await record(
      db,
      ...born,
      event(10, 'delete', 'end', { state: 'soft-delete', launched: 2, terminated: 10 }),
      event(20, 'restore', 'end', { state: 'active', launched: 2, terminated: 10 }),
    )
    const { rows } = await inventory(db).instances(everything, { limit: 10 })
    assert.deepEqual(
      rows.map(({ id, state, terminatedAt }) => [id, state, terminatedAt]),
      [['i', 'active', null]],
    )
    const period = { from: start, to: start + 60 * minute }
    const [nova] = (await usageJournal(db, systemClock).parity(everything, period)) as unknown as {
      server_usages: { hours: number; state: string; ended_at: string }[]
    }[]
    assert.deepEqual(
      nova?.server_usages.map(({ hours, state, ended_at }) => [Math.round(hours * 60), state, ended_at]),
      [[8, 'terminated', '2026-10-01T12:10:00.000000']],
    )
    const [difference] = await usageJournal(db, systemClock).differences(everything, { ...period, instance: 'i' })
    assert.deepEqual(
      difference?.causes.map(({ kind, hours }) => [kind, Math.round(hours * 60)]),
      [['kept-terminated', 50]],
    )
    db.close()
  })

  it('is folded anew when the rules have changed since', async () => {
    const db = open()
    await record(db, ...born)
    const ledger = () => db.all('SELECT * FROM segment UNION ALL SELECT * FROM segment ORDER BY 2')
    const right = ledger()
    db.run(`UPDATE segment SET state = 'stopped'`)
    eventJournal(db)
    assert.notDeepEqual(ledger(), right, 'the same rules: nothing is done')
    db.run('UPDATE ledger_rules SET version = 1')
    eventJournal(db)
    assert.deepEqual(ledger(), right)
    db.close()
  })
})
