import assert from 'node:assert/strict'
import { command } from '../../cli/account.ts'
import { systemClock } from '../../model/clock.ts'
import { openAccounts } from '../../store/journal/accounts.ts'
import { openDatabase } from '../../store/journal/database.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

async function run(...args: string[]) {
  const out: string[] = []
  const code = await command.run(args, { out: (text) => out.push(text), err: () => {} })
  return { code, out }
}

describe('specola account', () => {
  const directory = temporaryDirectory()
  const data = () => ['--data', directory()]

  it('adds an account and prints the link that signs it in once', async () => {
    const { code, out } = await run('add', 'mara', '--role', 'manager', '--project', 'p1', '--project', 'p2', ...data())
    assert.equal(code, 0)
    const token = /^http:\/\/127\.0\.0\.1:8080\/welcome\/([\w-]{43})$/.exec(out[0] ?? '')?.[1] ?? ''
    const database = openDatabase(directory())
    const accounts = openAccounts(database)
    const account = await accounts.redeemLink(token, systemClock.now())
    assert.deepEqual([account?.role, account?.projects], ['manager', ['p1', 'p2']])
    assert.equal(await accounts.redeemLink(token, systemClock.now()), null)
    database.close()
  })

  it('makes a new link while the pages are being served from the same directory', async () => {
    const owner = openDatabase(directory())
    const { out } = await run('link', 'mara', '--url', 'https://specola.example.it/', ...data())
    const token = /^https:\/\/specola\.example\.it\/welcome\/(.+)$/.exec(out[0] ?? '')?.[1] ?? ''
    assert.equal((await openAccounts(owner).link(token, systemClock.now()))?.name, 'mara')
    owner.close()
  })

  it('lists who may sign in', async () => {
    const { out } = await run('list', ...data())
    assert.match(out[0] ?? '', /^mara +manager +\(no password yet\) p1 p2$/)
    assert.deepEqual(JSON.parse((await run('list', '--json', ...data())).out[0] ?? ''), [
      { name: 'mara', role: 'manager', projects: ['p1', 'p2'], hasPassword: false },
    ])
  })

  it('says what is wrong', async () => {
    await assert.rejects(run('add', 'x', '--role', 'boss', ...data()), /--role: "boss" is none of admin/)
    await assert.rejects(run('link', 'nobody', ...data()), /no account "nobody"/)
    await assert.rejects(run('add', 'mara', '--role', 'noc', ...data()), /already an account/)
    await assert.rejects(run('list'), /--data is missing/)
    await assert.rejects(run('list', '--wrong', ...data()), /--wrong/)
    await assert.rejects(run('dance', ...data()), /add NAME, link NAME or list/)
  })
})
