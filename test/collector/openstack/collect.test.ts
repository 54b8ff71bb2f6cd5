import assert from 'node:assert/strict'
import { healthBoard } from '../../../collector/health.ts'
import { openstackCollectors } from '../../../collector/openstack/collect.ts'
import { Secret } from '../../../config/fields.ts'
import { systemClock } from '../../../model/clock.ts'
import { capacityJournal } from '../../../store/journal/capacity.ts'
import { type Database, openDatabase } from '../../../store/journal/database.ts'
import { eventJournal } from '../../../store/journal/events.ts'
import { readingJournal } from '../../../store/journal/readings.ts'
import { usageJournal } from '../../../store/journal/usage.ts'
import { eventually } from '../../support/child-process.ts'
import { type RecordedCloud, recordedCloud } from '../../support/cloud/recorded-cloud.ts'
import { type LogLine, silentLogger } from '../../support/silent-logger.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

describe('the collector of the APIs', () => {
  const directory = temporaryDirectory()
  let server: RecordedCloud
  let db: Database
  let stop: AbortController
  let running: Promise<void>

  beforeEach(async () => {
    server = await recordedCloud()
    stop = new AbortController()
  })
  afterEach(async () => {
    stop.abort(new Error('enough'))
    await running
    db.close()
    await server.close()
  })

  it('shows what is wrong, waits longer each time, and goes on when it is over', async () => {
    db = openDatabase(directory())
    const waits: number[] = []
    let wake: () => void = () => undefined
    const clock = {
      ...systemClock,
      sleep: (ms: number, signal?: AbortSignal) =>
        new Promise<void>((resolve, reject) => {
          if (ms < 1000)
            resolve() // between two calls: the gate's
          else {
            waits.push(ms)
            wake = resolve
          }
          signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
        }),
    }
    const health = healthBoard(clock)
    const lines: LogLine[] = []
    const events = eventJournal(db)
    const access = {
      ...{ authUrl: server.url, region: null, interface: 'public' as const, ca: null, verify: true, endpoints: {} },
      credentials: { method: 'application_credential' as const, id: 'a1', secret: new Secret('hush') },
    }
    server.refuseSignIn(401, 'no')
    const [collector] = openstackCollectors(
      [{ name: 'one', access, interval: 60_000, fullList: { every: 86_400_000, hour: 3 }, rate: 1000 }],
      {
        ...{ intake: { events: events.record }, journal: readingJournal(db), listed: events.listed, clock, health },
        logger: silentLogger(lines),
        capacity: capacityJournal(db),
        overdue: usageJournal(db, systemClock).overdue,
      },
    )
    running = collector?.run(stop.signal) ?? Promise.reject(new Error('none'))
    const board = () => health.all().find(({ component }) => component === 'openstack one')
    for (const wait of [5000, 10_000, 20_000]) {
      await eventually('a try that failed', () => waits.at(-1) === wait)
      assert.equal(board()?.state, 'down')
      assert.match(board()?.detail ?? '', /application credential a1 is refused \(401\).*trying again in \d+ s/)
      if (wait === 20_000) server.acceptSignIn()
      wake()
    }
    await eventually('a round', () => board()?.state === 'ok')
    await eventually('the usual pause', () => waits.at(-1) === 60_000)
    assert.match(board()?.detail ?? '', /readings, \d+ of them news/)
    assert.deepEqual([board()?.numbers.rounds, board()?.numbers.failures], [1, 3])
    // one word at the beginning of an outage, one at its end
    const said = lines.filter(({ level }) => level !== 'debug').map(({ message }) => message)
    assert.equal(said.length, 2)
    assert.match(said[1] ?? '', /answers again after/)
    assert.doesNotMatch(JSON.stringify(lines) + board()?.detail, /hush|gAAAA/)
  })
})
