import { roles } from '../model/access.ts'
import { systemClock } from '../model/clock.ts'
import { type AccountJournal, AppError } from '../model/contract.ts'
import { openAccounts } from '../store/journal/accounts.ts'
import { type Database, openDatabase, openDatabaseShared } from '../store/journal/database.ts'
import { oneOf, readArguments, required } from './arguments.ts'
import type { Command, CommandIo } from './command.ts'

const linkMs = 24 * 3_600_000

/** `specola account`: who may sign in. Works while `serve` runs: the pages read accounts anew at every request. */
export const command: Command = {
  name: 'account',
  summary: 'add local accounts, make sign-in links, list who may do what',
  usage: `usage: specola account add NAME --role ROLE [--project ID]… --data DIR [--url URL]
       specola account link NAME --data DIR [--url URL]
       specola account list --data DIR [--json]

ROLE is one of ${roles.join(', ')}. A manager, member or reader sees the projects named with --project, and nothing else.
add and link print a link that signs in once within 24 hours; the password is chosen on the page behind it.
URL is where people reach the pages (default http://127.0.0.1:8080).`,
  async run(args, io) {
    const { values, positionals } = readArguments({
      args: [...args],
      allowPositionals: true,
      options: {
        role: { type: 'string' },
        project: { type: 'string', multiple: true },
        data: { type: 'string' },
        url: { type: 'string', default: 'http://127.0.0.1:8080' },
        json: { type: 'boolean', default: false },
      },
    })
    const [what, name, ...rest] = positionals
    if (rest.length > 0) throw new AppError('usage', `account: too many words: ${rest.join(' ')}`)
    const database = open(required('data', values.data))
    try {
      const accounts = openAccounts(database)
      const url = values.url.replace(/\/$/, '')
      if (what === 'list' && name === undefined) return await list(accounts, values.json, io)
      if (name === undefined || (what !== 'add' && what !== 'link'))
        throw new AppError('usage', 'account: add NAME, link NAME or list')
      if (what === 'add') await add(accounts, name, values.role, values.project ?? [])
      return await link(accounts, name, url, io)
    } finally {
      database.close()
    }
  },
}

function open(directory: string): Database {
  try {
    return openDatabase(directory)
  } catch (error) {
    if (error instanceof AppError && error.code === 'locked') return openDatabaseShared(directory)
    throw error
  }
}

async function add(accounts: AccountJournal, name: string, given: string | undefined, projects: readonly string[]) {
  const role = oneOf('role', required('role', given), roles)
  const now = systemClock.now()
  await accounts.add({ name, role, projects }, now)
  await note(accounts, 'account.add', name, [role, ...projects].join(' '))
}

async function link(accounts: AccountJournal, name: string, url: string, io: CommandIo): Promise<number> {
  const now = systemClock.now()
  const token = await accounts.issueLink(name, now, now + linkMs)
  await note(accounts, 'account.link', name, null)
  io.out(`${url}/welcome/${token}`)
  return 0
}

async function list(accounts: AccountJournal, json: boolean, io: CommandIo): Promise<number> {
  const all = await accounts.accounts()
  if (json) io.out(JSON.stringify(all.map(({ name, role, projects, hasPassword }) => ({ name, role, projects, hasPassword }))))
  else
    for (const { name, role, projects, hasPassword } of all)
      io.out(`${name.padEnd(24)} ${role.padEnd(8)} ${hasPassword ? '' : '(no password yet) '}${projects.join(' ')}`.trimEnd())
  return 0
}

const note = (accounts: AccountJournal, what: string, object: string, detail: string | null) =>
  accounts.audit({ time: systemClock.now(), who: process.env.USER ?? 'command line', what, object, detail, from: null })
