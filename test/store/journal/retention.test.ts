import assert from 'node:assert/strict'
import { type Database, openDatabase } from '../../../store/journal/database.ts'
import { retire } from '../../../store/journal/retention.ts'
import { retiredSoFar } from '../../../store/journal/retired.ts'
import { random } from '../../support/random.ts'
import { eventsOf, novaUsage, recordings, serversRead } from '../../support/recordings.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { figures, record, refold, repeated } from '../../support/thinned-recording.ts'

function shuffled<T>(list: readonly T[], seed: number): T[] {
  const next = random(seed)
  return list
    .map((one) => [next(), one] as const)
    .sort(([a], [b]) => a - b)
    .map(([, one]) => one)
}

async function thin(db: Database, witnesses: number, steps = Number.POSITIVE_INFINITY): Promise<number> {
  let removed = 0
  for await (const [what, count] of retire(db, { texts: null, witnesses, events: null }, () => 1)) {
    if (what === 'witnesses') removed += count
    if (--steps <= 0) break
  }
  return removed
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
