/** A check with everything the alerter remembers of it between two results, as the journal keeps it. */
import type { Acknowledgement, CheckState, Comment, NotificationRecord, Perfdata, State, Transition } from './check.ts'
import type { Message } from './contract.ts'
import type { StoredDowntime } from './downtime.ts'
import type { ResourceRef } from './event.ts'
import type { Flapping } from './flapping.ts'

/** What people were told about the problem so far. */
export interface Told {
  /** Notifications sent about this problem; 0 again after its recovery. */
  number: number
  last: number | null
  /** A problem is not told again before this. */
  next: number | null
  /** Told once, and the rule wants no repeats. */
  done: boolean
  /** Problem states that were told. */
  states: readonly State[]
  /** Why the last notification was held; null when it was not. Only a change is journalled. */
  held: string | null
  /** The recovery of a told problem was held: it is told once nothing holds it any more, if the check is still ok. */
  owed?: boolean
  /** When the problem began, epoch ms; absent while there is none. Links in messages are for this one problem. */
  began?: number
  /** The problem state that each contact heard last; who is absent heard nothing, or that it is over. */
  heard?: Readonly<Record<string, State>>
  /** Somebody has to hear something as soon as nothing holds it any more. */
  behind?: boolean
  chain?: RunningChain
}

/** A chain of escalation under way, as it was planned when the problem was first told. Times are epoch ms. */
export interface RunningChain {
  name: string
  began: number
  steps: readonly ChainStep[]
  /** Since when somebody has the problem: the chain waits. */
  paused: number | null
}

export interface ChainStep {
  at: number
  /** Contacts. */
  who: readonly string[]
  /** As the configuration names them: contacts, groups, rotas. */
  names: readonly string[]
  repeatMs: number
  /** When it was told; null = not yet. */
  told: number | null
  /** When it is told again. */
  again: number | null
}

export interface Tracked {
  state: CheckState
  acknowledgement: Acknowledgement | null
  told: Told
  flapping: Flapping
}

export interface StoredCheck extends Tracked {
  id: string
  rule: string
  plugin: string
  target: ResourceRef
  targetName: string | null
  project: string | null
  host: string | null
  maxAttempts: number
  longOutput: string | null
  perfdata: readonly Perfdata[]
  nextCheck: number | null
  /** Id of the check under whose problem this one is counted. */
  cause?: string | null
}

/** A notification on its way: kept on disk until it is delivered or given up. */
export interface QueuedNotification {
  id: number
  message: Message
  contact: string
  notifier: string
  /** The address, as the contact gives it. */
  to: string
  attempts: number
  nextAttempt: number
}

export interface NewNotification extends Pick<QueuedNotification, 'message' | 'contact' | 'notifier' | 'to'> {
  /** The downtime that it tells of: of engines that begin or end it at the same time, one tells. */
  downtime?: string
}

export type NewComment = Omit<Comment, 'id'>

/** What one cycle changed; written all or nothing. */
export interface AlertBatch {
  checks: readonly StoredCheck[]
  /** Ids of checks whose target is gone. */
  removed: readonly string[]
  transitions: readonly Omit<Transition, 'seq'>[]
  notifications: readonly NewNotification[]
  /** Notifications that were held, with the reason. */
  held: readonly NotificationRecord[]
  /** Downtimes that were made, began or ended. */
  downtimes: readonly StoredDowntime[]
  comments: readonly NewComment[]
  /** Orders of other engines that this batch carries out (model/alert-cluster.ts). */
  orders?: readonly number[]
}

export type DeliveryOutcome =
  | { outcome: 'sent'; deliveryId: string | null }
  | { outcome: 'failed'; reason: string }
  | { outcome: 'waiting'; reason: string; nextAttempt: number }

/** The alerter's side of the journal. What a call wrote is durable when it resolves. */
export interface AlertWriter {
  /** All checks as they were when the last process ended. */
  stored(): Promise<StoredCheck[]>
  /** Downtimes that are not over. */
  openDowntimes(): Promise<StoredDowntime[]>
  /** Returns the checks that belong to another engine by now: nothing of them was written, all the rest was. */
  commit(batch: AlertBatch): Promise<readonly string[]>
  /** Where several engines write: called when the batch is decided, before its turn to be written has come. */
  decided?(batch: AlertBatch): void
  /** How many notifications wait, when the first of them is due, and how old the oldest is: when it was decided. */
  waiting(): Promise<{ count: number; next: number | null; oldest: number | null }>
  /** What waits for a later attempt is due now: the way may be free again. Of one notifier, or of all. */
  hurry(now: number, notifier?: string): Promise<void>
  /** Where several engines send: called right before a sending. False when another one sends it, or has. */
  begin?(id: number): Promise<boolean>
  /**
   * The id under which the first message about the problem that this one is about was delivered to this address: since the last
   * recovery that was delivered there. Null = none was.
   */
  conversation(notification: QueuedNotification): Promise<string | null>
}
