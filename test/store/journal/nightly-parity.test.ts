import assert from 'node:assert/strict'
import { everything } from '../../../model/access.ts'
import type { CloudEvent } from '../../../model/event.ts'
import { nightsToTake } from '../../../model/parity-history.ts'
import { type Database, openDatabase } from '../../../store/journal/database.ts'
import { eventJournal } from '../../../store/journal/events.ts'
import { takeNightly } from '../../../store/journal/nightly-parity.ts'
import { paritySnapshots } from '../../../store/journal/parity-snapshots.ts'
import { usageJournal } from '../../../store/journal/usage.ts'
import { born, event, large, start } from '../../support/instance-events.ts'
import { silentLogger } from '../../support/silent-logger.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const zone = 'Europe/Rome'
const hour = 3_600_000
const record = (db: Database, events: readonly CloudEvent[]) =>
  eventJournal(db).record(events.map((one) => ({ event: one, ignored: false, raw: null })))

interface Kept {
  tenant_id: string
  total_hours: number
  server_usages: { flavor: string; hours: number; started_at: string; ended_at: string | null; state: string }[]
}

describe("Nova's figures of each night", () => {
  const directory = temporaryDirectory()
  let number = 0

  /** A journal and its nightly loop on a clock that stands at noon of 1 October, UTC. */
  async function night(run: (db: Database, clock: VirtualClock, read: (day: string) => Promise<Kept | null>) => Promise<void>) {
    const db = openDatabase(`${directory()}/${number++}`)
    const clock = new VirtualClock(start)
    const snapshots = paritySnapshots(db, clock)
    await run(db, clock, async (day) => {
      const kept = await snapshots.read(everything, { day })
      return kept?.night.day === day ? ((kept.usages[0] as unknown as Kept | undefined) ?? null) : null
    })
    db.close()
  }

  /** The loop as serve runs it, while the clock goes on by `ms`. */
  async function serve(db: Database, clock: VirtualClock, ms: number) {
    const stop = new AbortController()
    const running = takeNightly(paritySnapshots(db, clock), { zone, clock, logger: silentLogger(), signal: stop.signal })
    await clock.advance(ms)
    stop.abort()
    await running
  }

  it('are kept when a day of the zone ends, and agree with what Nova would have said then', () =>
    night(async (db, clock, read) => {
      await record(db, born)
      await serve(db, clock, 12 * hour)
      // midnight in Rome is 22:00 UTC: ten hours after the start
      const kept = await read('2026-10-01')
      assert.equal(kept?.total_hours, 10 - 2 / 60)
      const [now] = (await usageJournal(db, clock).parity(everything, {
        from: Date.UTC(2026, 8, 30, 22),
        to: Date.UTC(2026, 9, 1, 22),
      })) as unknown as Kept[]
      assert.deepEqual(
        kept?.server_usages,
        now?.server_usages.map((row) => ({ ...row, uptime: row.hours * 3600 })),
      )
    }))

  it('stay as they were when Nova forgets them', () =>
    night(async (db, clock, read) => {
      await record(db, born)
      await serve(db, clock, 12 * hour)
      const before = await read('2026-10-01')
      await record(db, [event(60 * 20, 'resize_finish', 'end', { state: 'resized', flavor: large, launched: 60 * 20 })])
      await serve(db, clock, 24 * hour)
      assert.deepEqual(await read('2026-10-01'), before)
      const next = await read('2026-10-02')
      assert.deepEqual([next?.server_usages[0]?.flavor, next?.total_hours], ['m1.large', 14])
    }))

  it('are made up for after a stop, as they were at each midnight and not as they are now', () =>
    night(async (db, clock, read) => {
      await record(db, born)
      await serve(db, clock, 12 * hour)
      await clock.advance(72 * hour)
      await record(db, [
        event(60 * 40, 'resize_finish', 'end', { state: 'resized', flavor: large, launched: 60 * 40 }),
        event(60 * 70, 'delete', 'end', { state: 'deleted', flavor: large, launched: 60 * 40, terminated: 60 * 70 }),
      ])
      await serve(db, clock, hour)
      const told = async (day: string) => {
        const row = (await read(day))?.server_usages[0]
        return row && [row.flavor, row.hours, row.ended_at, row.state]
      }
      assert.deepEqual(await told('2026-10-02'), ['m1.small', 34 - 2 / 60, null, 'active'])
      assert.deepEqual(await told('2026-10-03'), ['m1.large', 18, null, 'active'])
      assert.deepEqual(await told('2026-10-04'), ['m1.large', 30, '2026-10-04T10:00:00.000000', 'terminated'])
      assert.equal(await told('2026-10-05'), undefined)
    }))

  it('of the last night of a month are the whole month', () =>
    night(async (db, clock, read) => {
      await record(db, born)
      await serve(db, clock, 31 * 24 * hour)
      // October has 745 hours in Rome; the first fourteen passed before it was there
      assert.equal((await read('2026-10-31'))?.total_hours, 745 - 14 - 2 / 60)
    }))

  it('are not made up for a time of which nothing was heard', () =>
    night(async (db, clock) => {
      await serve(db, clock, 12 * hour)
      assert.equal(await paritySnapshots(db, clock).last(), null)
    }))

  it('show a project only its own', () =>
    night(async (db, clock) => {
      await record(db, born)
      await serve(db, clock, 12 * hour)
      const read = (project: string) => paritySnapshots(db, clock).read({ projects: [project] }, { day: '2026-10-01' })
      assert.equal((await read('p'))?.usages.length, 1)
      assert.equal((await read('q'))?.usages.length, 0)
    }))

  it('are due in the zone, also on days of 23 and 25 hours', () => {
    const due = (last: string | null, now: string) => nightsToTake(last, Date.parse(now), zone)
    assert.deepEqual(
      due('2026-10-23', '2026-10-25T23:10:00Z').map(({ day, from, to }) => [day, (to - from) / hour]),
      [
        ['2026-10-24', 24 * 24],
        ['2026-10-25', 25 * 24 + 1],
      ],
    )
    assert.deepEqual(
      due('2027-03-27', '2027-03-28T22:10:00Z').map(({ day, from, to }) => [day, (to - from) / hour]),
      [['2027-03-28', 28 * 24 - 1]],
    )
    assert.deepEqual(due('2026-10-25', '2026-10-25T23:10:00Z'), [])
    assert.equal(due('2025-01-01', '2026-10-25T23:10:00Z').length, 62)
  })
})
