import assert from 'node:assert/strict'
import { everything } from '../../../model/access.ts'
import { systemClock } from '../../../model/clock.ts'
import type { RecordedEvent } from '../../../model/event.ts'

import { type Database, openDatabase } from '../../../store/journal/database.ts'
import { eventJournal } from '../../../store/journal/events.ts'
import { usageJournal } from '../../../store/journal/usage.ts'
import { assertSameUsage } from '../../support/compare-usage.ts'
import { random } from '../../support/random.ts'
import { eventsOf, novaUsage, type Recording, recordings, serversRead, type TenantUsage } from '../../support/recordings.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const inventoryOf = (recording: Recording): RecordedEvent[] => serversRead(recording.inventory).events

async function recordAll(db: Database, batches: readonly (readonly RecordedEvent[])[]) {
  const journal = eventJournal(db)
  const sum = { events: 0, duplicates: 0, ignored: 0 }
  for (const batch of batches) {
    const counts = await journal.record(batch)
    sum.events += counts.events
    sum.duplicates += counts.duplicates
    sum.ignored += counts.ignored
  }
  return { journal, sum }
}

const inBatches = <T>(list: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size))

/** The same for a message and its twin in the other format. */
const factOf = ({ event }: RecordedEvent) => `${event.resource?.id} ${event.type} ${event.phase} ${event.request}`

/** Segments without the accidents of storage, for comparing two runs. */
const ledgerOf = (db: Database) =>
  db.all('SELECT instance, start, stop, state, flavor, host, project, user, provenance FROM segment ORDER BY 1, 2')

for (const recording of recordings) {
  describe(`usage of the recorded run ${recording.name}`, function () {
    this.timeout(60_000)
    const directory = temporaryDirectory()
    let number = 0
    const open = () => openDatabase(`${directory()}/${number++}`)
    const events = eventsOf(recording)
    const inventory = inventoryOf(recording)
    const nova = novaUsage(recording)
    const parityOf = async (db: Database) =>
      (await usageJournal(db, systemClock).parity(everything, { from: nova.from, to: nova.to })) as unknown as TenantUsage[]
    let inOrder: unknown[]

    it("equals Nova's own answer for every project and instance", async () => {
      const db = open()
      const { journal, sum } = await recordAll(db, [inventory, ...inBatches(events, 500)])
      assertSameUsage(await parityOf(db), nova.usages)
      assert.deepEqual(sum, { events: recording.messages + inventory.length, duplicates: 0, ignored: 0 })
      assert.equal(await journal.count(), recording.messages)
      inOrder = ledgerOf(db)
      db.close()
    })

    it('is the same when everything comes twice', async () => {
      const db = open()
      const { sum } = await recordAll(db, [inventory, ...inBatches(events, 700), inventory, ...inBatches(events, 300)])
      assert.equal(sum.duplicates, recording.messages + inventory.length)
      assert.deepEqual(ledgerOf(db), inOrder)
      db.close()
    })

    for (const seed of [1, 2, 3]) {
      it(`is the same in random order (seed ${seed})`, async () => {
        const db = open()
        const next = random(seed)
        const shuffled = [...inventory, ...events].map((event) => [next(), event] as const).sort(([a], [b]) => a - b)
        await recordAll(
          db,
          inBatches(
            shuffled.map(([, event]) => event),
            211,
          ),
        )
        assertSameUsage(await parityOf(db), nova.usages)
        assert.deepEqual(ledgerOf(db), inOrder)
        db.close()
      })
    }

    it('is the same with only one of the two formats', async () => {
      for (const format of ['legacy', 'versioned']) {
        const db = open()
        await recordAll(db, [
          inventory,
          ...inBatches(
            events.filter(({ event }) => event.service !== 'nova' || event.format === format),
            500,
          ),
        ])
        assertSameUsage(await parityOf(db), nova.usages)
        db.close()
      }
    })

    it('shows a fact that was told in both formats once', async () => {
      const db = open()
      const { journal } = await recordAll(db, inBatches(events, 500))
      const legacyOnly = await recordAll(
        open(),
        inBatches(
          events.filter(({ event }) => event.format === 'legacy'),
          500,
        ),
      )
      const shown = await journal.histogram(everything, { types: ['instance.'], from: 0, to: 4e12, step: 4e12 })
      const legacy = await legacyOnly.journal.histogram(everything, { types: ['instance.'], from: 0, to: 4e12, step: 4e12 })
      // versioned messages tell a few facts that legacy ones do not: lock, unlock, interfaces, volume_*.start
      const onlyVersioned = /instance\.(lock|unlock|interface_attach|interface_detach)$/
      const extra = events.filter(
        ({ event }) =>
          event.format === 'versioned' &&
          (onlyVersioned.test(event.type) || (/instance\.volume_(at|de)tach$/.test(event.type) && event.phase === 'start')),
      ).length
      assert.equal(shown[0]?.[1], (legacy[0]?.[1] ?? 0) + extra)
      db.close()
    })

    it('tiles the life of every instance: segments neither overlap nor leave gaps', () => {
      const rows = inOrder as { instance: string; start: number; stop: number | null }[]
      for (let i = 1; i < rows.length; i++) {
        const [before, after] = [rows[i - 1] as (typeof rows)[0], rows[i] as (typeof rows)[0]]
        if (before.instance === after.instance) assert.equal(before.stop, after.start, `${after.instance}`)
        assert.ok(after.stop === null || after.stop > after.start)
      }
    })

    it('sums to the same whatever it is grouped by', async () => {
      const db = open()
      await recordAll(db, [inventory, ...inBatches(events, 500)])
      const usage = usageJournal(db, systemClock)
      const totals: { hours: number; vcpuHours: number; memoryGibHours: number }[] = []
      for (const by of ['project', 'user', 'instance', 'flavor', 'host'] as const) {
        const total = { hours: 0, vcpuHours: 0, memoryGibHours: 0 }
        for (const row of await usage.usage(everything, { view: 'ledger', by, from: nova.from, to: nova.to })) {
          total.hours += row.hours
          total.vcpuHours += row.vcpuHours
          total.memoryGibHours += row.memoryGibHours
        }
        totals.push(total)
      }
      const [first] = totals as [(typeof totals)[0]]
      for (const total of totals)
        for (const unit of ['hours', 'vcpuHours', 'memoryGibHours'] as const)
          assert.ok(Math.abs(total[unit] - first[unit]) < 1e-9)
      const novas = nova.usages.reduce((sum, project) => sum + project.total_hours, 0)
      assert.ok(first.hours > novas, 'Nova forgets hours; the ledger does not')
      db.close()
    })

    it('is the same when every instance lost one end, once it is read from the API again', async () => {
      const db = open()
      const next = random(11)
      const ends = Map.groupBy(
        events.filter(({ event }) => event.phase === 'end' && event.instance),
        ({ event }) => event.resource?.id,
      )
      const lost = new Set([...ends.values()].map((its) => factOf(its[Math.floor(next() * its.length)] as RecordedEvent)))
      const heard = events.filter((one) => !lost.has(factOf(one)))
      assert.ok(heard.length < events.length - 100)
      const { journal } = await recordAll(db, [inventory, ...inBatches(heard, 500)])
      const [listed, deleted] = [serversRead(recording.serversAfter.listed), serversRead(recording.serversAfter.deleted)]
      await journal.record([...listed.events, ...deleted.events])
      if (listed.listing) await journal.listed(listed.listing)
      assertSameUsage(await parityOf(db), nova.usages)
      db.close()
    })

    it('explains all that Nova counts otherwise', async () => {
      const db = open()
      await recordAll(db, [inventory, ...inBatches(events, 500)])
      const usage = usageJournal(db, systemClock)
      const period = { from: nova.from, to: nova.to }
      const differences = await usage.differences(everything, period)
      assert.deepEqual([...new Set(differences.flatMap(({ causes }) => causes.map(({ kind }) => kind)))], ['relaunched'])
      const total = async (view: 'ledger' | 'parity', unit: 'hours' | 'vcpuHours') =>
        (await usage.usage(everything, { view, by: 'project', ...period })).reduce((sum, row) => sum + row[unit], 0)
      for (const unit of ['hours', 'vcpuHours'] as const) {
        const explained = differences.flatMap(({ causes }) => causes).reduce((sum, cause) => sum + cause[unit], 0)
        assert.ok(Math.abs(explained - ((await total('ledger', unit)) - (await total('parity', unit)))) < 1e-9)
      }
      const own = { projects: [nova.usages[0]?.tenant_id as string] }
      assert.ok((await usage.differences(own, period)).every(({ project }) => project === own.projects[0]))
      assert.deepEqual(await usage.discrepancies(everything, { limit: 10 }), [])
      assert.deepEqual(await usage.overdue(nova.to + 86_400_000), [])
      db.close()
    })

    it('shows a project only its own', async () => {
      const db = open()
      const { journal } = await recordAll(db, [inventory, ...inBatches(events, 500)])
      const own = nova.usages[0]?.tenant_id as string
      const other = nova.usages[1]?.tenant_id as string
      const usage = usageJournal(db, systemClock)
      const scope = { projects: [own] }
      const parity = (await usage.parity(scope, { from: nova.from, to: nova.to })) as unknown as TenantUsage[]
      assert.deepEqual(
        parity.map((project) => project.tenant_id),
        [own],
      )
      assert.deepEqual(await usage.parity(scope, { from: nova.from, to: nova.to, project: other }), [])
      assert.deepEqual(
        await usage.usage(scope, { view: 'ledger', by: 'instance', from: nova.from, to: nova.to, project: other }),
        [],
      )
      const foreign = nova.usages[1]?.server_usages[0]?.instance_id as string
      assert.deepEqual(await usage.segments(scope, foreign), [])
      assert.deepEqual(await journal.events(scope, { resource: { kind: 'instance', id: foreign }, limit: 10 }), [])
      assert.ok((await journal.events(scope, { limit: 1000 })).every((event) => event.project === own))
      db.close()
    })
  })
}

describe('both recorded runs in one journal, with what happened between them lost', function () {
  this.timeout(60_000)
  const directory = temporaryDirectory()
  const [main, early] = recordings as unknown as [Recording, Recording]
  const listing = () => {
    const read = serversRead(main.inventory).listing
    assert.ok(read)
    return read
  }

  for (const [title, seed] of [
    ['with the list first', 0],
    ['with the list last', 1],
    ['with the list in the middle of a random order', 5],
  ] as const) {
    it(`closes what the API's complete list does not have any more, ${title}`, async () => {
      const db = openDatabase(`${directory()}/${seed}`)
      const journal = eventJournal(db)
      const next = random(seed)
      const events = [...inventoryOf(main), ...eventsOf(early), ...eventsOf(main)]
      const shuffled =
        seed < 2
          ? events
          : events
              .map((event) => [next(), event] as const)
              .sort(([a], [b]) => a - b)
              .map(([, event]) => event)
      const batches = inBatches(shuffled, 500)
      const at = [0, batches.length, Math.floor(batches.length / 2)][Math.min(seed, 2)] as number
      for (const [i, batch] of batches.entries()) {
        if (i === at) await journal.listed(listing())
        await journal.record(batch)
      }
      if (at === batches.length) await journal.listed(listing())
      const nova = novaUsage(main)
      const parity = await usageJournal(db, systemClock).parity(everything, { from: nova.from, to: nova.to })
      assertSameUsage(parity as unknown as TenantUsage[], nova.usages)
      const inferred = db.all<{ id: string }>(`SELECT id FROM instance WHERE json_extract(fold, '$.inferredEnd') = 1 ORDER BY id`)
      assert.equal(inferred.length, 2)
      const open = db.get<{ n: number }>(
        'SELECT count(*) AS n FROM segment WHERE stop IS NULL AND instance IN (SELECT value FROM json_each(?))',
        JSON.stringify(inferred.map(({ id }) => id)),
      )
      assert.equal(open?.n, 0)
      db.close()
    })
  }
})
