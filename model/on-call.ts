/** What people change about who is on call: kept beside the configuration. */
import type { Override, Shift } from './rota.ts'

/** A calendar address. Whoever has it may read: it is a secret, of which only the hash is kept. */
export interface Feed {
  id: string
  /** The account that made it. */
  account: string
  /** Only the shifts of this contact; null = everybody's. */
  contact: string | null
  createdAt: number
  /** When a calendar last asked for it. */
  usedAt: number | null
}

/** What a call wrote is durable when it resolves. Times are epoch ms. */
export interface OnCallJournal {
  /** Those that end after `since`, in the order in which they were entered: of several that fit the last one counts. */
  overrides(since: number): Promise<Override[]>
  addOverride(override: Override, now: number): Promise<void>
  /** False when there is none, or it was removed already. */
  removeOverride(id: string, by: string, now: number): Promise<boolean>
  /** Returns the secret: it is told once. */
  openFeed(feed: { account: string; contact: string | null }, now: number): Promise<{ id: string; secret: string }>
  feeds(account: string): Promise<Feed[]>
  /** False when it is not this account's. */
  revokeFeed(id: string, account: string, now: number): Promise<boolean>
  /** Whose calendar a secret opens; notes that it was used. */
  feed(secret: string, now: number): Promise<Feed | null>
  /** Uses up a link: true for the first who does, until `expires`. */
  useLink(digest: string, expires: number, now: number): Promise<boolean>
  /** Whether a link was used up already. */
  linkUsed(digest: string): Promise<boolean>
}

export type NewOverride = Omit<Override, 'id'>

/** A rota as it stands at a moment. */
export interface RotaNow {
  rota: string
  zone: string
  /** Contacts that take turns. */
  members: readonly string[]
  /** `from` is when this shift really began. */
  now: Shift
  /** Null: the same for as long as anybody looks ahead. */
  next: Shift | null
}

/** Who is on call, and who is going to be. Times are epoch ms. */
export interface OnCall {
  contacts(): readonly string[]
  groups(): readonly { name: string; members: readonly string[] }[]
  rotas(at: number): RotaNow[]
  /** Without gaps, [from, to), a year at the most. Empty for a rota that is not there. */
  shifts(rota: string, from: number, to: number): Shift[]
  overrides(rota: string, from: number, to: number): Override[]
  /**
   * `reason`: `rota`, `who`, `instead` are not known; `order`: it ends before it begins; `over`, `long` (a year), `same` (somebody
   * for themselves), `unavailable`.
   */
  addOverride(override: NewOverride): Promise<{ ok: true; id: string } | { ok: false; reason: string }>
  /**
   * Why a contact would not hear of such a problem, by the configuration as it is now; null = it would. `unknown`: there is no such
   * contact.
   */
  whyNot(
    contact: string,
    problem: { rule: string; project: string | null; kind: string },
  ): 'unknown' | 'money' | 'scope' | 'escalated-only' | 'projects' | 'rules' | 'period' | null
  /** False when there is none, or it is one of the configuration. */
  removeOverride(id: string, by: string): Promise<boolean>
}

/** What a link in a message is for. Times are epoch ms. */
export interface LinkClaim {
  check: string
  /** `Problem.began`: the link is for this problem, not for the next. */
  began: number
  contact: string
  expires: number
}

export interface AcknowledgeLinks {
  make(claim: LinkClaim): string
  /** Null for anything that we did not sign. Whether it is still good, the reader decides. */
  read(token: string): LinkClaim | null
  /** What is kept of a link that was used. */
  digest(token: string): string
}
