import assert from 'node:assert/strict'
import { readRecorded } from '../../../collector/amqp/read.ts'
import { demoPast, demoSpanMs } from '../../../collector/demo/bus.ts'
import { jobMessages } from '../../../collector/demo/job.ts'
import { moveTimes, stretched } from '../../../collector/demo/time-map.ts'
import { everything } from '../../../model/access.ts'
import { openDatabase } from '../../../store/journal/database.ts'
import { eventJournal } from '../../../store/journal/events.ts'
import { mainRun, messagesOf } from '../../support/recordings.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

describe("the demo's time", () => {
  it('keeps bursts as they were and stretches the quiet between them', () => {
    const map = stretched([0, 100, 300, 10_000, 10_050], 1_000_000, 500_000)
    assert.deepEqual([0, 100, 300, 10_000, 10_050].map(map), [500_000, 500_100, 500_300, 999_000, 999_050])
    assert.ok(map(-1000) < 500_000 && map(5000) > map(300) && map(5000) < map(10_000))
  })

  it('leaves a time told with and without its fraction in the same second', () => {
    const map = stretched([1250, 1900, 9700, 9900], 1_000_400, 500_000)
    for (const time of [1250, 1900, 9700, 9900]) assert.equal(Math.floor(map(time) / 1000), map(time - (time % 1000)) / 1000)
  })

  const moves = (text: string, want: string) =>
    it(`writes ${text} as ${want}`, () =>
      assert.equal(
        moveTimes(text, (time) => time + 3_600_000),
        want,
      ))
  moves('"2012-05-08 20:23:48.028195"', '"2012-05-08 21:23:48.028195"')
  moves('2012-05-08T20:23:47.985999', '2012-05-08T21:23:47.985999')
  moves('2026-11-22 15:58:48+00:00', '2026-11-22 16:58:48+00:00')
  moves('2012-10-29T23:42:11Z', '2012-10-30T00:42:11Z')
  moves('2014-08-04T05:38:59.978898+0000', '2014-08-04T06:38:59.978898+0000')
  moves('no time: 2014-08-04, 05:38', 'no time: 2014-08-04, 05:38')
})

describe("the demo's bus", () => {
  const directory = temporaryDirectory()
  const now = Date.UTC(2027, 2, 1, 12)

  it('tells the recorded cloud as the days before now, each fact once', async () => {
    const past = demoPast(messagesOf(mainRun), now)
    const times = past.events.map(({ event }) => event.time)
    assert.ok(Math.max(...times) <= now && Math.min(...times) >= now - demoSpanMs - 90_000)
    const db = openDatabase(directory())
    await eventJournal(db).record(past.events)
    const unpaired = db.get<{ n: number }>(`SELECT count(*) AS n FROM event WHERE type = 'instance.update' AND twin IS NULL`)
    assert.equal(unpaired?.n, 0)
    assert.ok((await eventJournal(db).events(everything, { limit: 5 })).length === 5)
    db.close()
  })

  it('tells a job of an instance that never was, whole and in order', () => {
    const { jobs } = demoPast(messagesOf(mainRun), now)
    assert.ok(jobs.length > 50)
    const [template] = jobs as [(typeof jobs)[0]]
    const due = jobMessages(template, 'run 1', now, now + 60_000)
    const events = due.map(({ message }) => {
      const read = readRecorded(message)
      assert.ok(read.ok)
      return read.recorded.event
    })
    const ids = new Set(events.map((event) => event.resource?.id))
    assert.equal(ids.size, 1)
    assert.ok(!ids.has(template.instance))
    assert.equal(new Set(events.map((event) => event.id)).size, events.length)
    assert.ok(due.every(({ at }, i) => i === 0 || at >= (due[i - 1]?.at as number)))
    assert.ok(events.every((event, i) => Math.abs(event.time - (due[i]?.at as number)) <= 1))
    const end = events.find((event) => event.type === 'instance.delete' && event.phase === 'end')
    assert.ok((end?.instance?.terminatedAt ?? 0) >= now + 59_000)
  })
})
