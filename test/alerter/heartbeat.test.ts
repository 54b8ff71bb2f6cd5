import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { runHeartbeats } from '../../alerter/heartbeat.ts'
import { whyIdle } from '../../alerter/working.ts'
import { healthBoard } from '../../collector/health.ts'
import { instance, render, type Scene, scene } from '../support/alerting.ts'
import { silentLogger } from '../support/silent-logger.ts'
import { spokenScene } from '../support/spoken.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { settled, VirtualClock } from '../support/virtual-clock.ts'

const minute = 60_000

describe('a heartbeat', () => {
  const root = temporaryDirectory()

  /** Somebody outside who counts. */
  async function watcher(answer = 200) {
    const heard: string[] = []
    let wake: () => void = () => {}
    const server: Server = createServer((req, res) => {
      heard.push(`${req.method} ${req.url}`)
      res.writeHead(answer, { location: '/elsewhere' }).end()
      res.on('finish', () => wake())
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return {
      heard,
      port: (server.address() as AddressInfo).port,
      next: () =>
        new Promise<void>((resolve) => {
          wake = resolve
        }),
      close: () =>
        new Promise((resolve) => {
          server.closeAllConnections()
          server.close(resolve)
        }),
    }
  }

  async function run(idle: () => string | null, url: string, beats: (clock: VirtualClock) => Promise<void>) {
    const clock = new VirtualClock()
    const health = healthBoard(clock)
    const logger = silentLogger()
    const stop = new AbortController()
    const config = { heartbeats: [{ url, every: minute, timeout: 10_000 }], zone: 'UTC', language: 'en' as const }
    const done = runHeartbeats({ config, notifiers: new Map(), render, health, clock, logger, whyIdle: idle }, stop.signal)
    await settled()
    await beats(clock)
    stop.abort(new Error('over'))
    await done
    return { health: health.all()[0], lines: logger.lines }
  }

  it('goes out while the engine works, and stops with it', async () => {
    const outside = await watcher()
    let idle: string | null = null
    const { health, lines } = await run(
      () => idle,
      `http://127.0.0.1:${outside.port}/ping/secret`,
      async (clock) => {
        for (let n = 0; n < 3; n++) {
          const heard = outside.next()
          await clock.advance(n === 0 ? 5000 : minute)
          await heard
          await settled()
        }
        assert.deepEqual(outside.heard, Array(3).fill('GET /ping/secret'))
        idle = 'the journal refuses check states'
        await clock.advance(5 * minute)
        assert.equal(outside.heard.length, 3)
      },
    )
    assert.equal(health?.state, 'down')
    assert.equal(health?.detail, `127.0.0.1:${outside.port}: not sent: the journal refuses check states`)
    assert.equal(lines.filter(({ level }) => level === 'error').length, 1)
    assert.doesNotMatch(JSON.stringify([health, lines]), /secret/)
    await outside.close()
  })

  it('that is answered with an error, or sent elsewhere, did not arrive', async () => {
    for (const answer of [500, 302]) {
      const outside = await watcher(answer)
      const { health } = await run(
        () => null,
        `http://127.0.0.1:${outside.port}/x`,
        async (clock) => {
          const heard = outside.next()
          await clock.advance(5000)
          await heard
          for (let n = 0; n < 20; n++) await settled()
        },
      )
      assert.deepEqual([health?.state, health?.detail], ['degraded', `127.0.0.1:${outside.port}: answered ${answer}`])
      assert.deepEqual(outside.heard, ['GET /x'])
      await outside.close()
    }
  })

  it('can be a message, by any notifier, past the queue', async () => {
    const t = spokenScene()
    const section = '{ kept: {}, heartbeats: [{ notifier: kept, to: watchdog, every: 15m }] }'
    const rules = 'rules: [{ name: spoken, plugin: spoken, interval: 1m, attempts: 1 }]'
    const s: Scene = await scene({ directory: mkdtempSync(join(root(), 'journal-')), rules, section, plugins: t.plugins })
    s.inventory.all = [instance('web')]
    await s.pass(31 * minute)
    assert.deepEqual(t.said(), ['watchdog: custom ok', 'watchdog: custom ok', 'watchdog: custom ok'])
    assert.equal((await s.journal.waiting()).count, 0)
    const commit = s.journal.commit
    s.journal.commit = () => Promise.reject(new Error('disk full'))
    t.word.set('web', 'critical')
    await s.pass(31 * minute)
    assert.equal(t.said().length, 3)
    assert.match(
      s.health.all().find(({ component }) => component === 'heartbeat 1')?.detail ?? '',
      /not sent: the journal refuses/,
    )
    s.journal.commit = commit
    await s.pass(16 * minute)
    assert.equal(t.said().length, 4)
    await s.stop()
  })

  const entry = (late: number) => ({ stored: { nextCheck: 1e6 - late }, rule: { retryMs: 30_000 } }) as never
  const idle = (title: string, given: Parameters<typeof whyIdle>[0], stalled: boolean, entries: never[], want: string | null) =>
    it(title, () => assert.equal(whyIdle(given, { stalled, entries }, 1e6), want))
  const alive = { loop: 1e6 - 1000, dispatch: 1e6 - 1000 }
  idle('the engine works', alive, false, [entry(0), entry(10_000)], null)
  idle('not before it began', { loop: null, dispatch: null }, false, [], 'the engine has not begun')
  idle('not while its loop stands still', { ...alive, loop: 1e6 - 61_000 }, false, [], 'the loop of checks stands still')
  idle(
    'not while nothing is delivered',
    { ...alive, dispatch: 1e6 - 61_000 },
    false,
    [],
    'the queue of notifications is not served',
  )
  idle('not while nothing can be kept', alive, true, [], 'the journal refuses check states')
  idle('not while most checks are not run', alive, false, [entry(400_000), entry(400_000), entry(0)], '2 of 3 checks are late')
})
