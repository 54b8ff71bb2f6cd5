import assert from 'node:assert/strict'
import { everything } from '../../../model/access.ts'
import type { Machine } from '../../../model/resource.ts'
import { type Database, openDatabase } from '../../../store/journal/database.ts'
import { machineJournal } from '../../../store/journal/machines.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

describe('the journal of machines', () => {
  const directory = temporaryDirectory()
  let db: Database
  before(() => {
    db = openDatabase(directory())
  })
  after(() => db.close())

  const now = Date.UTC(2026, 10, 24)
  const machine = (name: string, more: Partial<Machine> = {}): Machine => ({
    ...{
      cluster: 'c',
      name,
      address: null,
      hypervisor: null,
      instance: null,
      project: null,
      metrics: {},
      facts: {},
      seenAt: now,
    },
    ...more,
  })
  const names = async (...asked: Parameters<ReturnType<typeof machineJournal>['machines']>) =>
    (await machineJournal(db).machines(...asked)).map(({ name }) => name)

  it('keeps the newest of each, and tells each project only of its own', async () => {
    const journal = machineJournal(db)
    await journal.seen([machine('hv', { hypervisor: 'hv-01' }), machine('web', { instance: 'i1', project: 'p1' }), machine('x')])
    await journal.seen([machine('web', { instance: 'i2', project: 'p2', facts: { os_name: '<b>' } })])
    assert.deepEqual(await names(everything, {}), ['hv', 'web', 'x'])
    assert.deepEqual(await names(everything, { hypervisor: 'hv-01' }), ['hv'])
    assert.deepEqual(await names({ projects: ['p1'] }, {}), [])
    assert.deepEqual(await names({ projects: ['p2'] }, {}), ['web'])
    assert.deepEqual(await names({ projects: ['p2'] }, { hypervisor: 'hv-01' }), [])
    assert.deepEqual((await journal.machines(everything, { instance: 'i2' }))[0]?.facts, { os_name: '<b>' })
  })

  it('forgets what nobody told of for a month', async () => {
    await machineJournal(db).seen([machine('new', { seenAt: now + 31 * 86_400_000 })])
    assert.deepEqual(await names(everything, {}), ['new'])
  })
})
