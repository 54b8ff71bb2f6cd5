import { createHash, randomBytes } from 'node:crypto'
import type { Account, AuditEntry, Preferences, Role } from '../../model/access.ts'
import { type AccountJournal, AppError } from '../../model/contract.ts'
import type { Database } from './database.ts'
import { passwordHasher, requireStrong } from './password.ts'

interface AccountRow {
  name: string
  role: Role
  projects: string
  password: string | null
  preferences: string
  created_at: number
}

const plain: Preferences = { language: null, theme: null, zone: null, density: 'normal' }
const columns = 'name, role, projects, password, preferences, created_at'

/** Only the hash of a token is stored: whoever reads the journal cannot sign in with it. */
const digest = (token: string) => createHash('sha256').update(token).digest()
const freshToken = () => randomBytes(32).toString('base64url')

/** The accounts' part of the journal. */
export function openAccounts(database: Database): AccountJournal {
  const row = (name: string) => database.get<AccountRow>(`SELECT ${columns} FROM account WHERE name = ?`, name)
  const requireRow = (name: string) => {
    const found = row(name)
    if (!found) throw new AppError('not-found', `there is no account "${name}"; \`specola account list\` shows them`)
    return found
  }
  return {
    add: async ({ name, role, projects }, now) => {
      requireName(name)
      if (row(name)) throw new AppError('invalid', `there is already an account "${name}"`)
      const values = [name, role, JSON.stringify(projects), JSON.stringify(plain), now]
      database.run('INSERT INTO account (name, role, projects, preferences, created_at) VALUES (?, ?, ?, ?, ?)', ...values)
    },
    account: async (name) => {
      const found = row(name)
      return found ? toAccount(found) : null
    },
    accounts: async () => database.all<AccountRow>(`SELECT ${columns} FROM account ORDER BY name`).map(toAccount),
    prefer: async (name, preferences) => {
      requireRow(name)
      database.run('UPDATE account SET preferences = ? WHERE name = ?', JSON.stringify(preferences), name)
    },
    ...passwords(database, row, requireRow),
    ...links(database, row, requireRow),
    ...sessions(database, row, requireRow),
    ...audit(database),
  }
}

type Find = (name: string) => AccountRow | undefined
type Require = (name: string) => AccountRow

function passwords(database: Database, row: Find, requireRow: Require) {
  const hasher = passwordHasher()
  /** Checked when the name is unknown, so that the answer takes the same time. */
  let decoy: Promise<string> | null = null
  return {
    setPassword: async (name: string, password: string, _now: number, keep: string | null) => {
      requireRow(name)
      requireStrong(password)
      const hash = await hasher.hash(password)
      database.transaction(() => {
        database.run('UPDATE account SET password = ? WHERE name = ?', hash, name)
        database.run('DELETE FROM account_link WHERE account = ?', name)
        const kept = keep === null ? Buffer.alloc(0) : digest(keep)
        database.run('DELETE FROM session WHERE account = ? AND hash <> ?', name, kept)
      })
    },
    checkPassword: async (name: string, password: string) => {
      decoy ??= hasher.hash(freshToken())
      const found = row(name)
      const matches = await hasher.matches(password, found?.password ?? (await decoy))
      return found?.password && matches ? toAccount(found) : null
    },
  }
}

function links(database: Database, row: Find, requireRow: Require) {
  const peek = (token: string, now: number) => {
    const link = database.get<{ account: string }>(
      'SELECT account FROM account_link WHERE hash = ? AND expires_at > ?',
      digest(token),
      now,
    )
    const found = link && row(link.account)
    return found ? toAccount(found) : null
  }
  return {
    issueLink: async (name: string, _now: number, expiresAt: number) => {
      requireRow(name)
      const token = freshToken()
      database.transaction(() => {
        database.run('DELETE FROM account_link WHERE account = ?', name)
        database.run('INSERT INTO account_link VALUES (?, ?, ?)', digest(token), name, expiresAt)
      })
      return token
    },
    link: async (token: string, now: number) => peek(token, now),
    redeemLink: async (token: string, now: number) =>
      database.transaction(() => {
        const account = peek(token, now)
        const { changes } = database.run('DELETE FROM account_link WHERE hash = ?', digest(token))
        return changes === 1 ? account : null
      }),
  }
}

function sessions(database: Database, row: Find, requireRow: Require) {
  return {
    openSession: async (name: string, now: number, expiresAt: number, from: string | null) => {
      requireRow(name)
      const id = freshToken()
      database.transaction(() => {
        database.run('DELETE FROM session WHERE expires_at <= ?', now)
        database.run('INSERT INTO session VALUES (?, ?, ?, ?, ?)', digest(id), name, now, expiresAt, from)
      })
      return id
    },
    session: async (id: string, now: number) => {
      const open = database.get<{ account: string }>(
        'SELECT account FROM session WHERE hash = ? AND expires_at > ?',
        digest(id),
        now,
      )
      const found = open && row(open.account)
      return found ? toAccount(found) : null
    },
    closeSession: async (id: string) => {
      database.run('DELETE FROM session WHERE hash = ?', digest(id))
    },
  }
}

function audit(database: Database) {
  return {
    audit: async ({ time, who, what, object, detail, from }: AuditEntry) => {
      database.run(
        'INSERT INTO audit (time, who, what, object, detail, address) VALUES (?, ?, ?, ?, ?, ?)',
        time,
        who,
        what,
        object,
        detail,
        from,
      )
    },
    trail: async (limit: number) =>
      database.all<AuditEntry>(
        'SELECT time, who, what, object, detail, address AS "from" FROM audit ORDER BY seq DESC LIMIT ?',
        limit,
      ),
  }
}

function toAccount({ name, role, projects, password, preferences, created_at }: AccountRow): Account {
  return {
    name,
    role,
    projects: JSON.parse(projects) as string[],
    hasPassword: password !== null,
    createdAt: created_at,
    preferences: { ...plain, ...(JSON.parse(preferences) as Partial<Preferences>) },
  }
}

function requireName(name: string) {
  if (!/^[a-z0-9][a-z0-9._@-]{0,63}$/i.test(name))
    throw new AppError(
      'invalid',
      `"${name}" cannot be an account's name: letters, digits and . _ @ - only, at most 64 of them, a letter or digit first`,
    )
}
