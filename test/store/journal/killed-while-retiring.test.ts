import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { alertJournal } from '../../../store/journal/alerts.ts'
import { type Database, openDatabase } from '../../../store/journal/database.ts'
import { retiredSoFar } from '../../../store/journal/retired.ts'
import { stopProcess } from '../../support/child-process.ts'
import { eventsOf, recordings, serversRead } from '../../support/recordings.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { figures, record, refold, repeated } from '../../support/thinned-recording.ts'
import { check, emptyBatch, news } from '../alert-journal-scene.ts'

const script = join(import.meta.dirname, '..', '..', 'support', 'retiring-child.ts')
const kills = 10

describe('a journal whose owner is killed while it removes what is old', function () {
  this.timeout(180_000)
  const directory = temporaryDirectory()
  let child: ChildProcess | null = null
  after(async () => {
    if (child) await stopProcess(child, 'SIGKILL')
  })

  /** How many steps removed something, and whether it came to its end. Killed in or after the step that follows `killAfter` of them. */
  async function retiring(at: string, end: number, killAfter: number | null): Promise<{ steps: number; done: boolean }> {
    const running = spawn(process.execPath, [script, at, String(end)], { stdio: ['pipe', 'pipe', 'inherit'] })
    running.stdin.on('error', () => undefined) // it is gone
    child = running
    let steps = 0
    for await (const line of createInterface({ input: running.stdout })) {
      const removing = !/ 0$|begun/.test(line)
      if (removing) steps++
      running.stdin.write('.')
      if (killAfter === null || steps < killAfter || (killAfter > 0 && !removing)) continue
      await pause(Math.random() * (killAfter === 0 ? 200 : 6))
      running.kill('SIGKILL')
      break
    }
    await stopProcess(running)
    return { steps, done: running.exitCode === 0 }
  }

  const rows = (db: Database) => ({
    events: db.all<{ id: string }>('SELECT message_id AS id FROM event ORDER BY 1').map(({ id }) => id),
    thinned: db.all('SELECT instance, run, start, stop FROM thinned ORDER BY 1, 2, 3'),
    turns: db.get<{ n: number }>('SELECT count(*) AS n FROM delivery_turn')?.n,
    notifications: db.all<{ id: number }>('SELECT id FROM notification ORDER BY 1').map(({ id }) => id),
    transitions: db.all<{ seq: number }>('SELECT seq FROM transition ORDER BY 1').map(({ seq }) => seq),
  })

  /** What one step writes belongs together. */
  function whole(db: Database, told: { events: number; alerts: number }): void {
    const none = (sql: string, what: string) => assert.deepEqual(db.all(sql), [], what)
    assert.deepEqual(Object.values(db.get('PRAGMA integrity_check') ?? {}), ['ok'])
    none(
      `SELECT batch FROM raw_age WHERE remaining <> (SELECT count(*) FROM event WHERE raw_batch = batch)`,
      'a batch of texts knows how many of them are somebody’s',
    )
    none('SELECT seq FROM event WHERE raw_batch IS NOT NULL AND raw_batch NOT IN (SELECT id FROM raw_batch)', 'a text is gone')
    none('SELECT seq FROM event e WHERE twin IS NOT NULL AND NOT EXISTS (SELECT 1 FROM event t WHERE t.seq = e.twin)', 'twins')
    none('SELECT notification FROM delivery_turn WHERE notification NOT IN (SELECT id FROM notification)', 'a turn of nothing')
    const gone = Object.fromEntries(retiredSoFar(db).map(({ what, count }) => [what, count]))
    const left = db.get<{ n: number }>('SELECT count(*) AS n FROM event')?.n ?? 0
    assert.equal(left + (gone.witnesses ?? 0) + (gone.events ?? 0), told.events, 'what went is counted')
    const alerts = db.get<{ n: number }>(
      'SELECT (SELECT count(*) FROM notification) + (SELECT count(*) FROM delivery_turn) + (SELECT count(*) FROM transition) AS n',
    )
    assert.equal((alerts?.n ?? 0) + (gone.alerts ?? 0), told.alerts)
  }

  it('is whole whenever it is opened, says the same as before, and ends as if nothing had happened', async () => {
    const [recording] = recordings
    assert.ok(recording)
    const events = [...serversRead(recording.inventory).events, ...repeated(eventsOf(recording), 12)]
    const end = Math.max(...events.map(({ event }) => event.time)) + 1
    const [killed, undisturbed] = [join(directory(), 'killed'), join(directory(), 'undisturbed')]
    const db = openDatabase(killed)
    await record(db, events)
    await alertsUntil(db, end)
    const before = await figures(db, recording)
    const count = (sql: string) => db.get<{ n: number }>(sql)?.n ?? 0
    const told = {
      events: count('SELECT count(*) AS n FROM event'),
      alerts: count(
        'SELECT (SELECT count(*) FROM notification) + (SELECT count(*) FROM delivery_turn) + (SELECT count(*) FROM transition) AS n',
      ),
    }
    db.close()
    cpSync(killed, undisturbed, { recursive: true })
    const { steps, done } = await retiring(undisturbed, end, null)
    assert.ok(done && steps > 4 * kills, `${steps} steps`)

    const reached: number[] = []
    for (let kill = 0; kill < kills; kill++) {
      const died = await retiring(killed, end, kill % 5 === 0 ? 0 : 1 + Math.floor(Math.random() * 3))
      assert.equal(died.done, false, 'it was done before it was killed')
      const opened = openDatabase(killed)
      whole(opened, told)
      assert.deepEqual(await figures(opened, recording), before)
      reached.push(rowsLeft(opened))
      opened.close()
    }
    assert.ok((reached.at(-1) ?? 0) < (reached[0] ?? 0), 'each goes on where the last one was')
    assert.equal((await retiring(killed, end, null)).done, true)
    const [one, other] = [openDatabase(killed), openDatabase(undisturbed)]
    whole(one, told)
    assert.deepEqual(rows(one), rows(other))
    refold(one)
    assert.deepEqual(await figures(one, recording), before)
    one.close()
    other.close()
  })
})

const rowsLeft = (db: Database) =>
  db.get<{ n: number }>('SELECT (SELECT count(*) FROM event) + (SELECT count(*) FROM notification) AS n')?.n ?? 0

/** A history of 3,000 notifications with their ways, and as many changes, all of before `end`. */
async function alertsUntil(db: Database, end: number): Promise<void> {
  const journal = alertJournal(db)
  const ids = Array.from({ length: 50 }, (_, n) => `c${n}`)
  const began = end - 10_000
  for (let turn = 0; turn < 60; turn++) {
    const [from, to] = turn % 2 === 0 ? (['ok', 'critical'] as const) : (['critical', 'ok'] as const)
    const time = began + turn
    await journal.commit({
      ...emptyBatch,
      checks: ids.map((id) => check(id, { state: { state: to, hard: true } })),
      transitions: ids.map((id) => ({
        ...{
          check: id,
          rule: 'r',
          target: { kind: 'instance', id },
          targetName: null,
          project: null,
          time,
          from,
          to,
          hard: true,
        },
        ...{ attempt: 1, output: '' },
      })),
      notifications: ids.map((id) => news(id, to === 'ok' ? 'recovery' : 'problem', time)),
    })
    const due = await journal.waitingFor({ notifier: 'email', to: 'anna@b.c' }, end, 1000)
    await journal.settle(
      due.map(({ id }) => ({ id, time, outcome: 'sent' as const, deliveryId: null, bundle: null })),
      [],
    )
  }
}
