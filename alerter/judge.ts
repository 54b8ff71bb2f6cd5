/** One check's result: decided, and put into the batch that the journal gets. */
import type { CheckResult, NotificationRecord, Problem, Transition } from '../model/check.ts'
import type { Message } from '../model/contract.ts'
import type { DowntimeTurn, StoredDowntime } from '../model/downtime.ts'
import type { AlertBatch, NewComment, NewNotification, StoredCheck } from '../model/tracked-check.ts'
import type { Alert, Reaching, Telling } from './alert.ts'
import { type Recipient, reachContacts, type Silent } from './contacts.ts'
import { type Decision, decide } from './decide.ts'
import { asReached, orderChecks } from './device-states.ts'
import { bounded, problemOf } from './problem.ts'
import type { Entry } from './registry.ts'
import { nextRegular, nextRetry } from './schedule.ts'
import type { AlerterConfig } from './section.ts'
import { type Around, surroundingsOf } from './surroundings.ts'

export interface Collected {
  checks: StoredCheck[]
  removed: string[]
  transitions: Omit<Transition, 'seq'>[]
  notifications: NewNotification[]
  held: NotificationRecord[]
  downtimes: StoredDowntime[]
  comments: NewComment[]
}

export const emptyBatch = (): Collected => ({
  ...{ checks: [], removed: [], transitions: [], notifications: [], held: [], downtimes: [], comments: [] },
})

/** Nothing to write. */
export const isEmpty = (batch: AlertBatch) => Object.values(batch).every((list: readonly unknown[]) => list.length === 0)

/** Decides on a result, moves the entry on, and adds what changed to the batch. */
export function judgeResult(around: Around, entry: Entry, given: CheckResult, now: number, batch: Collected): DowntimeTurn[] {
  const { rule, target, stored } = entry
  const result = asReached(around.registry, entry, given)
  const { reaching, silent } = reachingOf(around.config, entry, now)
  const decision = decide<Recipient>(
    stored,
    result,
    rule.alert,
    { ...surroundingsOf(around, entry, now), confirmed: rule.device?.host === true && result.pushed === true },
    reaching,
  )
  const next: StoredCheck = {
    ...stored,
    ...decision.next,
    ...{ targetName: target.name, project: target.project, host: target.host, maxAttempts: rule.alert.attempts },
    longOutput: withNotices(result.longOutput, entry.own.notices),
    perfdata: result.perfdata,
    nextCheck: nextCheck(entry, decision.next.state.hard, now),
  }
  entry.stored = next
  entry.again = false
  batch.checks.push(next)
  const problem = problemOf(next)
  const { change } = decision
  const transition = change && transitionOf(problem, change, now)
  if (transition) batch.transitions.push(transition)
  orderChecks(around.registry, entry, stored.state.state, now)
  collectTellings(around, entry, decision.tellings, transition, now, batch)
  collectSilence(entry, decision, stored.told.held, silent(), now, batch)
  return decision.beginsDowntimes ? around.downtimes.beginFlexible(entry, now) : []
}

/** What a target wrote for itself and does not count is said with every result. */
function withNotices(longOutput: string | undefined, notices: readonly string[]): string | null {
  const lines = [...notices.map((notice) => `IGNORED ${notice}`), ...(longOutput ? [longOutput] : [])]
  return bounded({ state: 'ok', output: '', perfdata: [], longOutput: lines.join('\n') }).longOutput ?? null
}

/** Who hears of alerts about this check; those who do not are remembered with the reason. */
export function reachingOf(
  config: AlerterConfig,
  { rule, target }: Entry,
  now: number,
): { reaching: Reaching<Recipient>; silent: () => (Silent & { kind: Alert['kind'] })[] } {
  const silent: (Silent & { kind: Alert['kind'] })[] = []
  const reaching: Reaching<Recipient> = (alert, number) => {
    const reach = reachContacts(config, rule, target, alert, number, now)
    silent.push(...reach.silent.map((one) => ({ ...one, kind: alert.kind })))
    return reach
  }
  return { reaching, silent: () => silent }
}

/** Puts messages for everybody who is told into the batch. */
export function collectTellings(
  { config, registry }: Pick<Around, 'config' | 'registry'>,
  { stored, target }: Entry,
  tellings: readonly Telling<Recipient>[],
  transition: Omit<Transition, 'seq'> | null,
  now: number,
  batch: Collected,
): void {
  const problem = problemOf(stored)
  const instances = target.kind === 'instance' || !target.host ? null : registry.instancesOn(target.host)
  for (const { kind, recipients } of tellings)
    batch.notifications.push(
      ...recipients.map((to) => notificationTo(config, to, { kind, problem, transition, instances, time: now })),
    )
}

/** The reason of every silence is kept: the first time that it holds, not at each result. */
function collectSilence(
  { stored }: Entry,
  { hold, change, tellings }: Decision<Recipient>,
  heldBefore: string | null,
  silent: readonly (Silent & { kind: Alert['kind'] })[],
  now: number,
  batch: Collected,
): void {
  const record = (kind: Alert['kind'], contact: string, reason: string): NotificationRecord => ({
    ...{ check: stored.id, time: now, kind, state: stored.state.state, contact, notifier: '' },
    ...{ outcome: 'suppressed', reason, attempts: 0 },
  })
  if (hold && hold.stage !== 'told' && hold.stage !== heldBefore)
    batch.held.push(record(change?.to === 'ok' ? 'recovery' : 'problem', '', hold.reason))
  const nobody = hold?.stage === 'nobody'
  if (nobody ? heldBefore !== 'nobody' : tellings.length > 0)
    batch.held.push(...silent.map(({ kind, contact, reason }) => record(kind, contact, reason)))
}

function nextCheck({ again, rule, offset }: Entry, hard: boolean, now: number): number {
  if (again) return now
  return hard ? nextRegular(offset, rule.intervalMs, now) : nextRetry(rule.retryMs, now)
}

function transitionOf(
  problem: Problem,
  change: Pick<Transition, 'from' | 'to' | 'hard' | 'attempt'>,
  time: number,
): Omit<Transition, 'seq'> {
  const { check, rule, target, targetName, project, output } = problem
  return { check, rule, target, targetName, project, time, ...change, output }
}

/** A message as this recipient reads it. */
export function notificationTo(
  config: AlerterConfig,
  { contact, notifier, to }: Recipient,
  said: Pick<Message, 'kind' | 'problem' | 'transition' | 'instances' | 'time'>,
): NewNotification {
  const message: Message = {
    ...said,
    acknowledgement: said.problem.acknowledgement,
    link: config.publicUrl === null ? null : `${config.publicUrl}/checks/${encodeURIComponent(said.problem.check)}`,
    zone: contact.zone ?? config.zone,
    language: contact.language ?? config.language,
  }
  return { message, contact: contact.name, notifier, to }
}
