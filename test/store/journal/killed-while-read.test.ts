import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { openDatabase } from '../../../store/journal/database.ts'
import { stopProcess } from '../../support/child-process.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const script = join(import.meta.dirname, '..', '..', 'support', 'journal-child.ts')

describe('a journal whose owner was killed while others read it all the time', function () {
  this.timeout(120_000)
  const directory = temporaryDirectory()
  const children: ChildProcess[] = []
  // those that still run would keep the tests from ending
  after(() => Promise.all(children.map((child) => stopProcess(child, 'SIGKILL'))))

  async function started(what: 'write' | 'read', turns: number): Promise<ChildProcess> {
    const child = spawn(process.execPath, [script, directory(), what], { stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(child)
    let seen = 0
    for await (const _line of createInterface({ input: child.stdout })) if (++seen >= turns) break
    child.stdout.resume()
    assert.equal(seen, turns, `${what} ended early`)
    return child
  }

  it('is opened again at once, with all that was committed', async () => {
    openDatabase(directory()).close()
    const readers = [await started('read', 1), await started('read', 1)]
    let least = 0
    for (let kill = 0; kill < 6; kill++) {
      const owner = await started('write', 5 + kill)
      const gone = once(owner, 'exit')
      owner.kill('SIGKILL')
      await gone
      least += 50 * (5 + kill)
      const db = openDatabase(directory())
      const count = db.get<{ n: number }>('SELECT count(*) AS n FROM reading_mark')?.n ?? 0
      assert.ok(count >= least && count % 50 === 0, `${count} of at least ${least}`)
      db.transaction(() => db.run(`INSERT INTO reading_mark (cloud, task, value) VALUES ('parent', ?, '1')`, String(kill)))
      db.run(`DELETE FROM reading_mark WHERE cloud = 'parent'`)
      db.close()
    }
    assert.deepEqual(
      readers.map(({ exitCode, signalCode }) => exitCode ?? signalCode),
      [null, null],
    )
  })
})
