import type { Request, Response } from 'express'
import type { Account } from '../model/access.ts'
import type { AccountJournal } from '../model/contract.ts'
import { csrfSecret } from './csrf.ts'
import { seal, unseal } from './seal.ts'

/** What the cookie carries, sealed. `id` is null for a browser that has not signed in: it still needs form tokens. */
export interface Ticket {
  id: string | null
  csrf: string
  /** When it was signed in, and when a page was last asked for; epoch ms. */
  opened: number
  seen: number
}

export interface SessionLimits {
  lifetime: number
  idle: number
}

/** Cookies are sealed anew at most this often: enough to tell an idle browser. */
const renewMs = 60_000

export const anonymous = (now: number): Ticket => ({ id: null, csrf: csrfSecret(), opened: now, seen: now })

/** Whether a ticket is still good, by its own dates. Dates from the future are not believed. */
export function inTime(ticket: Ticket, now: number, { lifetime, idle }: SessionLimits): boolean {
  return ticket.opened <= now + renewMs && now < ticket.opened + lifetime && now < ticket.seen + idle
}

/** A person's session: read from the request, opened at sign-in, ended at sign-out. */
export function sessions(options: {
  key: Buffer
  limits: SessionLimits
  secure: boolean
  accounts: AccountJournal
  now(): number
}) {
  const { key, limits, secure, accounts, now } = options
  // The prefix makes browsers refuse a cookie of this name that was set for a wider domain or without https.
  const name = secure ? '__Host-specola' : 'specola'
  const attributes = { httpOnly: true, sameSite: 'lax', secure, path: '/' } as const
  const give = (res: Response, ticket: Ticket) => {
    res.cookie(name, seal(key, ticket), attributes)
    return ticket
  }
  return {
    /** The ticket of this browser (a fresh anonymous one when there is none) and whose it is. */
    async read(req: Request, res: Response): Promise<{ ticket: Ticket; account: Account | null }> {
      const ticket = readTicket(key, cookie(req, name))
      const at = now()
      if (!ticket || !inTime(ticket, at, limits)) return { ticket: give(res, anonymous(at)), account: null }
      const account = ticket.id === null ? null : await accounts.session(ticket.id, at)
      if (ticket.id !== null && !account) return { ticket: give(res, anonymous(at)), account: null }
      if (at - ticket.seen < renewMs) return { ticket, account }
      return { ticket: give(res, { ...ticket, seen: at }), account }
    },
    /** A new id and a new form secret: nothing that was known before signing in is worth anything after. */
    async open(res: Response, account: string, from: string | null): Promise<Ticket> {
      const at = now()
      const id = await accounts.openSession(account, at, at + limits.lifetime, from)
      return give(res, { ...anonymous(at), id })
    },
    async close(res: Response, ticket: Ticket): Promise<void> {
      if (ticket.id !== null) await accounts.closeSession(ticket.id, now())
      give(res, anonymous(now()))
    },
    /** For streams, which outlive the request that opened them: the account as it is now. */
    async holder(ticket: Ticket): Promise<Account | null> {
      const at = now()
      return ticket.id !== null && at < ticket.opened + limits.lifetime ? accounts.session(ticket.id, at) : null
    },
    endsAt: (ticket: Ticket) => ticket.opened + limits.lifetime,
  }
}

export type Sessions = ReturnType<typeof sessions>

function readTicket(key: Buffer, text: string | null): Ticket | null {
  const value = text === null ? null : unseal(key, text)
  if (typeof value !== 'object' || value === null) return null
  const { id, csrf, opened, seen } = value as Partial<Ticket>
  if (id !== null && typeof id !== 'string') return null
  return typeof csrf === 'string' && typeof opened === 'number' && typeof seen === 'number' ? { id, csrf, opened, seen } : null
}

/** One cookie of the request; the last one of a repeated name loses. */
export function cookie(req: Request, name: string): string | null {
  for (const part of (req.headers.cookie ?? '').split(';')) {
    const at = part.indexOf('=')
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim()
  }
  return null
}
