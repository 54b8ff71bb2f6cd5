import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Database, openDatabaseReadOnly } from '../../store/journal/database.ts'
import { eventJournal } from '../../store/journal/events.ts'
import { eventually, stopProcess } from './child-process.ts'
import { assertSameUsage } from './compare-usage.ts'
import { needs } from './needs.ts'
import { publishRecording } from './publish.ts'
import { type RabbitMq, rabbitmqServer, startRabbitMq } from './rabbitmq.ts'
import { random } from './random.ts'
import { mainRun, messagesOf, novaUsage, recordings, type TenantUsage } from './recordings.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const main = join(import.meta.dirname, '..', '..', 'main.ts')
const services = ['nova', 'cinder', 'glance', 'neutron', 'keystone']

/** `specola …` in a process of its own, to its end. */
function specola(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, timeout: 60_000 })
}

/** Both recorded runs through a real broker into `specola serve`, which is killed `kills` times at random moments. */
export function killedWhileReceiving(kills: number): void {
  describe(`specola serve, killed ${kills} times while the broker restarts once`, function () {
    this.timeout(60_000 + kills * 30_000)
    needs(rabbitmqServer, 'rabbitmq-server')
    const directory = temporaryDirectory()
    let broker: RabbitMq
    let server: ChildProcess | null = null
    let data: string

    before(async () => {
      broker = await startRabbitMq(join(directory(), 'rabbitmq'))
      data = join(directory(), 'data')
      mkdirSync(data)
      writeFileSync(
        join(directory(), 'config.yaml'),
        `data: ${data}\nlog: error\ncollector:\n  amqp:\n    - { name: kill, urls: ["${broker.url}"], exchanges: [${services.join(', ')}], prefetch: 200 }\n`,
      )
    })
    after(async () => {
      if (server) await stopProcess(server, 'SIGKILL')
      await broker?.stop()
    })

    const start = () => {
      server = spawn(process.execPath, [main, 'serve', '--config', join(directory(), 'config.yaml'), '--only', 'collector'], {
        stdio: ['ignore', 'ignore', 'inherit'],
      })
    }
    const count = async () => {
      const db = openDatabaseReadOnly(data)
      try {
        return await eventJournal(db).count()
      } finally {
        db.close()
      }
    }
    /** More messages than there were: the journal exists, the queue is bound, the flow is on. */
    const moreThan = (n: number) =>
      eventually(
        `more than ${n} messages in the journal`,
        async () => {
          try {
            return (await count()) > n
          } catch {
            return false // not there yet, or just being created
          }
        },
        60_000,
      )

    it('has every message once, and usage equals that of Nova', async () => {
      const next = random(7)
      const messages = recordings.flatMap(messagesOf)
      await publishRecording(broker.url, [], services)
      for (const recording of recordings) {
        const imported = specola('import', '--inventory', recording.inventory, '--data', data)
        assert.equal(imported.status, 0, imported.stderr)
      }
      start()
      await moreThan(-1)
      // the queue exists and is bound once a first message arrived
      await eventually('bound', async () => {
        await publishRecording(broker.url, messages.slice(0, 5))
        return (await count()) >= 5
      })
      const parts = kills + 1
      for (let part = 0; part < parts; part++) {
        const from = Math.floor((part * messages.length) / parts)
        await publishRecording(broker.url, messages.slice(from, Math.floor(((part + 1) * messages.length) / parts)))
        if (part === Math.floor(parts / 2)) {
          await broker.restart()
          await publishRecording(broker.url, [], services)
          await eventually(
            'bound again after the broker came back',
            async () => {
              const before = await count()
              await publishRecording(broker.url, [{ ...(messages[0] as (typeof messages)[0]), body: uniqueMessage(before) }])
              await new Promise((resolve) => setImmediate(resolve))
              return (await count()) > before
            },
            60_000,
          )
        }
        if (part < kills) {
          await eventually('a random moment', () => next() < 0.2)
          await stopProcess(server as ChildProcess, 'SIGKILL')
          start()
        }
      }
      const marks = () => {
        const db = openDatabaseReadOnly(data)
        const n = db.get<{ n: number }>(`SELECT count(*) AS n FROM event WHERE type = 'specola.mark'`)?.n ?? 0
        db.close()
        return n
      }
      await eventually('all messages in the journal', async () => (await count()) - marks() === messages.length, 120_000)

      const db = openDatabaseReadOnly(data)
      const iso = (time: number) => new Date(time).toISOString()
      for (const recording of recordings) {
        const nova = novaUsage(recording)
        const printed = specola(
          'usage',
          '--data',
          data,
          '--from',
          iso(nova.from),
          '--to',
          iso(nova.to),
          '--view',
          'parity',
          '--json',
        )
        assert.equal(printed.status, 0, printed.stderr)
        const { tenant_usages } = JSON.parse(printed.stdout) as { tenant_usages: TenantUsage[] }
        if (recording === mainRun) assertSameUsage(tenant_usages, nova.usages)
        else assertSameHours(tenant_usages, nova.usages, lostEnds(db))
      }
      db.close()
      assert.ok(!readdirSync(data).includes('parked'), 'nothing was parked')
    })

    it('leaves its data directory to one process only', () => {
      const second = specola('serve', '--config', join(directory(), 'config.yaml'), '--only', 'collector')
      assert.equal(second.status, 2)
      assert.match(second.stderr, /another specola process uses this data directory/)
    })
  })
}

/** Instances whose deletion happened between the two runs and was not recorded. */
const lostEnds = (db: Database) =>
  new Set(db.all<{ id: string }>(`SELECT id FROM instance WHERE json_extract(fold, '$.inferredEnd') = 1`).map(({ id }) => id))

/** The earlier run's window, asked after the later one: what ended meanwhile says so now, its hours are the same. */
function assertSameHours(ours: readonly TenantUsage[], novas: readonly TenantUsage[], lost: ReadonlySet<string>): void {
  const rows = (usages: readonly TenantUsage[]) =>
    new Map(usages.flatMap((usage) => usage.server_usages.map((row) => [row.instance_id, row.hours] as const)))
  const [mine, theirs] = [rows(ours), rows(novas)]
  assert.deepEqual([...mine.keys()].sort(), [...theirs.keys()].sort())
  for (const [id, hours] of theirs) if (!lost.has(id)) assert.ok(Math.abs(hours - (mine.get(id) as number)) * 3600 < 1, id)
}

let marked = 0
/** A message of our own that finds out whether the queue is bound. */
function uniqueMessage(seed: number): string {
  return JSON.stringify({
    message_id: `mark-${seed}-${marked++}`,
    event_type: 'specola.mark',
    timestamp: '2026-11-22 16:00:00',
    payload: {},
  })
}
