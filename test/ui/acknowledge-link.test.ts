import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { everything } from '../../model/access.ts'
import { instance, links, type Scene, scene } from '../support/alerting.ts'
import { spokenScene } from '../support/spoken.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { type Visitor, visitor } from '../support/ui-client.ts'
import { startUi, type TestUi } from '../support/ui-server.ts'

/** The pages before a real engine: a link comes out of a message that was really sent. */
describe('the link in a message', () => {
  const root = temporaryDirectory()
  let s: Scene
  let ui: TestUi
  let t: ReturnType<typeof spokenScene>
  let guest: Visitor
  before(async () => {
    t = spokenScene()
    const rules = 'rules: [{ name: spoken, plugin: spoken, interval: 1h, attempts: 1, repeat: 0s }]'
    const section = `{ kept: {}, contacts: [{ name: anna, kept: anna }, { name: mara, kept: mara, role: manager, projects: [p1] }] }`
    s = await scene({ directory: mkdtempSync(join(root(), 'alerts-')), rules, section, plugins: t.plugins })
    s.inventory.all = [instance('web'), instance('db')]
    await s.pass(43_000)
    ui = await startUi(mkdtempSync(join(root(), 'ui-')), {
      clock: s.clock,
      only: [],
      deps: { alerts: s.journal, commands: s.commands, calendars: s.calendars, links },
    })
  })
  after(async () => {
    await ui.close()
    await s.stop()
  })
  beforeEach(async () => {
    await become('ok', 'web', 'db')
    t.sent.length = 0
    guest = visitor(ui.url)
  })
  const become = async (state: 'ok' | 'critical', ...names: string[]) => {
    for (const name of names) t.word.set(name, state)
    s.checkNow(names.map((id) => ({ kind: 'instance', id })))
    await s.pass(3000)
  }
  /** The path of the link that anna was sent for this instance. */
  const linkOf = (name: string) => {
    const link = t.sent.find(({ to, message }) => to === 'anna' && message.problem.targetName === name)?.message.acknowledge
    assert.ok(link?.startsWith('https://specola.example/ack/'))
    return new URL(link ?? '').pathname
  }
  const taken = async (name: string) => {
    const [check] = await s.journal.checksOf(everything, { kind: 'instance', id: name })
    return check?.acknowledgement?.author ?? null
  }
  const press = async (path: string, form: Record<string, string> = {}) => guest.submit(path, form, path)

  it('takes the problem as the contact that got it, without signing in; looking alone changes nothing', async () => {
    await become('critical', 'web')
    const path = linkOf('web')
    for (let n = 0; n < 3; n++) assert.equal((await guest.get(path)).status, 200)
    assert.equal((await fetch(ui.url + path, { method: 'HEAD' })).status, 200)
    assert.equal(await taken('web'), null)
    assert.match(await guest.text(path), /You take it as anna/)
    const answer = await press(path, { comment: 'on my way' })
    assert.equal(answer.status, 200)
    assert.match(await answer.text(), /Taken\. Nobody else is woken/)
    assert.equal(await taken('web'), 'anna')
    const trail = await ui.accounts.trail(5)
    assert.ok(
      trail.some(({ who, what, detail }) => who === 'anna' && what === 'problem.acknowledge' && detail?.includes('on my way')),
    )
  })

  it('is in problems only, and only for those who may acknowledge', async () => {
    await become('critical', 'web')
    await become('ok', 'web')
    assert.deepEqual(t.sent.map(({ to, message }) => `${to} ${message.kind} ${message.acknowledge !== undefined}`).sort(), [
      'anna problem true',
      'anna recovery false',
      'mara problem false',
      'mara recovery false',
    ])
  })

  it('is kept nowhere on disk', async () => {
    t.answers.set('anna', { ok: false, retry: true, reason: 'away' })
    await become('critical', 'web')
    const [waiting] = await s.journal.waitingFor({ notifier: 'kept', to: 'anna' }, Number.MAX_SAFE_INTEGER, 1)
    assert.equal(waiting?.message.kind, 'problem')
    assert.equal(waiting?.message.acknowledge, undefined)
    t.answers.delete('anna')
    await s.pass(60_000)
  })

  it('works once: replayed it does nothing, also after somebody gave the problem back', async () => {
    await become('critical', 'web')
    const path = linkOf('web')
    await press(path)
    const [check] = await s.journal.checksOf(everything, { kind: 'instance', id: 'web' })
    assert.equal(await s.commands.unacknowledge(everything, check?.check ?? '', 'bruno'), true)
    const token = await guest.token('/login')
    const again = await guest.post(path, { csrf: token })
    assert.equal(again.status, 410)
    assert.equal(await taken('web'), null)
  })

  it('of two at the same moment one takes it', async () => {
    await become('critical', 'web')
    const path = linkOf('web')
    const csrf = await guest.token(path)
    const answers = await Promise.all([1, 2, 3].map(() => guest.post(path, { csrf })))
    const texts = await Promise.all(answers.map((answer) => answer.text()))
    assert.equal(texts.filter((text) => /Nobody else is woken/.test(text)).length, 1)
    assert.equal(await taken('web'), 'anna')
  })

  it('is not for the next problem of the check', async () => {
    await become('critical', 'web')
    const path = linkOf('web')
    await become('ok', 'web')
    assert.equal((await guest.get(path)).status, 410)
    await become('critical', 'web')
    const old = await guest.get(path)
    assert.equal(old.status, 410)
    assert.match(await old.text(), /That problem is over/)
    const csrf = await guest.token('/login')
    assert.equal((await guest.post(path, { csrf })).status, 410)
    assert.equal(await taken('web'), null)
  })

  it('expires', async () => {
    await become('critical', 'web')
    const path = linkOf('web')
    const claim = links.read(path.slice('/ack/'.length))
    assert.ok(claim)
    const late = `/ack/${links.make({ ...claim, expires: s.clock.now() })}`
    assert.equal((await guest.get(late)).status, 410)
    const csrf = await guest.token('/login')
    assert.equal((await guest.post(late, { csrf })).status, 410)
    assert.equal(await taken('web'), null)
  })

  it('cannot be forged: not for another check, contact, problem or time, and not with another key', async () => {
    await become('critical', 'web', 'db')
    const token = linkOf('web').slice('/ack/'.length)
    const claim = links.read(token)
    assert.ok(claim)
    const [db] = await s.journal.checksOf(everything, { kind: 'instance', id: 'db' })
    const bytes = Buffer.from(token, 'base64url')
    const signature = bytes.subarray(0, 32)
    const withPayload = (payload: unknown[]) =>
      Buffer.concat([signature, Buffer.from(JSON.stringify(payload))]).toString('base64url')
    const { check, began, contact, expires } = claim
    const { acknowledgeLinks } = await import('../../alerter/acknowledge-link.ts')
    const forged = [
      withPayload([db?.check, began, contact, expires]),
      withPayload([check, began, 'root', expires]),
      withPayload([check, began + 1, contact, expires]),
      withPayload([check, began, contact, expires * 2]),
      acknowledgeLinks(Buffer.alloc(32, 8)).make({ ...claim, check: db?.check ?? '' }),
      acknowledgeLinks('another secret').make(claim),
      `${token}A`,
      `${token}=`,
      token.slice(0, -1),
      token.slice(0, 43),
      '',
      'x',
      'A'.repeat(5000),
      Buffer.alloc(32).toString('base64url'),
      ...Array.from({ length: 40 }, (_, n) => {
        const flipped = Buffer.from(bytes)
        const at = Math.floor((n * bytes.length) / 40)
        flipped[at] = (flipped[at] as number) ^ (1 << (n % 8))
        return flipped.toString('base64url')
      }),
    ]
    for (const text of forged) assert.equal(links.read(text), null, text)
    const csrf = await guest.token('/login')
    for (const text of forged.slice(0, 8)) {
      const answer = await guest.post(`/ack/${encodeURIComponent(text)}`, { csrf })
      assert.equal(answer.status, 404, text)
    }
    assert.deepEqual([await taken('web'), await taken('db')], [null, null])
  })

  it('is not pressed by another site, nor without the page’s own token', async () => {
    await become('critical', 'web')
    const path = linkOf('web')
    const csrf = await guest.token(path)
    const attempts = await Promise.all([
      guest.post(path, {}),
      guest.post(path, { csrf: 'x' }),
      guest.post(path, { csrf }, { origin: 'https://evil.example' }),
      guest.post(path, { csrf }, { 'sec-fetch-site': 'cross-site' }),
      visitor(ui.url).post(path, { csrf }),
    ])
    assert.deepEqual(
      attempts.map(({ status }) => status),
      [403, 403, 403, 403, 403],
    )
    assert.equal(await taken('web'), null)
  })

  it('tells whoever comes late who has it', async () => {
    await become('critical', 'web')
    const [check] = await s.journal.checksOf(everything, { kind: 'instance', id: 'web' })
    await s.commands.acknowledge(everything, check?.check ?? '', 'bruno', 'mine', false)
    const page = await guest.text(linkOf('web'))
    assert.match(page, /Somebody has it already/)
    assert.match(page, /bruno/)
    assert.doesNotMatch(page, /<form/)
  })
})
