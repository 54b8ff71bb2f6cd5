import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { mkdtempSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { load } from '../../config/load.ts'
import { render } from '../../test/support/alerting.ts'
import { hostileNames } from '../../test/support/hostile.ts'
import { httpStage, type Stage } from '../../test/support/http-stage.ts'
import { notification } from '../../test/support/sample-notification.ts'
import { temporaryDirectory } from '../../test/support/temporary-directory.ts'
import { plugin } from './plugin.ts'

describe('notify webhook', () => {
  const root = temporaryDirectory()
  let stage: Stage
  beforeEach(async () => {
    process.env.SPECOLA_TEST_HMAC = 'a shared secret'
    stage = await httpStage({ status: 200, body: 'thanks' })
  })
  afterEach(() => stage.close())

  const configured = (endpoint: Record<string, unknown>) =>
    plugin.config.parse({ endpoints: { cmdb: { url: stage.url, timeout: '2s', ...endpoint } } })
  const sendBy = (config: ReturnType<typeof configured>, message = notification()) =>
    plugin.send(message, { config, to: 'cmdb', render, signal: new AbortController().signal })
  const body = () => stage.asked.at(-1)?.body ?? ''

  it('signs the time and the body, so that a receiver can check both', async () => {
    await sendBy(configured({ secret: { env: 'SPECOLA_TEST_HMAC' } }))
    const { headers } = stage.asked[0] ?? assert.fail()
    const expected = createHmac('sha256', 'a shared secret').update(`${headers['x-specola-timestamp']}.${body()}`).digest('hex')
    assert.equal(headers['x-specola-signature'], `sha256=${expected}`)
    assert.match(headers['x-specola-timestamp'] ?? '', /^\d{10}$/)
    assert.equal(JSON.parse(body()).title, 'web-1: cpu critical')
  })

  it('names the message the same when it is sent again, and another one otherwise', async () => {
    const config = configured({})
    await sendBy(config)
    await sendBy(config)
    await sendBy(config, notification({ kind: 'recovery' }))
    const [first, again, other] = stage.asked.map(({ headers }) => headers['x-specola-delivery'])
    assert.equal(first, again)
    assert.notEqual(first, other)
  })

  it('sends a body of its own, with values as JSON whatever they are', async () => {
    const config = configured({
      body: '{"name": {{json target.name}}, "out": {{json output}}}',
      headers: { 'X-Source': 'specola' },
    })
    for (const name of hostileNames) {
      const delivery = await sendBy(config, notification({}, { targetName: name, output: name }))
      assert.ok(delivery.ok && delivery.notice === undefined, JSON.stringify(delivery))
      assert.deepEqual(Object.keys(JSON.parse(body())), ['name', 'out'])
    }
    assert.equal(stage.asked[0]?.headers['x-source'], 'specola')
  })

  it('uses the built-in body when the template makes no JSON, and says so', async () => {
    const delivery = await sendBy(configured({ body: '{"name": {{target.name}} }' }))
    assert.ok(delivery.ok)
    assert.match(delivery.notice ?? '', /^template: it makes no JSON: .*; the built-in one is used$/)
    assert.equal(JSON.parse(body()).version, 1)
  })

  it('refuses a template that cannot be used, with file and line', () => {
    const file = join(mkdtempSync(join(root(), 'template-')), 'body.hbs')
    const said = (text: string, inPlace = false) => {
      writeFileSync(file, text)
      const yaml = `endpoints:\n  cmdb:\n    url: https://a.example\n    body: ${inPlace ? JSON.stringify(text) : `{ file: ${file} }`}\n`
      const loaded = load(yaml, plugin.config)
      return loaded.ok ? '' : loaded.errors.map(({ line, path, message }) => `${line} ${path}: ${message}`).join('\n')
    }
    assert.match(said('{\n"a": {{#if b}}\n}'), new RegExp(`^4 endpoints\\.cmdb\\.body: ${file}:3: Expecting`))
    assert.match(said('one\n{{nosuch thing}}'), new RegExp(`${file}:2: .*unknown helper nosuch`))
    assert.match(said('{{> partial}}'), /:1: there are no partials: "partial"/)
    assert.match(said('{{#if}}', true), /^4 endpoints\.cmdb\.body: line 1 of the template: /)
    assert.equal(said('{"a": {{json title}}}'), '')
  })

  it('takes a changed template file, and keeps the last good one while the new one is broken', async () => {
    const file = join(mkdtempSync(join(root(), 'template-')), 'body.hbs')
    let stamp = 1000
    const write = (text: string) => {
      writeFileSync(file, text)
      utimesSync(file, ++stamp, stamp)
    }
    write('"first {{title}}"')
    const config = configured({ body: { file } })
    assert.deepEqual(await sendBy(config).then((one) => one.ok && one.notice), undefined)
    write('"second {{#if}}"')
    const broken = await sendBy(config)
    assert.ok(broken.ok && broken.notice?.includes(`${file}:1: `) && broken.notice.endsWith('; the last good template is used'))
    assert.equal(body(), '"first web-1: cpu critical"')
    write('no json at all')
    const unusable = await sendBy(config)
    assert.ok(unusable.ok)
    assert.match(unusable.notice ?? '', /it makes no JSON.*the last good template is used/)
    assert.equal(body(), '"first web-1: cpu critical"')
    write('"third"')
    assert.deepEqual(await sendBy(config).then((one) => one.ok && one.notice), undefined)
    assert.equal(body(), '"third"')
  })

  it('goes through a proxy', async () => {
    const through: string[] = []
    const proxy = createServer((req, res) => {
      through.push(`${req.method} ${req.url}`)
      req.resume().on('end', () => res.writeHead(204).end())
    })
    proxy.on('connect', (req, socket, head) => {
      through.push(`CONNECT ${req.url}`)
      const { port } = new URL(`http://${req.url}`)
      const onward = connect(Number(port), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        onward.write(head)
        onward.pipe(socket).pipe(onward)
      })
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const delivery = await sendBy(configured({ proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` }))
    assert.ok(delivery.ok, JSON.stringify(delivery))
    assert.equal(through.length, 1)
    proxy.closeAllConnections()
    await new Promise((resolve) => proxy.close(resolve))
  })

  it('refuses a header that would make another one', () => {
    const wrong = plugin.config.safeParse({
      endpoints: { cmdb: { url: 'https://a.example', headers: { 'X-A': 'b\r\nX-C: d' } } },
    })
    assert.equal(wrong.success, false)
    assert.equal(plugin.config.safeParse({ endpoints: { cmdb: { url: 'https://user:pw@a.example' } } }).success, false)
    assert.equal(plugin.config.safeParse({ endpoints: { cmdb: { url: 'file:///etc/passwd' } } }).success, false)
  })
})
