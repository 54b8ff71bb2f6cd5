import assert from 'node:assert/strict'
import { alertJournal } from '../../store/journal/alerts.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { type Visitor, visitor } from '../support/ui-client.ts'
import { startUi, type TestUi } from '../support/ui-server.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

describe('the pages of who is on call', () => {
  const directory = temporaryDirectory()
  // Tuesday 24 November 2026, 13:00 in Rome
  const clock = new VirtualClock(Date.UTC(2026, 10, 24, 12))
  let ui: TestUi
  let nino: Visitor
  before(async () => {
    ui = await startUi(directory(), { clock, only: ['nino', 'olga', 'mara'] })
    nino = visitor(ui.url)
    await nino.signIn('nino')
  })
  after(() => ui.close())

  const answer = async (path: string) => (await (await nino.get(path)).json()) as Record<string, never>

  it('say who is, and who is next, as a page and as JSON', async () => {
    const { onCall } = (await answer('/oncall.json')) as unknown as {
      onCall: { rota: string; who: string; until: string; next: { who: string } }[]
    }
    assert.deepEqual(onCall[0], {
      ...{ rota: 'reperibili', who: 'g.verdi', since: '2026-11-23T08:00:00.000Z', until: '2026-11-30T08:00:00.000Z' },
      next: { who: 'l.bianchi', from: '2026-11-30T08:00:00.000Z', until: '2026-12-07T08:00:00.000Z' },
    })
    assert.match(await nino.text('/oncall'), /<strong><bdi>g\.verdi<\/bdi><\/strong>/)
    const then = (await answer('/oncall.json?at=2026-12-25T10:00')) as unknown as { onCall: { who: string }[] }
    assert.equal(then.onCall[0]?.who, 'l.bianchi')
    assert.equal((await nino.get('/oncall.json?at=nonsense')).status, 400)
  })

  it('take a stand-in, by the clock of the rota, into the audit trail, and take it back', async () => {
    const form = {
      rota: 'reperibili',
      who: 'l.bianchi',
      instead: 'g.verdi',
      from: '2026-11-25T09:00',
      to: '2026-11-26T09:00',
      comment: 'congresso',
    }
    assert.equal((await nino.submit('/oncall/overrides', form, '/oncall')).status, 303)
    const at = (await answer('/oncall.json?at=2026-11-25T09:00')) as unknown as { rows: { who: string; from: string }[] }
    assert.equal(at.rows[0]?.who, 'l.bianchi')
    const page = await nino.text('/oncall')
    const id = /name="override" value="([^"]+)"/.exec(page)?.[1] ?? ''
    assert.match(page, /congresso/)
    assert.ok(
      (await ui.accounts.trail(5)).some(
        ({ what, who, detail }) => what === 'oncall.override' && who === 'nino' && detail?.includes('l.bianchi for g.verdi'),
      ),
    )
    assert.equal((await nino.submit('/oncall/overrides/remove', { override: id }, '/oncall')).status, 303)
    assert.equal((await nino.submit('/oncall/overrides/remove', { override: id }, '/oncall')).status, 404)
  })

  it('refuse a stand-in that cannot be, and say why', async () => {
    const good = {
      rota: 'reperibili',
      who: 'l.bianchi',
      instead: '',
      from: '2026-11-25T09:00',
      to: '2026-11-26T09:00',
      comment: '',
    }
    const refused = async (over: Partial<typeof good>, why: RegExp) => {
      const response = await nino.submit('/oncall/overrides', { ...good, ...over }, '/oncall')
      assert.equal(response.status, 400)
      assert.match(await response.text(), why)
    }
    await refused({ rota: 'x' }, /no such rota/)
    await refused({ who: 'eve' }, /no such contact/)
    await refused({ instead: 'l.bianchi' }, /stand in for themselves/)
    await refused({ to: '2026-11-25T09:00' }, /end after it begins/)
    await refused({ from: 'now-2d', to: 'now-1d' }, /over already/)
    await refused({ to: '2028-01-01T00:00' }, /A year at the most/)
  })

  it('give a calendar to whoever has its secret address, until it is taken back', async () => {
    const opened = await nino.submit('/oncall/calendars', { contact: 'g.verdi' }, '/oncall')
    const address = /(\/calendar\/[\w-]+\.ics)/.exec(await opened.text())?.[1] ?? ''
    assert.match(address, /^\/calendar\/[\w-]{43}\.ics$/)
    const feed = await fetch(ui.url + address)
    assert.equal(feed.headers.get('content-type'), 'text/calendar; charset=utf-8')
    const text = await feed.text()
    assert.match(text, /^BEGIN:VCALENDAR\r\n/)
    assert.match(text, /DTSTART:20261123T080000Z\r\nDTEND:20261130T080000Z\r\nSUMMARY:On call: reperibili/)
    assert.doesNotMatch(text, /rossi/)
    assert.deepEqual(await (await fetch(ui.url + address)).text(), text)
    for (const wrong of ['/calendar/x.ics', address.replace(/.\.ics$/, '_.ics'), address.replace('.ics', '')])
      assert.equal((await fetch(ui.url + wrong)).status, 404)
    const olga = visitor(ui.url)
    await olga.signIn('olga')
    const id = /name="calendar" value="([^"]+)"/.exec(await nino.text('/oncall'))?.[1] ?? ''
    assert.doesNotMatch(await olga.text('/oncall'), /name="calendar"/)
    assert.equal((await olga.submit('/oncall/calendars/revoke', { calendar: id }, '/oncall')).status, 404)
    assert.equal((await nino.submit('/oncall/calendars/revoke', { calendar: id }, '/oncall')).status, 303)
    assert.equal((await fetch(ui.url + address)).status, 404)
    assert.equal(ui.database.all('SELECT * FROM rota_feed WHERE hash LIKE ?', `%${address.slice(10, 53)}%`).length, 0)
  })

  it('ask a phone for two taps: one that shows the button, and the button', async () => {
    const page = await nino.text('/phone')
    const check = /name="check" value="([^"]+)"/.exec(page)?.[1] ?? ''
    assert.match(page, /<summary class="button big">/)
    assert.equal(
      (await nino.submit('/problems/acknowledge', { check, back: '/phone' }, '/phone')).headers.get('location'),
      '/phone',
    )
    assert.doesNotMatch(await nino.text('/phone'), new RegExp(`value="${check}"`))
  })
})

describe('why somebody was (not) called', () => {
  const directory = temporaryDirectory()
  const clock = new VirtualClock(Date.UTC(2026, 10, 24, 12))
  let ui: TestUi
  let nino: Visitor
  let own: string
  before(async () => {
    ui = await startUi(directory(), { clock, only: ['nino', 'mara'] })
    nino = visitor(ui.url)
    await nino.signIn('nino')
    own = ui.cloud.instances[0]?.project ?? ''
    const journal = alertJournal(ui.database)
    const held = (check: string, contact: string, filter: string, reason: string) => ({
      ...{
        check,
        contact,
        filter,
        reason,
        time: clock.now() - 60_000,
        kind: 'problem' as const,
        state: 'critical' as const,
        notifier: '',
      },
      ...{ outcome: 'suppressed' as const, attempts: 0 },
    })
    const empty = { checks: [], removed: [], transitions: [], notifications: [], downtimes: [], comments: [] }
    await journal.commit({
      ...empty,
      held: [
        held('c1', 'anna', 'contact-period', 'outside the contact’s period "day"'),
        held('c1', '', 'downtime', 'a planned downtime'),
        held('c2', 'bruno', 'wish', 'the contact does not want warning'),
      ],
    })
    ui.database.run(`UPDATE notification SET project = ? WHERE check_id = 'c1'`, own)
    ui.database.run(`UPDATE notification SET project = 'elsewhere' WHERE check_id = 'c2'`)
  })
  after(() => ui.close())

  const rows = async (who: Visitor, query: string) =>
    (
      (await (await who.get(`/notifications.json${query}`)).json()) as {
        rows: { contact: string; filter: string; reason: string }[]
      }
    ).rows.map(({ contact, filter }) => `${contact} ${filter}`)

  it('is answered by contact, with what was held for everybody', async () => {
    assert.deepEqual(await rows(nino, '?contact=anna'), [' downtime', 'anna contact-period'])
  })
  it('is answered by check, project, outcome, words and time', async () => {
    assert.deepEqual(await rows(nino, '?check=c2'), ['bruno wish'])
    assert.deepEqual(await rows(nino, `?project=${own}`), [' downtime', 'anna contact-period'])
    assert.deepEqual(await rows(nino, '?outcome=sent'), [])
    assert.deepEqual(await rows(nino, '?q=planned'), [' downtime'])
    assert.deepEqual(await rows(nino, '?from=now-7d&to=now-1d'), [])
  })
  it('is for a manager in their own projects only, and without the names of everybody', async () => {
    const mara = visitor(ui.url)
    await mara.signIn('mara')
    assert.deepEqual(await rows(mara, ''), [' downtime', 'anna contact-period'])
    assert.deepEqual(await rows(mara, '?contact=bruno'), [' downtime'])
    assert.doesNotMatch(await mara.text('/notifications'), /<select name="contact"/)
  })
  it('says what the configuration says of it now', async () => {
    const check = ui.cloud.problems[0]?.check ?? ''
    assert.match(
      await nino.text(`/notifications?contact=m.rossi&check=${encodeURIComponent(check)}`),
      /m\.rossi is asked for problems of no-data/,
    )
    assert.match(await nino.text(`/notifications?contact=eve&check=${encodeURIComponent(check)}`), /There is no contact eve/)
  })
})
