/** One check's result: decided, and put into the batch that the journal gets. */
import type { CheckResult, NotificationRecord, Problem, Transition } from '../model/check.ts'
import type { Message } from '../model/contract.ts'
import type { AlertBatch, NewNotification, StoredCheck } from '../model/tracked-check.ts'
import { type Recipient, recipientsOf } from './contacts.ts'
import { decide } from './decide.ts'
import type { Dependencies } from './dependencies.ts'
import { problemOf } from './problem.ts'
import type { Entry, Registry } from './registry.ts'
import { nextRegular, nextRetry } from './schedule.ts'
import type { AlerterConfig } from './section.ts'

export interface Collected {
  checks: StoredCheck[]
  removed: string[]
  transitions: Omit<Transition, 'seq'>[]
  notifications: NewNotification[]
  held: NotificationRecord[]
}

export const emptyBatch = (): Collected => ({ checks: [], removed: [], transitions: [], notifications: [], held: [] })

/** Nothing to write. */
export const isEmpty = (batch: AlertBatch) => Object.values(batch).every((list: readonly unknown[]) => list.length === 0)

export interface Judge {
  config: AlerterConfig
  registry: Registry
  dependencies: Dependencies
}

/** Decides on a result, moves the entry on, and adds what changed to the batch. */
export function judgeResult(
  { config, registry, dependencies }: Judge,
  entry: Entry,
  result: CheckResult,
  now: number,
  batch: Collected,
): void {
  const { rule, target, stored } = entry
  const dependency = dependencies.of(entry)
  const decision = decide<Recipient>(
    stored,
    result,
    rule.alert,
    { now, dependencyDown: dependency !== null && !dependency.settling, dependency },
    (alert) => recipientsOf(config.contacts, { project: target.project, rule: rule.name, target }, alert),
  )
  const { state } = decision.next
  const next: StoredCheck = {
    ...stored,
    ...decision.next,
    ...{ targetName: target.name, project: target.project, host: target.host, maxAttempts: rule.alert.attempts },
    longOutput: result.longOutput ?? null,
    perfdata: result.perfdata,
    nextCheck: nextCheck(entry, state.hard, now),
  }
  entry.stored = next
  entry.again = false
  batch.checks.push(next)
  const problem = problemOf(next)
  const { change, hold } = decision
  const transition = change && transitionOf(problem, change, now)
  if (transition) batch.transitions.push(transition)
  const instances = target.kind === 'instance' || !target.host ? null : registry.instancesOn(target.host)
  for (const { kind, recipients } of decision.tellings)
    if (kind === 'problem' || kind === 'recovery')
      batch.notifications.push(
        ...recipients.map((to) => notificationTo(config, to, { kind, problem, transition, instances, time: now })),
      )
  if (hold && hold.stage !== 'told' && hold.stage !== stored.told.held)
    batch.held.push({
      ...{ check: next.id, time: now, kind: change?.to === 'ok' ? 'recovery' : 'problem', state: state.state },
      ...{ contact: '', notifier: '', outcome: 'suppressed', reason: hold.reason, attempts: 0 },
    })
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
