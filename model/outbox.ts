/** Notifications on their way, seen from the receivers; and what became of each, for whoever asks why they were (not) called. */
import type { Scope } from './access.ts'
import type { NotificationRecord } from './check.ts'
import type { ResourceRef } from './event.ts'
import type { NewNotification, QueuedNotification } from './tracked-check.ts'

/** One way to one place: what fails here holds up nobody else. */
export interface Receiver {
  notifier: string
  /** The address, as contacts give it. */
  to: string
}

export interface OutboxItem extends QueuedNotification {
  /** What holds it back (`quiet`, `digest`, `rate`), or null: it waits for nothing but its turn. */
  filter: string | null
  /** A fallback receiver was told in its place. */
  fellBack: boolean
}

/** What became of a notification at one moment. */
export type DeliveryTurn = { id: number; time: number } & (
  | { outcome: 'sent'; deliveryId: string | null /** Several in one message: the id of its first. */; bundle: number | null }
  | { outcome: 'failed'; reason: string }
  /** An attempt that failed, to be tried again. */
  | { outcome: 'retry'; reason: string; nextAttempt: number }
  /** Held back until then: no attempt was made. */
  | { outcome: 'held'; filter: string; reason: string; nextAttempt: number }
  /** Never sent: it is no news any more. */
  | { outcome: 'suppressed'; filter: string; reason: string }
)

/** Told to another contact because it could not be delivered. */
export interface StandIn {
  /** The notification that it stands for. */
  for: number
  notification: NewNotification
}

/** The delivery side of the alert journal. What a call wrote is durable when it resolves. */
export interface Outbox {
  /** Receivers for whom something is due by `now`. */
  dueReceivers(now: number): Promise<Receiver[]>
  /** What waits for a receiver and is due by `now`, oldest first. */
  waitingFor(receiver: Receiver, now: number, limit: number): Promise<OutboxItem[]>
  /** When messages were sent to a contact by a notifier after `since`, oldest first; several notifications in one message count once. */
  sentTimes(contact: string, notifier: string, since: number): Promise<number[]>
  /** Notes what became of several, and queues what others are told in their place: all or nothing. */
  settle(turns: readonly DeliveryTurn[], standIns: readonly StandIn[]): Promise<void>
  /** Nothing is due for this receiver before `until`. */
  backOff(receiver: Receiver, until: number): Promise<void>
}

export interface DecisionQuery {
  /** Also what was held for everybody. */
  contact?: string
  check?: string
  target?: ResourceRef
  rule?: string
  project?: string
  outcome?: NotificationRecord['outcome']
  from?: number
  to?: number
  /** Part of the target's name, its id, or the rule. */
  q?: string
  limit: number
}

/** A decision with what came before it. */
export interface Decision extends NotificationRecord {
  id: number
  /** When it was decided; `time` is that of the sending, once it was sent. */
  decidedAt: number
  rule: string | null
  target: ResourceRef | null
  targetName: string | null
  project: string | null
  /** Under which the receiver's server took it. */
  deliveryId: string | null
  /** The notification that this one was told in place of. */
  standsFor: number | null
  /** What happened on the way: held back until when, tried in vain. Oldest first. */
  turns: readonly { time: number; outcome: string; filter: string | null; reason: string | null }[]
}

export interface DecisionLog {
  /** Newest first. The scope is part of the query. */
  decisions(scope: Scope, query: DecisionQuery): Promise<Decision[]>
}
