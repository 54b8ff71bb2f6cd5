import assert from 'node:assert/strict'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { firstStartLink } from '../../ui/first-start.ts'
import { seal, sealingKey, unseal } from '../../ui/seal.ts'
import { fakeProjects } from '../support/fake-cloud.ts'
import { freePort } from '../support/free-port.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { visitor } from '../support/ui-client.ts'
import { password, startUi, type TestUi } from '../support/ui-server.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const hour = 3_600_000

describe('signing in', () => {
  const directory = temporaryDirectory()
  const clock = new VirtualClock(Date.UTC(2026, 10, 22, 12))
  let ui: TestUi
  before(async () => {
    ui = await startUi(directory(), { clock, only: ['ada', 'nino', 'mara'] })
  })
  after(() => ui.close())
  const arrive = () => visitor(ui.url)

  it('leads to the page that was asked for, and nowhere else', async () => {
    const from = async (next: string) => {
      const person = arrive()
      const response = await person.submit('/login', { name: 'nino', password, next }, '/login')
      return response.headers.get('location')
    }
    assert.equal(await from('/instances?q=db'), '/instances?q=db')
    for (const next of [
      'https://evil.example/',
      '//evil.example',
      '/\\evil.example',
      'javascript:alert(1)',
      '/\r\nSet-Cookie: x=1',
    ])
      assert.equal(await from(next), '/problems', next)
  })

  it('says the same for an unknown name and for a wrong password', async () => {
    const words = async (name: string) => {
      const response = await arrive().submit('/login', { name, password: 'not this one at all' }, '/login')
      assert.equal(response.status, 401)
      return (await response.text()).replaceAll(/value="[^"]*"/g, '').replaceAll(/data-now="\d+"/g, '')
    }
    assert.equal(await words('nino'), await words('nobody'))
  })

  it('is slowed down after a few wrong tries, and recovers', async () => {
    const person = arrive()
    const csrf = await person.token('/login')
    const statuses: number[] = []
    for (let n = 0; n < 9; n++)
      statuses.push((await person.post('/login', { csrf, name: 'mara', password: `wrong guess ${n}` })).status)
    assert.deepEqual(statuses, [401, 401, 401, 401, 401, 401, 401, 401, 429])
    assert.equal((await person.post('/login', { csrf, name: 'mara', password })).status, 429)
    await clock.advance(hour / 4)
    assert.equal((await person.submit('/login', { name: 'mara', password }, '/login')).status, 303)
  })

  it('is written down, refusals too', async () => {
    const trail = await ui.accounts.trail(50)
    assert.ok(trail.some(({ what, who, from }) => what === 'session.open' && who === 'nino' && from === '127.0.0.1'))
    assert.ok(trail.some(({ what, who }) => what === 'session.refused' && who === 'nobody'))
  })

  it('gives a new session: what was known before is worth nothing', async () => {
    const person = arrive()
    const csrf = await person.token('/login')
    const before = new Map(person.jar)
    await person.signIn('nino')
    const thief = arrive()
    for (const [name, value] of before) thief.jar.set(name, value)
    assert.equal((await thief.get('/problems')).status, 303)
    assert.equal((await person.post('/logout', { csrf })).status, 403)
  })

  describe('with a link', () => {
    it('works once, and only by pressing the button', async () => {
      const token = await ui.accounts.issueLink('olga', clock.now(), clock.now() + hour)
      const path = `/welcome/${token}`
      for (let n = 0; n < 3; n++) assert.match(await arrive().text(path), /signs you in as olga/)
      const person = arrive()
      const response = await person.submit(path, {}, path)
      assert.equal(response.headers.get('location'), '/password')
      assert.equal((await person.get('/problems')).status, 200)
      const late = arrive()
      assert.equal((await late.get(path)).status, 410)
      await late.submit(path, {}, '/login')
      assert.equal((await late.get('/problems')).status, 303)
    })

    it('stops working when it is too old', async () => {
      const token = await ui.accounts.issueLink('olga', clock.now(), clock.now() + hour)
      await clock.advance(hour)
      assert.equal((await arrive().get(`/welcome/${token}`)).status, 410)
    })

    it('lets the password be chosen, and the weak and the mistyped are refused', async () => {
      const token = await ui.accounts.issueLink('olga', clock.now(), clock.now() + hour)
      const person = arrive()
      await person.submit(`/welcome/${token}`, {}, `/welcome/${token}`)
      const choose = (first: string, again: string) => person.submit('/password', { password: first, again }, '/password')
      assert.equal((await choose('short', 'short')).status, 422)
      assert.equal((await choose(password, `${password}x`)).status, 422)
      assert.equal((await choose(password, password)).status, 303)
      assert.equal((await person.get('/problems')).status, 200)
      // From now on the old password is asked for.
      assert.equal((await choose('another long sentence', 'another long sentence')).status, 422)
    })

    it('greets the first person of a new installation, until there is a password', async () => {
      const other = await startUi(join(directory(), 'empty'), { clock, only: [] })
      try {
        const names = (await other.accounts.accounts()).map(({ name }) => name)
        assert.ok(!names.includes('admin'))
        assert.equal(await firstStartLink(other.accounts, other.url, clock.now()), null)
        await other.accounts.add({ name: 'admin', role: 'admin', projects: [] }, clock.now())
        const link = await firstStartLink(other.accounts, other.url, clock.now())
        assert.match(link ?? '', /^http:\/\/127\.0\.0\.1:\d+\/welcome\/[\w-]{43}$/)
        const person = visitor(other.url)
        const path = new URL(link ?? '').pathname
        await person.submit(path, {}, path)
        assert.equal((await person.get('/problems')).status, 200)
        await other.accounts.setPassword('admin', password, clock.now(), null)
        assert.equal(await firstStartLink(other.accounts, other.url, clock.now()), null)
      } finally {
        await other.close()
      }
    })
  })
})

describe('a session', () => {
  const directory = temporaryDirectory()
  const clock = new VirtualClock(Date.UTC(2026, 10, 22, 12))
  let ui: TestUi
  before(async () => {
    ui = await startUi(directory(), { clock, only: ['ada', 'nino', 'mara'] })
  })
  after(() => ui.close())
  const enter = async (name = 'nino') => {
    const person = visitor(ui.url)
    await person.signIn(name)
    return person
  }

  it('lives in one cookie that scripts cannot read and other sites cannot send', async () => {
    const person = visitor(ui.url)
    const response = await person.signIn('nino')
    const cookies = response.headers.getSetCookie()
    assert.ok(cookies.length > 0)
    for (const cookie of cookies) assert.match(cookie, /^specola=[\w-]+; Path=\/; HttpOnly; SameSite=Lax$/)
  })

  it('is marked Secure behind https', async () => {
    const port = await freePort()
    const config = { publicUrl: 'https://specola.example.it', listen: `127.0.0.1:${port}` }
    const other = await startUi(join(directory(), 'https'), { clock, only: [], config })
    assert.equal(other.url, 'https://specola.example.it')
    const response = await fetch(`http://127.0.0.1:${port}/login`)
    assert.match(response.headers.getSetCookie().join(), /^__Host-specola=[\w-]+; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
    assert.match(response.headers.get('strict-transport-security') ?? '', /max-age/)
    await other.close()
  })

  it('does not survive any change to its cookie', async () => {
    const person = await enter()
    const value = person.jar.get('specola') ?? ''
    for (let at = 0; at < value.length; at += 7) {
      const broken = value.slice(0, at) + (value[at] === 'A' ? 'B' : 'A') + value.slice(at + 1)
      person.jar.set('specola', broken)
      assert.equal((await person.get('/session')).status, 401, `changed at ${at}`)
    }
    for (const garbage of ['', 'x', '../../..', 'A'.repeat(9000), '%00']) {
      person.jar.set('specola', garbage)
      assert.equal((await person.get('/session')).status, 401)
    }
    person.jar.set('specola', value)
    assert.equal((await person.get('/session')).status, 200)
  })

  it('cannot be made with another key, or out of what was sealed for something else', () => {
    const key = Buffer.alloc(32, 1)
    assert.deepEqual(unseal(key, seal(key, { id: 'x' })), { id: 'x' })
    assert.equal(unseal(Buffer.alloc(32, 2), seal(key, { id: 'x' })), null)
    assert.equal(unseal(key, seal(key, { id: 'x' }).slice(0, -1)), null)
  })

  it('ends at sign-out, also for who kept the cookie', async () => {
    const person = await enter()
    const kept = person.jar.get('specola') ?? ''
    await person.submit('/logout', {}, '/problems')
    assert.equal((await person.get('/problems')).status, 303)
    person.jar.set('specola', kept)
    assert.equal((await person.get('/problems')).status, 303)
  })

  it('ends when nobody has looked for two hours', async () => {
    const person = await enter()
    await clock.advance(1.9 * hour)
    assert.equal((await person.get('/problems')).status, 200)
    await clock.advance(1.9 * hour)
    assert.equal((await person.get('/problems')).status, 200)
    await clock.advance(2 * hour)
    assert.equal((await person.get('/problems')).status, 303)
  })

  it('ends after twelve hours, however busy', async () => {
    const person = await enter()
    for (let n = 0; n < 11; n++) {
      await clock.advance(hour)
      assert.equal((await person.get('/session')).status, 200, `after ${n + 1} h`)
    }
    await clock.advance(hour)
    assert.equal((await person.get('/session')).status, 401)
  })

  it('ends everywhere when the password changes, but here', async () => {
    const [here, there] = [await enter('mara'), await enter('mara')]
    const fresh = 'una frase del tutto nuova'
    const response = await here.submit('/password', { current: password, password: fresh, again: fresh }, '/password')
    assert.equal(response.status, 303)
    assert.equal((await here.get('/problems')).status, 200)
    assert.equal((await there.get('/problems')).status, 303)
  })

  it('has a key that only its owner may read', () => {
    const file = join(directory(), 'session.key')
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.deepEqual(sealingKey(directory()), readFileSync(file))
    writeFileSync(join(directory(), 'https', 'session.key'), 'short')
    assert.throws(() => sealingKey(join(directory(), 'https')), /not a key of 32 bytes/)
  })
})

describe('forms', () => {
  const directory = temporaryDirectory()
  let ui: TestUi
  before(async () => {
    ui = await startUi(directory(), { only: ['nino', 'ada'] })
  })
  after(() => ui.close())

  const forms: [string, Record<string, string>][] = [
    ['/problems/acknowledge', { comment: 'mine' }],
    ['/problems/unacknowledge', {}],
    ['/downtimes', { lasts: '2h' }],
    ['/downtimes/cancel', {}],
    ['/preferences', { theme: 'dark' }],
    ['/password', { password: 'x'.repeat(20), again: 'x'.repeat(20) }],
    ['/logout', {}],
  ]
  for (const [path, form] of forms)
    it(`to ${path} are refused without the token of this very session`, async () => {
      const person = visitor(ui.url)
      const other = visitor(ui.url)
      await person.signIn('nino')
      await other.signIn('ada')
      const check = ui.cloud.problems[1]?.check ?? ''
      const foreign = await other.token('/problems')
      const own = await person.token('/problems')
      for (const csrf of ['', 'x', foreign, own.slice(0, -2), `${own}AA`])
        assert.equal((await person.post(path, { ...form, check, csrf })).status, 403, csrf)
      assert.equal((await person.post(path, { ...form, check, csrf: own }, { 'sec-fetch-site': 'cross-site' })).status, 403)
      assert.equal((await person.post(path, { ...form, check, csrf: own }, { origin: 'https://evil.example' })).status, 403)
      assert.equal((await person.get('/session')).status, 200)
      assert.equal(ui.cloud.problems[1]?.acknowledgement, null)
    })

  it('carry a token that is never twice the same', async () => {
    const person = visitor(ui.url)
    await person.signIn('nino')
    const tokens = new Set([await person.token('/problems'), await person.token('/problems'), await person.token('/problems')])
    assert.equal(tokens.size, 3)
  })

  it('that are too large are refused', async () => {
    const person = visitor(ui.url)
    await person.signIn('nino')
    const response = await person.post('/preferences', { csrf: await person.token('/problems'), theme: 'x'.repeat(100_000) })
    assert.equal(response.status, 413)
  })

  it('acknowledge a problem: who, when and why are shown, and it is in the audit trail', async () => {
    const person = visitor(ui.url)
    await person.signIn('nino')
    const check = ui.cloud.problems[1]?.check ?? ''
    const response = await person.submit(
      '/problems/acknowledge',
      { check, comment: '  guardo io <b>  ', back: `/checks/${encodeURIComponent(check)}` },
      '/problems',
    )
    assert.equal(response.headers.get('location'), `/checks/${encodeURIComponent(check)}`)
    const page = await person.text(`/checks/${encodeURIComponent(check)}`)
    assert.match(page, /<strong>nino<\/strong> took it at <time[^>]*>\d\d:\d\d:\d\d<\/time>/)
    assert.match(page, /<q>guardo io &lt;b&gt;<\/q>/)
    const [entry] = (await ui.accounts.trail(10)).filter(({ what }) => what === 'problem.acknowledge')
    assert.deepEqual([entry?.who, entry?.object, entry?.detail, entry?.from], ['nino', check, 'guardo io <b>', '127.0.0.1'])
    await person.submit('/problems/unacknowledge', { check }, '/problems')
    assert.doesNotMatch(await person.text(`/checks/${encodeURIComponent(check)}`), /took it at/)
  })

  it('plan a downtime and cancel it: shown on the page of the check, and in the audit trail', async () => {
    const person = visitor(ui.url)
    await person.signIn('nino')
    const check = ui.cloud.problems[1]?.check ?? ''
    const page = `/checks/${encodeURIComponent(check)}`
    const form = { check, comment: 'new kernel <b>', lasts: '4h', back: page }
    assert.equal((await person.submit('/downtimes', form, '/problems')).headers.get('location'), page)
    const shown = await person.text(page)
    assert.match(shown, /under way/)
    assert.match(shown, /<q>new kernel &lt;b&gt;<\/q>/)
    const downtime = /name="downtime" value="([^"]+)"/.exec(shown)?.[1] ?? ''
    assert.equal((await person.submit('/downtimes/cancel', { downtime, back: page }, '/problems')).status, 303)
    assert.match(await person.text(page), /cancelled/)
    assert.equal((await person.submit('/downtimes/cancel', { downtime }, '/problems')).status, 404)
    assert.equal((await person.submit('/downtimes', { ...form, lasts: 'ever' }, '/problems')).status, 400)
    assert.equal((await person.submit('/downtimes', { ...form, check: 'nothing' }, '/problems')).status, 404)
    const trail = (await ui.accounts.trail(10)).map(({ what }) => what)
    assert.ok(trail.includes('downtime.schedule') && trail.includes('downtime.cancel'))
  })

  it('set preferences that pages then follow', async () => {
    const person = visitor(ui.url)
    await person.signIn('ada')
    await person.submit(
      '/preferences',
      { language: 'it', theme: 'dark', density: 'compact', zone: 'UTC', back: '/events' },
      '/problems',
    )
    const page = await person.text('/problems')
    assert.match(page, /<html lang="it" data-theme="dark" data-density="compact" data-day="g" data-zone="UTC"/)
    assert.match(page, /<h1>Problemi<\/h1>/)
    await person.submit('/preferences', { language: 'klingon', theme: '"><script>', zone: 'Mars/Base' }, '/problems')
    assert.match(await person.text('/problems'), /<html lang="en" data-theme="auto" data-density="compact"/)
  })
})

describe('every answer', () => {
  const directory = temporaryDirectory()
  let ui: TestUi
  before(async () => {
    ui = await startUi(directory(), { only: ['ada'] })
  })
  after(() => ui.close())

  it('forbids what does not come from here, and framing, sniffing and caching', async () => {
    const person = visitor(ui.url)
    await person.signIn('ada')
    for (const path of [
      '/login',
      '/problems',
      '/nothing',
      '/api/v1/openapi.json',
      '/healthz',
      '/instances.csv',
      '/events?from=x',
      `/projects/${fakeProjects[0].id}`,
    ]) {
      const { headers } = await person.get(path)
      const csp = headers.get('content-security-policy') ?? ''
      assert.match(csp, /^default-src 'self';/)
      assert.match(csp, /frame-ancestors 'none'/)
      assert.doesNotMatch(csp, /unsafe|https?:|\*/)
      assert.equal(headers.get('x-content-type-options'), 'nosniff')
      assert.equal(headers.get('cache-control'), 'no-store')
      assert.equal(headers.get('x-powered-by'), null)
    }
  })

  it('has no inline script, style or handler for the policy to forbid', async () => {
    const person = visitor(ui.url)
    await person.signIn('ada')
    for (const path of [
      '/problems',
      '/wall',
      '/events',
      '/instances',
      `/instances/${ui.cloud.instances[1]?.id}`,
      '/projects',
      '/health',
      '/engine',
      '/fatigue',
      '/password',
    ]) {
      const page = await person.text(path)
      assert.doesNotMatch(page, /<script(?![^>]* src=)|<style| style="| on\w+="|javascript:/i, path)
    }
  })

  it('of a broken request is a page or JSON, never a stack', async () => {
    for (const path of [
      '/%',
      '/problems?state=%',
      '/instances/%ff',
      `/events/${'9'.repeat(30)}`,
      `/instances?page=-1&sort=__proto__&q=${'x'.repeat(2000)}`,
      '/events?before=1.1.1&type=__proto__',
    ]) {
      const person = visitor(ui.url)
      await person.signIn('ada')
      const response = await person.get(path)
      assert.ok(response.status < 500, `${path} ${response.status}`)
      assert.doesNotMatch(await response.text(), /node_modules|\.ts:\d+/)
    }
  })
})
