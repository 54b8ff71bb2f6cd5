import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openAccounts } from '../../../store/journal/accounts.ts'
import { openDatabase } from '../../../store/journal/database.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const hour = 3_600_000
const now = Date.parse('2026-11-22T12:00:00Z')
const password = 'correct horse battery'

describe('local accounts', () => {
  const directory = temporaryDirectory()
  let database: ReturnType<typeof openDatabase>
  let accounts: ReturnType<typeof openAccounts>
  before(async () => {
    database = openDatabase(directory())
    accounts = openAccounts(database)
    await accounts.add({ name: 'anna', role: 'manager', projects: ['p1', 'p2'] }, now)
    await accounts.add({ name: 'bruno', role: 'noc', projects: [] }, now)
    await accounts.setPassword('anna', password, now, null)
  })
  after(() => database.close())

  it('remember role and projects', async () => {
    const anna = await accounts.account('anna')
    assert.equal(anna?.role, 'manager')
    assert.deepEqual(anna?.projects, ['p1', 'p2'])
    assert.equal(anna?.hasPassword, true)
    assert.deepEqual(
      (await accounts.accounts()).map(({ name }) => name),
      ['anna', 'bruno'],
    )
  })

  it('have a name only once, and only a plain one', async () => {
    await assert.rejects(accounts.add({ name: 'anna', role: 'noc', projects: [] }, now), /already an account/)
    for (const name of ['', 'a b', '-x', '<script>', `x${'y'.repeat(64)}`, 'a\nb'])
      await assert.rejects(accounts.add({ name, role: 'noc', projects: [] }, now), /cannot be an account's name/)
  })

  it('accept the right password only', async () => {
    assert.equal((await accounts.checkPassword('anna', password))?.name, 'anna')
    assert.equal(await accounts.checkPassword('anna', `${password} `), null)
    assert.equal(await accounts.checkPassword('anna', ''), null)
    assert.equal(await accounts.checkPassword('nobody', password), null)
  })

  it('without a password accept none', async () => {
    assert.equal(await accounts.checkPassword('bruno', ''), null)
    assert.equal(await accounts.checkPassword('bruno', password), null)
  })

  it('refuse a short password', async () => {
    await assert.rejects(accounts.setPassword('bruno', 'short', now, null), /at least 12 characters/)
    await assert.rejects(accounts.setPassword('bruno', 'x'.repeat(300), now, null), /at most 256/)
  })

  it('never store a password, a link or a session as it is', async () => {
    const link = await accounts.issueLink('bruno', now, now + hour)
    const session = await accounts.openSession('bruno', now, now + hour, '10.0.0.1')
    database.run('PRAGMA wal_checkpoint(TRUNCATE)')
    const bytes = readFileSync(join(directory(), 'journal.sqlite')).toString('latin1')
    for (const text of [password, link, session]) assert.ok(!bytes.includes(text), 'a secret is in the file')
    assert.match(bytes, /\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  })

  it('let a link sign in once', async () => {
    const token = await accounts.issueLink('bruno', now, now + hour)
    assert.equal((await accounts.link(token, now))?.name, 'bruno')
    assert.equal((await accounts.redeemLink(token, now))?.name, 'bruno')
    assert.equal(await accounts.redeemLink(token, now), null)
    assert.equal(await accounts.link(token, now), null)
  })

  it('let a link sign in only before it expires, and only the newest one', async () => {
    const first = await accounts.issueLink('bruno', now, now + hour)
    const second = await accounts.issueLink('bruno', now, now + hour)
    assert.equal(await accounts.redeemLink(first, now), null)
    assert.equal(await accounts.redeemLink(second, now + hour), null)
  })

  it('end their sessions at sign-out, at expiry and when the password changes', async () => {
    const one = await accounts.openSession('anna', now, now + hour, null)
    const two = await accounts.openSession('anna', now, now + hour, null)
    const three = await accounts.openSession('anna', now, now + hour, null)
    assert.equal((await accounts.session(one, now))?.name, 'anna')
    assert.equal(await accounts.session(one, now + hour), null)
    await accounts.closeSession(one, now)
    assert.equal(await accounts.session(one, now), null)
    await accounts.setPassword('anna', `${password}!`, now, two)
    assert.equal((await accounts.session(two, now))?.name, 'anna')
    assert.equal(await accounts.session(three, now), null)
    assert.equal(await accounts.session('guess', now), null)
  })

  it('leave a trail of who did what', async () => {
    const entry = { time: now, who: 'anna', what: 'session.open', object: null, detail: null, from: '10.0.0.1' }
    await accounts.audit(entry)
    assert.deepEqual({ ...(await accounts.trail(1))[0] }, entry)
  })
})
