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
  /** Checks that have never been ok since they are known, oldest first; `count` is all of them. */
  neverOk(scope: Scope, limit: number): Promise<{ count: number; checks: Problem[] }>
  /** Checks that are known since before `since` and have not left ok after it: do they look at anything? */
  alwaysOk(scope: Scope, since: number, limit: number): Promise<{ count: number; checks: Problem[] }>
  /** Changes from `before` on (a problem may be older than the week), all else from `from` on; until `to`, exclusive. */
  fatigueFacts(scope: Scope, period: { before: number; from: number; to: number }): Promise<FatigueFacts>
}
