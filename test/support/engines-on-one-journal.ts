import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { systemClock as clock } from '../../model/clock.ts'
import { connect, type Postgres } from '../../store/postgres/connect.ts'
import { eventually, stopProcess } from './child-process.ts'
import { needs } from './needs.ts'
import { type PostgresServer, postgresProgram, startPostgres } from './postgres.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** Deliveries that may be under way when a process is killed or stopped: what was sent and not noted is sent again. */
const atOnce = 4
const leaseMs = 4000
const slots = 64

/** What happens to the engines, in turn. */
export type Mishap = 'kill' | 'stop' | 'database'

/** Two engines on one PostgreSQL while checks change; each mishap hits one of them, or the database. */
export function enginesOnOneJournal(mishaps: readonly Mishap[], many: number): void {
  describe(`two engines on one PostgreSQL, and ${mishaps.join(', ')} while ${many} checks change`, function () {
    this.timeout(30_000 + mishaps.length * 30_000)
    needs(postgresProgram, 'postgresql')
    const root = temporaryDirectory()
    let server: PostgresServer
    const engines = new Map<string, ChildProcess>()
    const logs = () => join(root(), 'logs')
    const start = (name: string, ...mode: string[]) => {
      const place = [String(server.port), 'alerts', String(leaseMs), String(many)]
      const args = [join(import.meta.dirname, 'cluster-engine.ts'), logs(), name, ...place, ...mode]
      engines.set(name, spawn(process.execPath, args, { stdio: 'inherit' }))
    }
    const engine = (name: string) => engines.get(name) as ChildProcess
    let watch: Postgres
    const number = async (sql: string) => Number(Object.values((await watch.query(sql))[0] ?? {})[0])
    /** -1 while the database cannot say. */
    const soon = (sql: string) => number(sql).catch(() => -1)
    const owned = (name: string) =>
      soon(`SELECT count(*) FROM lease WHERE owner = (SELECT id FROM engine WHERE name = '${name}' ORDER BY seen DESC LIMIT 1)`)
    const changes = () => soon('SELECT count(*) FROM transition')
    const shared = (...names: string[]) =>
      eventually(
        `shares for ${names}`,
        async () => (await Promise.all(names.map(owned))).every((n) => n === slots / names.length),
        30_000,
      )
    const goesOn = async () => {
      const before = await changes()
      await eventually('changes', async () => (await changes()) > before + many / 5, 30_000)
    }

    before(async () => {
      server = await startPostgres(root())
      mkdirSync(logs())
      watch = connect(server.database('alerts'), { most: 2, clock })
    })
    after(async () => {
      for (const child of engines.values()) {
        child.kill('SIGCONT')
        await stopProcess(child, 'SIGKILL')
      }
      await watch?.close()
      await server?.stop()
    })

    /** Checks of which other messages were sent than were noted as sent, with both. */
    async function miscounted(lines: ReadonlySet<string>): Promise<unknown[]> {
      const rows = await watch.query<{ check_id: string; outcome: string }>(
        'SELECT check_id, kind, outcome, filter, reason, decided_at, time FROM notification ORDER BY id',
      )
      const noted = Map.groupBy(rows, ({ check_id }) => check_id)
      const told = Map.groupBy(lines, (line) => line.split(' ')[0] ?? '')
      return [...new Set([...noted.keys(), ...told.keys()])].flatMap((check) => {
        const [its, sent] = [noted.get(check) ?? [], told.get(check) ?? []]
        return its.filter(({ outcome }) => outcome === 'sent').length === sent.length ? [] : { sent, noted: its }
      })
    }

    it('each check is decided by one; no notification is lost, none doubled but those under way', async () => {
      start('a')
      await shared('a')
      start('b')
      await shared('a', 'b')
      await goesOn()
      let cut = 0
      const waits: number[] = []
      for (const [n, mishap] of mishaps.entries()) {
        const victim = n % 2 === 0 ? 'a' : 'b'
        const survivor = victim === 'a' ? 'b' : 'a'
        await pause(Math.random() * 1500)
        if (mishap === 'database') {
          await server.crash()
          await pause(Math.random() * 2000)
          await server.start()
          await shared('a', 'b')
        } else {
          cut++
          if (mishap === 'kill') await stopProcess(engine(victim), 'SIGKILL')
          else engine(victim).kill('SIGSTOP')
          const began = performance.now()
          await shared(survivor)
          waits.push(performance.now() - began)
          await goesOn()
          if (mishap === 'kill') start(victim)
          else engine(victim).kill('SIGCONT')
          await shared('a', 'b')
        }
        await goesOn()
      }
      for (const name of ['a', 'b']) await stopProcess(engine(name))
      start('a', 'calm')
      start('b', 'calm')
      const open = `SELECT (SELECT count(*) FROM notification WHERE outcome = 'waiting') + (SELECT count(*) FROM check_state WHERE state <> 'ok')`
      await eventually('quiet', async () => (await number(open)) === 0, 60_000)
      for (const name of ['a', 'b']) await stopProcess(engine(name))

      console.log(
        `      take-over after ${waits.map((ms) => `${(ms / 1000).toFixed(1)} s`).join(', ')}; ${await changes()} changes`,
      )
      assert.ok(waits.every((ms) => ms < 30_000))
      const count = (where: string) => number(`SELECT count(*) FROM notification WHERE ${where}`)
      assert.equal(await count(`outcome NOT IN ('sent', 'suppressed')`), 0)
      const broken = await number(
        `SELECT count(*) FROM (SELECT from_state, lag(to_state, 1, 'ok') OVER (PARTITION BY check_id ORDER BY seq) AS before
           FROM transition) AS t WHERE from_state <> before`,
      )
      assert.equal(broken, 0, 'two engines decided on the same check')
      const problems = await number(`SELECT count(*) FROM transition WHERE hard = 1 AND to_state <> 'ok'`)
      assert.ok(problems > many / 2, `${problems} problems`)
      assert.equal(await count(`kind = 'problem' AND outcome = 'sent'`), problems, 'every problem was told, once')
      assert.equal(await count(`kind = 'recovery' AND outcome = 'sent'`), problems, 'and every recovery')
      const lines = ['a', 'b'].flatMap((name) => sent(join(logs(), `sent-${name}.log`)))
      assert.ok(['a', 'b'].every((name) => sent(join(logs(), `sent-${name}.log`)).length > 0))
      const distinct = new Set(lines)
      assert.deepEqual(await miscounted(distinct), [], 'what was sent is what was noted')
      assert.equal(distinct.size, 2 * problems)
      assert.ok(lines.length - distinct.size <= atOnce * cut, `${lines.length - distinct.size} sent twice`)
      assert.equal(await number('SELECT count(*) FROM engine'), 0, 'whoever stops in peace leaves nothing behind')
    })
  })
}

const sent = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [])
