import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer as createSecureServer, type Server } from 'node:https'
import { type AddressInfo, createServer } from 'node:net'
import { inspect } from 'node:util'
import { Secret } from '../../config/fields.ts'
import type { Clock } from '../../model/clock.ts'
import { AppError, type Logger } from '../../model/contract.ts'
import type { CloudAccess } from '../../openstack/access.ts'
import { type Cloud, openCloud } from '../../openstack/client.ts'
import type { HttpOptions } from '../../openstack/http.ts'
import { novaUsage } from '../../openstack/tenant-usage.ts'
import { type Fault, type RecordedCloud, recordedCloud } from '../support/cloud/recorded-cloud.ts'
import { freePort } from '../support/free-port.ts'
import { needs } from '../support/needs.ts'
import { selfSigned } from '../support/rabbitmq.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

describe('a client of OpenStack', () => {
  let server: RecordedCloud
  let cloud: Cloud
  /** What was slept, ms: nothing really is. */
  let slept: number[]
  let now: number
  let logged: string

  const clock: Clock = {
    now: () => now,
    monotonic: () => performance.now(),
    sleep: async (ms) => {
      slept.push(ms)
    },
  }
  const logger: Logger = {
    debug: (message, fields) => {
      logged += `${message} ${inspect(fields)}\n`
    },
    info: () => assert.fail(),
    warn: () => assert.fail(),
    error: () => assert.fail(),
    child: () => logger,
  }
  const access = (): CloudAccess => ({
    authUrl: server.url,
    credentials: { method: 'application_credential', id: 'ac1', secret: new Secret('hush-hush') },
    ...{ region: null, interface: 'public', ca: null, verify: true, endpoints: {} },
  })
  const open = (changes: Partial<CloudAccess> = {}, http: HttpOptions = {}) =>
    openCloud({ name: 'test', access: { ...access(), ...changes }, clock, logger, http })

  beforeEach(async () => {
    server = await recordedCloud()
    ;[slept, now, logged] = [[], Date.UTC(2026, 10, 22, 16, 20), '']
    cloud = open()
  })
  afterEach(async () => {
    cloud.close()
    await server.close()
  })

  const all = async (path: string, list: string, query = {}, service: 'compute' | 'image' = 'compute') => {
    const ids: unknown[] = []
    let pages = 0
    for await (const { body } of cloud.pages(service, path, list, query)) {
      pages++
      ids.push(...(body as Record<string, { id: string }[]>)[list]!.map(({ id }) => id))
    }
    return { ids, pages }
  }
  const signIns = () => server.requests.filter(({ method }) => method === 'POST').length
  const gets = (match: RegExp) => server.requests.filter(({ method, url }) => method === 'GET' && match.test(url))
  const says = (wanted: RegExp, code?: AppError['code']) => (error: unknown) => {
    assert.ok(error instanceof AppError, String(error))
    assert.match(error.message, wanted)
    if (code) assert.equal(error.code, code)
    assert.doesNotMatch(error.message, /hush-hush|gAAAA/)
    return true
  }

  describe('reads', () => {
    it('every page of a list, whatever host the links name', async () => {
      const { ids, pages } = await all('/servers/detail', 'servers', {
        all_tenants: 1,
        'changes-since': '2026-01-01T00:00:00Z',
        limit: 100,
      })
      assert.equal(pages, 6)
      assert.equal(new Set(ids).size, server.recorded.servers.length)
      assert.ok(gets(/servers/).every(({ url }) => url.includes('all_tenants=1')))
    })

    it('pages of Glance, whose links are relative', async () => {
      const { ids, pages } = await all('/images', 'images', { limit: 2 }, 'image')
      assert.deepEqual([pages, ids.length], [4, server.recorded.lists['image/images']!.entries.length])
    })

    it("usage by pages of instances, and adds the pages' parts of a project together", async () => {
      const usages = await novaUsage(cloud, { from: Date.UTC(2026, 10, 22, 16), to: Date.UTC(2026, 10, 22, 17) })
      const recorded = server.recorded.usage.flatMap(({ server_usages }) => server_usages)
      assert.equal(usages.length, recorded.length)
      assert.match(gets(/usage/)[0]!.url, /start=2026-11-22T16%3A00%3A00\.000&end=/)
    })

    it('with the pinned microversion, or less where the service knows less', async () => {
      await cloud.get('compute', '/servers/detail')
      assert.equal(gets(/detail/)[0]?.headers['openstack-api-version'], 'compute 2.93')
      assert.deepEqual(await cloud.speaks('volume').then(({ version, max }) => [version, max]), ['3.70', '3.70'])
    })

    it('with a request id of its own that the service logs', async () => {
      await cloud.get('compute', '/servers/detail')
      assert.match(String(gets(/detail/)[0]?.headers['x-openstack-request-id']), /^req-[0-9a-f-]{36}$/)
    })
  })

  describe('signs in', () => {
    it('once for many calls, and anew at 80 % of the life of a token', async () => {
      await Promise.all([cloud.get('compute', '/servers/detail'), cloud.get('compute', '/flavors/detail'), cloud.whoami()])
      assert.equal(signIns(), 1)
      now += 0.79 * 3_600_000
      await cloud.get('compute', '/servers/detail')
      assert.equal(signIns(), 1)
      now += 0.02 * 3_600_000
      await Promise.all([cloud.get('compute', '/servers/detail'), cloud.get('compute', '/flavors/detail')])
      assert.equal(signIns(), 2)
    })

    it('once more when a token was revoked, and repeats the call', async () => {
      await cloud.get('compute', '/servers/detail')
      server.revoke()
      await Promise.all([cloud.get('compute', '/servers/detail'), cloud.get('compute', '/flavors/detail')])
      assert.equal(signIns(), 2)
    })

    it('and gives up when a new token is refused too', async () => {
      await cloud.speaks('compute')
      server.breakOn(/detail/, { how: 'status', status: 401 }, 2)
      await assert.rejects(
        cloud.get('compute', '/servers/detail'),
        says(/compute: not signed in, also with a new token/, 'denied'),
      )
    })

    const refusedAs = (title: string, credentials: CloudAccess['credentials'], wanted: RegExp, headers = {}) =>
      it(title, async () => {
        server.refuseSignIn(401, 'The request you have made requires authentication.', headers)
        const other = open({ credentials })
        await assert.rejects(other.whoami(), says(wanted, 'denied'))
        other.close()
      })
    const user = (domain: { id: string } | { name: string }): CloudAccess['credentials'] => ({
      method: 'password',
      user: { name: 'anna', domain },
      password: new Secret('hush-hush'),
      scope: { kind: 'project', project: { id: 'p1' } },
    })
    refusedAs(
      'telling a wrong application credential',
      access0(),
      /application credential ac1 is refused .*has expired, or died with a role/,
    )
    refusedAs('telling a domain id from a domain name', user({ id: 'Default' }), /"Default" is a name \(its id is "default"\)/)
    refusedAs('telling a domain name from a domain id', user({ name: 'default' }), /"default" is an id \(its name is "Default"\)/)
    refusedAs('telling what else may be wrong', user({ id: 'default' }), /wrong password, wrong domain .*no role on the project/)
    refusedAs('telling that a second factor is wanted', user({ id: 'default' }), /more than one way \(MFA\)/, {
      'Openstack-Auth-Receipt': 'x',
    })

    it('telling an application credential that is not there from a Keystone that is not', async () => {
      server.refuseSignIn(404, 'Could not find Application Credential: ac1.')
      await assert.rejects(
        cloud.whoami(),
        says(/application credential ac1 is refused \(404\): Could not find .*make a new one/, 'denied'),
      )
      const elsewhere = open({ authUrl: server.url.replace('/5000/v3', '/identity') })
      await assert.rejects(elsewhere.whoami(), says(/identity: (no Keystone v3 at|.*\(401\))/))
      elsewhere.close()
    })

    function access0(): CloudAccess['credentials'] {
      return { method: 'application_credential', id: 'ac1', secret: new Secret('hush-hush') }
    }
  })

  describe('meets trouble', () => {
    const passes = (title: string, fault: Fault, waits: (slept: number[]) => boolean = (ms) => ms.length === 2) =>
      it(`and goes on after ${title}`, async () => {
        await cloud.speaks('compute')
        server.breakOn(/detail/, fault, 2)
        const { body } = await cloud.get('compute', '/servers/detail', { all_tenants: 1 })
        assert.ok((body as { servers: unknown[] }).servers.length > 0)
        assert.ok(waits(slept), String(slept))
      })
    passes('two connections that were reset', { how: 'reset' })
    passes('two answers that were cut half-way', { how: 'half' })
    passes('two 503', { how: 'status', status: 503 })
    passes('a 429, waiting as long as it was told', { how: 'status', status: 429, headers: { 'Retry-After': '7' } }, (ms) =>
      ms.every((one) => one === 7000),
    )
    passes(
      'a 413 that names an hour, waiting two minutes at the most',
      { how: 'status', status: 413, headers: { 'Retry-After': '3600' } },
      (ms) => ms.every((one) => one === 120_000),
    )

    const fails = (title: string, fault: Fault, wanted: RegExp, code: AppError['code'], tries: number) =>
      it(`and says so: ${title}`, async () => {
        await cloud.speaks('compute')
        server.breakOn(/detail/, fault, 99)
        await assert.rejects(
          cloud.get('compute', '/servers/detail', { all_tenants: 1 }, { role: 'role admin' }),
          says(wanted, code),
        )
        assert.equal(gets(/detail/).length, tries)
        assert.doesNotMatch(logged, /hush-hush|gAAAA/)
        assert.match(logged, /req-/)
      })
    const html = { 'Content-Type': 'text/html' }
    fails(
      'a proxy answers for a dead service',
      { how: 'status', status: 502, headers: html, body: '<html><title>502 Bad Gateway</title>' },
      /compute: a proxy answers for it \(502\): 502 Bad Gateway .*is the service up\?/,
      'unreachable',
      3,
    )
    fails(
      'the service fails',
      { how: 'status', status: 500, body: '{"computeFault":{"code":500,"message":"Unexpected API Error."}}' },
      /compute: failed \(500\): Unexpected API Error/,
      'unreachable',
      1,
    )
    fails(
      'the role does not suffice',
      { how: 'status', status: 403, body: '{"forbidden":{"code":403,"message":"Policy does not allow it"}}' },
      /not allowed \(403\): Policy does not allow it .*by default this needs role admin/,
      'denied',
      1,
    )
    fails('a list of versions instead of an answer', { how: 'status', status: 300 }, /list of versions \(300\)/, 'protocol', 1)
    fails('a version that is not spoken', { how: 'status', status: 406 }, /does not speak the version/, 'protocol', 1)
    fails(
      'a move',
      { how: 'status', status: 301, headers: { Location: 'https://new.example/' } },
      /sends us elsewhere \(301 to https:\/\/new.example\/\)/,
      'protocol',
      1,
    )
    fails(
      'HTML with status 200',
      { how: 'status', status: 200, body: '<html>sign in</html>' },
      /answers HTML instead of JSON/,
      'protocol',
      1,
    )
    fails('half of a JSON', { how: 'status', status: 200, body: '{"servers": [' }, /no JSON, or only half of it/, 'protocol', 1)
    fails(
      'connections that are reset again and again',
      { how: 'reset' },
      /was cut before the answer was complete/,
      'unreachable',
      3,
    )

    it('and says so: a list that is none', async () => {
      await cloud.speaks('compute')
      server.breakOn(/detail/, { how: 'status', status: 200, body: '{"servers": null}' })
      await assert.rejects(all('/servers/detail', 'servers'), says(/has no list "servers"/, 'protocol'))
    })

    it('and says so: pages that go round in a circle', async () => {
      await cloud.speaks('compute')
      const body = '{"servers": [{"id": "a"}], "servers_links": [{"rel": "next", "href": "http://x/?marker=a"}]}'
      server.breakOn(/detail/, { how: 'status', status: 200, body }, 9)
      await assert.rejects(all('/servers/detail', 'servers'), says(/go round in a circle at marker a/, 'protocol'))
    })

    it('and says so: an answer that does not come', async () => {
      const impatient = open({}, { readMs: 1000 })
      await impatient.speaks('compute')
      server.breakOn(/detail/, { how: 'silence' }, 9)
      await assert.rejects(impatient.get('compute', '/servers/detail'), says(/no answer within 1 s/, 'unreachable'))
      impatient.close()
    })

    it('and says so: an answer without an end', async () => {
      const small = open({}, { maxBytes: 10_000 })
      await assert.rejects(
        small.get('compute', '/servers/detail', { 'changes-since': '2026-01-01' }),
        says(/an answer of more than/, 'protocol'),
      )
      small.close()
    })

    it('and says so: nobody listens', async () => {
      const nowhere = open({ authUrl: `http://127.0.0.1:${await freePort()}/v3` })
      await assert.rejects(nowhere.whoami(), says(/identity: connection refused: nothing listens there/, 'unreachable'))
      nowhere.close()
    })

    it('and says so: something that is not HTTP', async () => {
      const babbler = createServer((socket) => {
        socket.on('error', () => undefined)
        socket.resume()
        socket.end('220 smtp.example.org ESMTP\r\n')
      })
      const port = await freePort()
      await new Promise<void>((listening) => babbler.listen(port, '127.0.0.1', listening))
      const wrong = open({ authUrl: `http://127.0.0.1:${port}/v3` })
      await assert.rejects(wrong.whoami(), says(/identity: does not speak HTTP here/, 'protocol'))
      wrong.close()
      await new Promise((closed) => babbler.close(closed))
    })

    it('and says so: TLS where there is none', async () => {
      const wrong = open({ authUrl: server.url.replace('http:', 'https:') })
      await assert.rejects(wrong.whoami(), says(/identity: (does not speak TLS here|the connection was cut)/))
      wrong.close()
    })

    it('and tells "not there" from "broken" where it is asked to', async () => {
      assert.equal(await cloud.find('compute', '/servers/none'), null)
      await assert.rejects(cloud.get('compute', '/servers/none'), says(/not found/, 'not-found'))
    })
  })

  describe('over TLS', () => {
    needs('/usr/bin/openssl', 'openssl')
    const directory = temporaryDirectory()
    let secure: Server
    let port: number
    let ca: string

    before(async () => {
      const { cert, key } = selfSigned(directory())
      ca = cert
      secure = createSecureServer({ cert: readFileSync(cert), key: readFileSync(key) }, (request, response) => {
        request.resume()
        response.writeHead(201, { 'X-Subject-Token': 'gAAAA' })
        response.end(
          JSON.stringify({
            token: { expires_at: '2026-11-22T17:20:00Z', user: { id: 'u' }, roles: [{ id: 'r', name: 'admin' }] },
          }),
        )
      })
      await new Promise<void>((ready) => secure.listen(0, '127.0.0.1', ready))
      port = (secure.address() as AddressInfo).port
    })
    after(() => {
      secure?.closeAllConnections()
      secure?.close()
    })

    const signIn = async (changes: Partial<CloudAccess>, host = 'localhost') => {
      const other = open({ authUrl: `https://${host}:${port}/v3`, ...changes })
      try {
        return (await other.whoami()).roles
      } finally {
        other.close()
      }
    }
    it('trusts the authority that was named, as a file or as text', async () => {
      assert.deepEqual(await signIn({ ca }), ['admin'])
      assert.deepEqual(await signIn({ ca: readFileSync(ca, 'utf8') }), ['admin'])
    })
    it('trusts anything where it was told to', async () => assert.deepEqual(await signIn({ verify: false }), ['admin']))
    it('says which authority is not known', () =>
      assert.rejects(signIn({}), says(/an authority that this machine does not know .*set `ca`/, 'protocol')))
    it('says when a certificate is of another name', () =>
      assert.rejects(signIn({ ca }, '127.0.0.1'), says(/for another name than 127.0.0.1/, 'protocol')))
    it('says when the file of the authority is not there', () =>
      assert.throws(() => open({ ca: '/nowhere.pem' }), says(/ca: \/nowhere.pem: cannot be read: ENOENT/, 'config')))
    it('says when plain HTTP is spoken to it', () =>
      assert.rejects(signIn({ authUrl: `http://localhost:${port}/v3` }), says(/identity: /)))
  })

  describe('chooses of the catalog', () => {
    const refuses = (title: string, changes: Partial<CloudAccess>, wanted: RegExp, prepare: () => void = () => undefined) =>
      it(title, async () => {
        prepare()
        const other = open(changes)
        await assert.rejects(other.get('volume', '/volumes/detail'), says(wanted, 'not-found'))
        other.close()
      })
    refuses(
      'nothing of another region',
      { region: 'RegionTwo' },
      /volume: not in region "RegionTwo" \(the catalog has it in RegionOne\)/,
    )
    refuses('nothing when the service is not there', {}, /volume: the catalog has no such service \(it has .*compute/, () => {
      server.recorded.catalog = server.recorded.catalog.filter(({ type }) => type !== 'volumev3')
    })
    refuses('nothing when it cannot know which region', {}, /in the regions RegionOne, RegionTwo: set `region`/, () => {
      const volume = server.recorded.catalog.find(({ type }) => type === 'volumev3')!
      volume.endpoints.push(...volume.endpoints.map((endpoint) => ({ ...endpoint, region_id: 'RegionTwo' })))
    })
    it('an address that was set instead', async () => {
      const other = open({ endpoints: { volume: server.url.replace('/5000/v3', '/8776/v3/0123456789abcdef0123456789abcdef') } })
      assert.equal((await other.get('volume', '/volumes/detail')).body !== null, true)
      other.close()
    })
  })
})
