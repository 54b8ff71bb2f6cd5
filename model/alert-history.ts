/** What the alert journal tells about the alerts themselves. The scope is part of every query. */
import type { Scope } from './access.ts'
import type { AlertKind, Problem, State } from './check.ts'
import type { ResourceRef } from './event.ts'

/** What a report on fatigue is made of (model/fatigue.ts). Times are epoch ms. */
export interface FatigueFacts {
  /** Hard changes, in their order. */
  changes: readonly HardTransition[]
  acknowledged: readonly { check: string; time: number }[]
  /** Messages that were sent, in their order. */
  told: readonly { check: string; time: number; kind: AlertKind | 'test'; contact: string }[]
}

export interface HardTransition {
  check: string
  rule: string
  target: ResourceRef
  targetName: string | null
  time: number
  to: State
}

export interface AlertHistory {
  /** Checks that are known since before `before` and have never been ok, oldest first; `count` is all of them. */
  neverOk(scope: Scope, before: number, limit: number): Promise<{ count: number; checks: Problem[] }>
  /** Checks that are known since before `since` and have not left ok after it: do they look at anything? */
  alwaysOk(scope: Scope, since: number, limit: number): Promise<{ count: number; checks: Problem[] }>
  /** Changes from `before` on (a problem may be older than the week), all else from `from` on; until `to`, exclusive. */
  fatigueFacts(scope: Scope, period: { before: number; from: number; to: number }): Promise<FatigueFacts>
}

/** A weekly report on its way to an address. */
export interface FatigueMail {
  /** The Monday that the week begins with: `2026-11-16`. */
  week: string
  address: string
  attempts: number
  nextAttempt: number
}

/** Which weekly reports went to whom: each once, whatever restarts come between, and whichever engine sends. */
export interface FatigueMails {
  /** Adds what is not there yet. */
  plan(week: string, addresses: readonly string[], now: number): Promise<void>
  due(now: number): Promise<FatigueMail[]>
  /** False when another engine has it; else it is this one's until `until`, epoch ms. */
  claim(mail: FatigueMail, until: number): Promise<boolean>
  /** `nextAttempt` null = it is over. */
  settle(mail: FatigueMail, outcome: { sentAt: number | null; nextAttempt: number | null; detail: string | null }): Promise<void>
}
