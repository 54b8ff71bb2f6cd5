import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { everything } from '../../model/access.ts'
import { sumOf } from '../../model/closed-month.ts'
import { openDatabase } from '../../store/journal/database.ts'
import { random } from '../support/random.ts'
import { at, depsOf, fixedClock, type Life, live } from '../support/report-scene.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const child = join(import.meta.dirname, '..', 'support', 'closing-child.ts')
const hour = 3_600_000
const instances = 6000

describe('a process that is killed while it closes a month', function () {
  this.timeout(120_000)
  const directory = temporaryDirectory()

  before(() => {
    const start = at('2026-10-01T00:00:00+02:00')
    const lives = Array.from(
      { length: instances },
      (_unused, n): Life => ({
        instance: `i${n}`,
        project: `p${n % 40}`,
        from: start + n * 1000,
        to: start + n * 1000 + 10 * hour,
      }),
    )
    const db = openDatabase(directory())
    live(db, lives)
    db.close()
  })

  /** Kills it as soon as it says this line; a moment inside the transaction, wherever the disk is. */
  async function killedAt(line: string): Promise<void> {
    const running = spawn(process.execPath, [child, directory()], { stdio: ['ignore', 'pipe', 'inherit'] })
    const gone = once(running, 'exit')
    for await (const told of createInterface({ input: running.stdout })) {
      if (told !== line) continue
      running.kill('SIGKILL')
      break
    }
    await gone
  }

  async function state() {
    const db = openDatabase(directory())
    try {
      const { months } = depsOf(db, fixedClock(at('2026-11-20T12:00:00+01:00')))
      const closed = await months.month('2026-10')
      const rows = [...months.rows(everything, { month: '2026-10' })]
      return { closed: closed !== null, rows: rows.length, sum: sumOf(rows) }
    } finally {
      db.close()
    }
  }

  it('has closed nothing, and closes it wholly when it is started again', async () => {
    const next = random(11)
    const moments = ['1', `${1 + 1000 * Math.floor(1 + next() * 4)}`, '5001', 'all read']
    for (const moment of moments) {
      await killedAt(moment)
      const now = await state()
      // after `all read` the commit may have been made before the kill came through
      if (moment === 'all read' && now.closed) break
      assert.deepEqual(now, { closed: false, rows: 0, sum: 0n }, `killed at ${moment}`)
    }
    spawnSync(process.execPath, [child, directory()], { stdio: 'ignore' })
    // 10 h × (0.01 + 2 × 0.002 + 20 × 0.0001) each
    assert.deepEqual(await state(), { closed: true, rows: instances, sum: 160_000n * BigInt(instances) })
  })

  it('has closed all of it when it is killed right after', async () => {
    await killedAt('closed')
    assert.equal((await state()).rows, instances)
  })
})
