import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openDatabase, openDatabaseReadOnly } from '../../store/journal/database.ts'
import { eventually, stopProcess } from '../support/child-process.ts'
import { type RecordedCloud, recordedCloud } from '../support/cloud/recorded-cloud.ts'
import { assertSameUsage } from '../support/compare-usage.ts'
import { mainRun, novaUsage, type TenantUsage } from '../support/recordings.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const main = join(import.meta.dirname, '..', '..', 'main.ts')

describe('a cloud that ran before Specola came', function () {
  this.timeout(120_000)
  const directory = temporaryDirectory()
  let cloud: RecordedCloud
  let config: string
  let running: ChildProcess | null = null
  const nova = novaUsage(mainRun)
  const iso = (time: number) => new Date(time).toISOString()

  before(async () => {
    cloud = await recordedCloud()
    config = join(directory(), 'config.yaml')
    writeFileSync(join(directory(), 'secret'), 'hush\n')
    writeFileSync(
      config,
      `data: ${join(directory(), 'none')}
log: error
collector:
  openstack:
    - authUrl: ${cloud.url}
      applicationCredential: { id: a1, secret: { file: ${join(directory(), 'secret')} } }
      rate: 1000
`,
    )
  })
  after(async () => {
    if (running) await stopProcess(running, 'SIGKILL')
    await cloud.close()
  })

  /** The command in a process of its own, while this one is the cloud. */
  const start = (...args: string[]) => {
    const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    running = child
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (chunk) => (stdout += chunk))
    child.stderr.on('data', (chunk) => (stderr += chunk))
    const done = new Promise<{ status: number | null; stdout: string; stderr: string }>((resolve) =>
      child.once('close', (status) => resolve({ status, stdout, stderr })),
    )
    return { child, done }
  }
  const backfill = (data: string) => start('backfill', '--config', config, '--data', data, '--json').done
  const parityOf = async (data: string) => {
    const { stdout, status, stderr } = await start(
      ...['usage', '--data', data, '--view', 'parity', '--json', '--from', iso(nova.from), '--to', iso(nova.to)],
    ).done
    assert.equal(status, 0, stderr)
    return (JSON.parse(stdout) as { tenant_usages: TenantUsage[] }).tenant_usages
  }
  /** What a journal holds, without the times of reading. */
  const holdings = (data: string) => {
    const db = openDatabaseReadOnly(data)
    const rows = {
      types: db.all(`SELECT type, count(*) AS n FROM event WHERE type <> 'specola.backfill' GROUP BY 1 ORDER BY 1`),
      instances: db.all('SELECT id, name, project, state, host, launched_at, terminated_at FROM instance ORDER BY id'),
      segments: db.all('SELECT instance, start, stop, state, project FROM segment ORDER BY instance, start'),
    }
    db.close()
    return rows
  }

  it('is taken in from its APIs alone, with the usage that Nova itself tells', async () => {
    const data = join(directory(), 'whole')
    const { status, stdout, stderr } = await backfill(data)
    assert.equal(status, 0, stderr)
    const said = JSON.parse(stdout) as { instances: number; actions: number; resumed: boolean }
    assert.deepEqual([said.instances, said.resumed], [cloud.recorded.servers.length, false])
    assert.equal(said.actions, Object.values(cloud.recorded.actions).flat().length)
    assert.match(stderr, /^openstack instances: 0 of 531\n/)
    assert.doesNotMatch(stderr + stdout, /hush|gAAAA/)
    assertSameUsage(await parityOf(data), nova.usages)
  })

  it('and once only', async () => {
    const data = join(directory(), 'whole')
    const before = holdings(data)
    const { stdout } = await backfill(data)
    assert.equal((JSON.parse(stdout) as { news: number }).news, 0)
    assert.deepEqual(holdings(data), before)
  })

  it('and is the same when it was killed again and again on the way', async () => {
    const data = join(directory(), 'killed')
    const count = () => {
      if (!existsSync(join(data, 'journal.sqlite'))) return 0
      try {
        const db = openDatabaseReadOnly(data)
        const n = db.get<{ n: number }>('SELECT count(*) AS n FROM event')?.n ?? 0
        db.close()
        return n
      } catch {
        return 0 // just being made
      }
    }
    let resumed = 0
    for (const kill of [1, 230, 500, 900, 1300]) {
      const { child } = start('backfill', '--config', config, '--data', data, '--json')
      await eventually(`${kill} events`, () => count() >= kill || child.exitCode !== null)
      assert.equal(child.exitCode, null, 'it was done before it could be killed')
      await stopProcess(child, 'SIGKILL')
      const db = openDatabaseReadOnly(data)
      // nothing half-done: whatever has an event has its place in the ledger, and pages that are marked are there
      assert.equal(
        db.get<{ n: number }>(
          `SELECT count(*) AS n FROM event WHERE type = 'instance.observed' AND resource_id NOT IN (SELECT id FROM instance WHERE fold IS NOT NULL)`,
        )?.n,
        0,
      )
      const mark = db.get<{ value: string }>(`SELECT value FROM reading_mark WHERE task = 'backfill'`)
      const done = mark ? (JSON.parse(mark.value) as { done: number }).done : 0
      assert.ok((db.get<{ n: number }>('SELECT count(*) AS n FROM instance')?.n ?? 0) >= done)
      resumed = Math.max(resumed, done)
      db.close()
    }
    assert.ok(resumed >= 200)
    const { status, stdout, stderr } = await backfill(data)
    assert.equal(status, 0, stderr)
    const said = JSON.parse(stdout) as { instances: number; resumed: boolean }
    assert.equal(said.resumed, true)
    assert.ok(said.instances < cloud.recorded.servers.length, 'it began anew')
    assert.deepEqual(holdings(data), holdings(join(directory(), 'whole')))
  })

  it('is refused while another process uses the directory', async () => {
    const data = join(directory(), 'busy')
    const db = openDatabase(data)
    const { status, stderr } = await backfill(data)
    db.close()
    assert.equal(status, 2)
    assert.match(stderr, /another specola process uses this data directory; stop it first/)
  })

  describe('verify', () => {
    const verify = (...more: string[]) =>
      start(
        'verify',
        '--config',
        config,
        '--data',
        join(directory(), 'whole'),
        '--from',
        iso(nova.from),
        '--to',
        iso(nova.to),
        ...more,
      ).done

    it('finds no difference, also while another process owns the directory', async () => {
      const db = openDatabase(join(directory(), 'whole'))
      const { status, stdout, stderr } = await verify()
      db.close()
      assert.equal(status, 0, stdout + stderr)
      assert.match(stdout, /^\d+ instances' usage, \d+ instances and \d+ other resources compared: no difference\n$/)
    })

    it('lists each difference with its cause, and ends with 1', async () => {
      const row = cloud.recorded.usage[0]?.server_usages.find(({ ended_at }) => ended_at !== null) as Record<string, unknown>
      const was = { ...row }
      Object.assign(row, { hours: 99, ended_at: '2026-11-22T16:15:00.000000' })
      const { status, stdout } = await verify('--json')
      Object.assign(row, was)
      assert.equal(status, 1)
      const { differences } = JSON.parse(stdout) as {
        differences: { id: string; what: string; cause: string; explained: boolean }[]
      }
      assert.deepEqual(
        differences.map(({ id, what, explained }) => [id, what, explained]),
        [[was.instance_id, 'hours', false]],
      )
      assert.match(differences[0]?.cause ?? '', /Nova has its end at 2026-11-22T16:15:00Z, the journal at/)
    })

    it('tells what other witnesses had corrected, which is no difference any more', async () => {
      const db = openDatabase(join(directory(), 'whole'))
      const { id } = db.get<{ id: string }>('SELECT id FROM instance WHERE fold IS NOT NULL ORDER BY id LIMIT 1') ?? { id: '' }
      const at = nova.from + 1000
      const put = `INSERT INTO discrepancy (instance, at, about, ours, theirs, witness) VALUES (?, ?, 'flavor', 'm1.tiny', ?, 'exists')`
      db.run(put, id, at, 'm1\u001b[31m.small')
      db.close()
      const { status, stdout } = await verify()
      assert.equal(status, 0)
      assert.equal(
        stdout.split('\n')[0],
        `corrected   instance ${id} flavor: journal m1.tiny, Nova's audit m1\uFFFD[31m.small at ${iso(at)}: something was missed before`,
      )
      assert.match(stdout, /compared: no difference\n$/)
    })

    it('ends with 2 when it is called wrongly', async () => {
      const { status, stderr } = await start('verify', '--config', config, '--from', '2027-01-01', '--to', '2027-02-01').done
      assert.equal(status, 2)
      assert.match(stderr, /in the past/)
    })
  })
})
