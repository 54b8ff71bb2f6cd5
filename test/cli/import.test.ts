import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { command as decodeCommand } from '../../cli/decode.ts'
import { command as importCommand } from '../../cli/import.ts'
import { command as usageCommand } from '../../cli/usage.ts'
import { openDatabaseReadOnly } from '../../store/journal/database.ts'
import { eventually, stopProcess } from '../support/child-process.ts'
import { assertSameUsage } from '../support/compare-usage.ts'
import { mainRun, messagesOf, novaUsage, type TenantUsage } from '../support/recordings.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

async function run(command: typeof importCommand, ...args: string[]) {
  const lines: string[] = []
  const code = await command.run(args, { out: (text) => void lines.push(text), err: () => undefined })
  return { code, lines, json: () => JSON.parse(lines.at(-1) as string) as Record<string, unknown> }
}

describe('specola import', function () {
  this.timeout(30_000)
  const directory = temporaryDirectory()
  const [first, second] = messagesOf(mainRun) as [ReturnType<typeof messagesOf>[0], ReturnType<typeof messagesOf>[0]]

  it("takes a recorded run in, once, and usage equals Nova's", async () => {
    const data = join(directory(), 'run')
    const args = [mainRun.notifications, '--data', data, '--inventory', mainRun.inventory]
    assert.deepEqual((await run(importCommand, ...args)).json(), {
      messages: 6688,
      events: 6688,
      duplicates: 0,
      ignored: 0,
      parked: 0,
    })
    assert.deepEqual((await run(importCommand, ...args)).json(), {
      messages: 6688,
      events: 0,
      duplicates: 6688,
      ignored: 0,
      parked: 0,
    })
    const nova = novaUsage(mainRun)
    const iso = (time: number) => new Date(time).toISOString()
    const { json } = await run(
      usageCommand,
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
    assertSameUsage((json() as { tenant_usages: TenantUsage[] }).tenant_usages, nova.usages)
  })

  it('takes what was there from a directory of recorded replies, and passes over what else lies there', async () => {
    const there = join(directory(), 'before')
    mkdirSync(there)
    copyFileSync(mainRun.inventory, join(there, 'servers.json.gz'))
    copyFileSync(mainRun.before, join(there, 'resources.json.gz'))
    writeFileSync(join(there, 'window.json'), '{"start": "2026-11-22T16:03:46Z"}')
    writeFileSync(join(there, 'names.json'), '["a", "b"]')
    writeFileSync(join(there, 'notes.txt'), 'not JSON')
    const inventoried = async (name: string, ...paths: string[]) => {
      const data = join(directory(), name)
      await run(importCommand, '--data', data, ...paths.flatMap((path) => ['--inventory', path]))
      const db = openDatabaseReadOnly(data)
      const rows = db.all(
        'SELECT kind, id, name, project FROM resource UNION SELECT state, id, name, project FROM instance ORDER BY id',
      )
      db.close()
      return rows
    }
    const rows = await inventoried('by-directory', there)
    assert.ok(rows.length > 50)
    assert.deepEqual(rows, await inventoried('by-files', mainRun.before, mainRun.inventory))
    writeFileSync(join(there, 'broken.json'), '[{')
    await assert.rejects(inventoried('broken', there), /broken\.json: .*JSON/)
    await assert.rejects(inventoried('none', join(directory(), 'nowhere')), /nowhere: ENOENT/)
  })

  it('parks what it cannot read, and takes it from there without parking it twice', async () => {
    const data = join(directory(), 'parked')
    const file = join(directory(), 'mixed.jsonl')
    const unreadable = [
      { ...first, body: '{' },
      { ...first, body: `base64:${Buffer.from([0xff, 0x00]).toString('base64')}` },
    ]
    writeFileSync(file, [first, ...unreadable, second].map((message) => JSON.stringify(message)).join('\n'))
    assert.deepEqual((await run(importCommand, file, '--data', data)).json(), {
      messages: 4,
      events: 2,
      duplicates: 0,
      ignored: 0,
      parked: 2,
    })
    const folder = join(data, 'parked')
    const [day] = readdirSync(folder) as [string]
    const before = readFileSync(join(folder, day), 'utf8')
    assert.equal((before.match(/"reason"/g) ?? []).length, 2)
    const again = await run(importCommand, join(folder, day), '--data', data)
    assert.deepEqual([again.code, again.json()], [1, { messages: 2, events: 0, duplicates: 0, ignored: 0, parked: 2 }])
    assert.equal(readFileSync(join(folder, day), 'utf8'), before)
  })

  it('takes parked bytes for what they were', async () => {
    const data = join(directory(), 'bytes')
    const file = join(directory(), 'bytes.jsonl')
    const packed = {
      ...first,
      properties: { headers: { compression: 'application/x-gzip' } },
      body: `base64:${gzipSync(first.body).toString('base64')}`,
    }
    writeFileSync(file, JSON.stringify(packed))
    assert.deepEqual((await run(importCommand, file, '--data', data)).json(), {
      messages: 1,
      events: 1,
      duplicates: 0,
      ignored: 0,
      parked: 0,
    })
  })
})

describe('specola import, killed', function () {
  this.timeout(120_000)
  const directory = temporaryDirectory()

  /** Events in the journal, or 0 while there is none that can be read. */
  function events(data: string): number {
    if (!existsSync(join(data, 'journal.sqlite'))) return 0
    try {
      const db = openDatabaseReadOnly(data)
      try {
        return db.get<{ n: number }>('SELECT count(*) AS n FROM event')?.n ?? 0
      } finally {
        db.close()
      }
    } catch {
      return 0 // it is being made
    }
  }

  it('leaves nothing half-done: run again, the figures are those of one run', async () => {
    const data = join(directory(), 'killed')
    const args = [mainRun.notifications, '--data', data, '--inventory', mainRun.inventory]
    for (const enough of [1, 1500, 4500]) {
      const child = spawn(process.execPath, [join(import.meta.dirname, '..', '..', 'main.ts'), 'import', ...args], {
        stdio: 'ignore',
      })
      try {
        await eventually(`${enough} events`, () => child.exitCode !== null || events(data) >= enough, 60_000)
      } finally {
        await stopProcess(child, 'SIGKILL')
      }
    }
    const before = events(data)
    assert.ok(before >= 4500)
    const again = (await run(importCommand, ...args)).json()
    assert.equal(again.messages, mainRun.messages)
    assert.equal(again.parked, 0)
    const nova = novaUsage(mainRun)
    const iso = (time: number) => new Date(time).toISOString()
    const { json } = await run(
      usageCommand,
      ...['--data', data, '--view', 'parity', '--json', '--from', iso(nova.from), '--to', iso(nova.to)],
    )
    assertSameUsage((json() as unknown as { tenant_usages: TenantUsage[] }).tenant_usages, nova.usages)
    assert.deepEqual((await run(importCommand, ...args)).json(), { ...again, events: 0, duplicates: mainRun.messages })
  })
})

describe('specola decode', () => {
  const directory = temporaryDirectory()
  const [message] = messagesOf(mainRun).filter(({ body }) => body.includes('compute.instance.create.end')) as [
    ReturnType<typeof messagesOf>[0],
  ]
  const inner = JSON.parse((JSON.parse(message.body) as { 'oslo.message': string })['oslo.message']) as object

  const reads = (title: string, name: string, content: string | Buffer, lines: number) =>
    it(`reads ${title}`, async () => {
      const file = join(directory(), name)
      writeFileSync(file, content)
      const { lines: printed, code } = await run(decodeCommand, file)
      assert.equal(code, 0)
      assert.equal(printed.length, lines)
      for (const line of printed) {
        const { ok, event } = JSON.parse(line) as { ok: boolean; event: Record<string, unknown> }
        assert.ok(ok)
        assert.deepEqual([event.type, event.phase, event.format, event.service], ['instance.create', 'end', 'legacy', 'nova'])
        assert.ok(event.instance && event.project && event.user && event.flavor && event.host && event.state && event.time)
      }
    })
  reads('recorded lines', 'a.jsonl', `${JSON.stringify(message)}\n\n${JSON.stringify(message)}\n`, 2)
  reads('recorded lines, gzipped', 'a.jsonl.gz', gzipSync(JSON.stringify(message)), 1)
  reads('one bare message', 'bare.json', JSON.stringify(inner, null, 2), 1)
  reads('one message in its envelope', 'enveloped.json', message.body, 1)
  reads('a list of messages', 'list.json', JSON.stringify([inner, inner], null, 1), 2)

  it('says what is no notification, and goes on', async () => {
    const file = join(directory(), 'bad.jsonl')
    writeFileSync(file, `{"event_type":\n${JSON.stringify(message)}\n`)
    const { lines, code } = await run(decodeCommand, file)
    assert.equal(code, 1)
    assert.equal(lines.length, 2)
    assert.match(lines[0] as string, /"ok":false,"reason"/)
    assert.match(lines[1] as string, /"ok":true/)
  })
})
