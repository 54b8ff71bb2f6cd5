import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { alertJournal } from '../../store/journal/alerts.ts'
import { type Database, openDatabase, openDatabaseReadOnly } from '../../store/journal/database.ts'
import { eventually, stopProcess } from './child-process.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** Deliveries that may be under way when a process is killed: what was sent and not noted is sent again. */
const atOnce = 4

/** The alerter is killed again and again while 500 checks change; what people are told stays right. */
export function killedWhileChecking(kills: number): void {
  describe(`an alerter that is killed ${kills} times while 500 checks change`, () => {
    const directory = temporaryDirectory()
    let child: ChildProcess | null = null
    const start = (...args: string[]) => {
      child = spawn(process.execPath, [join(import.meta.dirname, 'alerter-process.ts'), directory(), ...args], {
        stdio: 'inherit',
      })
      return child
    }
    after(async () => {
      if (child) await stopProcess(child, 'SIGKILL')
    })
    const read = <T>(work: (db: Database) => T): T => {
      const db = openDatabase(directory())
      try {
        return work(db)
      } finally {
        db.close()
      }
    }

    it('loses no notification, doubles none but those under way at a kill, and keeps acknowledgements and downtimes', async function () {
      this.timeout(180_000 + kills * 10_000)
      openDatabase(directory()).close()
      start()
      await eventually('checks with a past', () => alive(child) && fewestSeen(directory()) > 3, 60_000)
      await stopProcess(child as unknown as ChildProcess)
      const marked = read((db) => db.get<{ id: string }>('SELECT id FROM check_state ORDER BY id')?.id ?? '')
      await mark(directory(), marked)
      const before = read((db) => db.get<{ n: number }>('SELECT coalesce(max(id), 0) AS n FROM notification')?.n ?? 0)
      for (let kill = 0; kill < kills; kill++) {
        const changed = changes(directory())
        const victim = start()
        await eventually('changes', () => alive(victim) && changes(directory()) > changed + 100, 60_000)
        await pause(Math.random() * 2000)
        await stopProcess(victim, 'SIGKILL')
      }
      const last = start('calm')
      await eventually('quiet', () => quiet(directory()), 60_000)
      await stopProcess(last)

      read((db) => {
        const one = (sql: string) => db.get<{ n: number }>(sql)?.n ?? -1
        const told = one(`SELECT count(*) AS n FROM notification WHERE outcome = 'sent'`)
        assert.equal(one(`SELECT count(*) AS n FROM notification WHERE outcome NOT IN ('sent', 'suppressed')`), 0)
        // Every problem that became hard, and that nothing held, was told; and every recovery of one that had been told.
        const problems = one(
          `SELECT count(*) AS n FROM transition WHERE hard = 1 AND to_state <> 'ok' AND check_id <> '${marked}'`,
        )
        assert.equal(
          one(`SELECT count(*) AS n FROM notification WHERE kind = 'problem' AND outcome = 'sent' AND check_id <> '${marked}'`),
          problems,
        )
        assert.equal(
          one(`SELECT count(*) AS n FROM notification WHERE kind = 'recovery' AND outcome = 'sent' AND check_id <> '${marked}'`),
          problems,
        )
        assert.ok(problems > 200, `${problems} problems`)
        const lines = readFileSync(join(directory(), 'sent.log'), 'utf8').trim().split('\n')
        const distinct = new Set(lines)
        assert.equal(distinct.size, told)
        assert.ok(lines.length - distinct.size <= atOnce * kills, `${lines.length - distinct.size} sent twice`)
        assert.equal(one(`SELECT count(*) AS n FROM downtime WHERE active = 1 AND ended_at IS NULL`), 1)
        // What was decided before the downtime, and waited for its sending, still goes out: ids tell, times are those of the sending.
        assert.equal(
          one(
            `SELECT count(*) AS n FROM notification WHERE outcome = 'sent' AND check_id = '${marked}' AND kind = 'problem' AND id > ${before}`,
          ),
          0,
        )
        assert.equal(one(`SELECT count(*) AS n FROM comment`), 1)
      })
      assert.ok(fewestSeen(directory()) > 3, 'what flapping is counted from was lost')
    })
  })
}

/** A downtime and a comment, as the engine would have written them. */
async function mark(directory: string, check: string): Promise<void> {
  const db = openDatabase(directory)
  const at = db.get<{ t: number }>('SELECT max(last_check) AS t FROM check_state')?.t ?? 0
  await alertJournal(db).commit({
    ...{ checks: [], removed: [], transitions: [], notifications: [], held: [] },
    downtimes: [
      {
        ...{ id: 'd1', subject: `check:${check}`, fixed: true, start: at, end: at + 3_600_000, durationMs: 0, triggeredBy: null },
        ...{ author: 'bob', comment: 'kernel', active: true, since: null, endedAt: null, outcome: null },
      },
    ],
    comments: [{ check, time: at, author: 'bob', text: 'kernel' }],
  })
  db.close()
}

function alive(child: ChildProcess | null): true {
  assert.equal(child?.exitCode, null, 'the alerter ended by itself')
  return true
}

/** Changes of state so far. */
const changes = (directory: string) => number(directory, 'SELECT count(*) AS n FROM transition')

/** How often the check that was seen least was seen; 0 before there is any. */
const fewestSeen = (directory: string) =>
  number(directory, `SELECT coalesce(min(json_array_length(flapping, '$.recent')), 0) AS n FROM check_state`)

/** All checks are ok, and nothing waits. */
const quiet = (directory: string) =>
  number(
    directory,
    `SELECT (SELECT count(*) FROM notification WHERE outcome = 'waiting')
          + (SELECT count(*) FROM check_state WHERE state <> 'ok') AS n`,
  ) === 0

function number(directory: string, sql: string): number {
  const db = openDatabaseReadOnly(directory)
  try {
    return db.get<{ n: number }>(sql)?.n ?? -1
  } finally {
    db.close()
  }
}
