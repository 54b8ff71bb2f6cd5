import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { Secret } from '../../config/fields.ts'
import { systemClock } from '../../model/clock.ts'
import { AppError } from '../../model/contract.ts'
import type { Sample } from '../../model/sample.ts'
import { Influx1Store } from '../../store/influx1.ts'
import { freePort } from '../support/free-port.ts'
import { influxdProgram, startInfluxd } from '../support/influxd.ts'
import { needs } from '../support/needs.ts'
import { silentLogger } from '../support/silent-logger.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const database = 'it\'s "specola"'
const settings = (url: string, timeout = 5000) => ({
  url,
  database,
  retentionPolicy: 'raw',
  retention: 90 * 86_400_000,
  timeout,
})
const now = Math.floor(systemClock.now() / 60_000) * 60_000
const sample = (time: number, value: number): Sample => ({ measurement: 'm', tags: { instance: 'a' }, fields: { value }, time })
const query = {
  measurement: 'm',
  fields: ['value'],
  where: {},
  from: now - 60_000,
  to: now + 60_000,
  step: 60_000,
  aggregates: ['sum'] as const,
  groupBy: ['instance'],
}

describe('InfluxDB 1.x as it comes and goes', function () {
  this.timeout(60_000)
  needs(influxdProgram, 'influxdb')
  const directory = temporaryDirectory()

  it('opens while the server is away, makes its database when it comes, and has every acknowledged sample after a kill', async () => {
    const port = await freePort()
    const logger = silentLogger()
    const store = await Influx1Store.open(settings(`http://127.0.0.1:${port}`), { clock: systemClock, logger })
    assert.match(logger.lines[0]?.message ?? '', /127\.0\.0\.1.*samples wait until it answers/)
    await assert.rejects(store.write([sample(now, 1)]), { name: 'AppError', code: 'unreachable' })
    await assert.rejects(store.range(query), { code: 'unreachable' })

    const home = join(directory(), 'influxd')
    const first = await startInfluxd(home, { port })
    await store.write([sample(now, 1), sample(now + 1, 2)])
    await first.kill()
    await assert.rejects(store.write([sample(now + 2, 4)]), { code: 'unreachable' })
    const second = await startInfluxd(home, { port })
    await store.write([sample(now + 1, 2), sample(now + 2, 4)])
    assert.deepEqual((await store.range(query)).series[0]?.values, [null, 7])
    await dropDatabase(second.url)
    await assert.rejects(store.write([sample(now, 1)]), { code: 'storage' })
    await store.write([sample(now, 1)])
    assert.deepEqual((await store.range(query)).series[0]?.values, [null, 1])
    const clash = { ...sample(now, 1), measurement: 'clash' }
    await post(`${second.url}/write?db=${encodeURIComponent(database)}&rp=raw`, 'clash,instance=a value="text"')
    await assert.rejects(store.write([clash]), { code: 'invalid' })
    await store.close()
    await assert.rejects(store.write([sample(now, 1)]), { code: 'storage' })
    await second.stop()
  })
})

const post = async (url: string, body: string) => {
  const response = await fetch(url, { method: 'POST', body, signal: AbortSignal.timeout(5000) })
  assert.ok(response.ok, await response.text())
}
const dropDatabase = (url: string) =>
  post(`${url}/query?q=${encodeURIComponent(`DROP DATABASE "${database.replaceAll('"', '\\"')}"`)}`, '')

describe('InfluxDB 1.x that misbehaves', () => {
  async function server(answer: RequestListener) {
    const http = createServer(answer).listen(0, '127.0.0.1')
    await once(http, 'listening')
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
    return {
      url,
      async stop() {
        http.closeAllConnections()
        http.close()
        await once(http, 'close')
      },
    }
  }

  const fails = (what: string, code: string, answer: RequestListener) =>
    it(`${what}: the failure is "${code}" and shows no secret`, async () => {
      const { url, stop } = await server(answer)
      const logger = silentLogger()
      const password = new Secret('hunter2-hunter2')
      const store = new Influx1Store({ ...settings(url, 100), username: 'observer', password }, { clock: systemClock, logger })
      const error = await store.write([sample(now, 1)]).then(
        () => assert.fail('it was written'),
        (failure: unknown) => failure,
      )
      assert.ok(error instanceof AppError)
      assert.equal(error.code, code)
      const basic = Buffer.from('observer:hunter2-hunter2').toString('base64')
      const shown = inspect(error, { depth: 10 }) + inspect(logger.lines, { depth: 10 })
      assert.ok(!shown.includes('hunter2') && !shown.includes(basic))
      await store.close()
      await stop()
    })

  fails('refuses the password', 'denied', (_, response) => void response.writeHead(401).end('{"error":"authorization failed"}'))
  fails('answers 500', 'unreachable', (_, response) => void response.writeHead(500).end('oops'))
  fails('answers 400', 'invalid', (_, response) => void response.writeHead(400).end('{"error":"bad"}'))
  fails('never answers', 'unreachable', () => undefined)
  fails('breaks off in the middle of an answer', 'unreachable', (_, response) => {
    response.writeHead(200, { 'content-length': 1000 }).write('{"results":')
    response.socket?.end()
  })
  fails('answers something that is not JSON', 'protocol', (_, response) => void response.writeHead(200).end('<html>hello'))
})
