/** One check's result: decided, and put into the batch that the journal gets. */
import type { CheckResult, NotificationRecord, Problem, State, Transition } from '../model/check.ts'
import type { Message } from '../model/contract.ts'
import type { DowntimeTurn, StoredDowntime } from '../model/downtime.ts'
import type { AlertBatch, NewComment, NewNotification, StoredCheck, Told } from '../model/tracked-check.ts'
import type { Alert, Reaching, Telling } from './alert.ts'
import { chainFor, toldByChain } from './chain.ts'
import { type Recipient, reachContacts, type Silent } from './contacts.ts'
import { type Decision, decide } from './decide.ts'
import { asReached, orderChecks } from './device-states.ts'
import { type Handling, handlingOf } from './handling.ts'
import { remember } from './heard.ts'
import { carriedBy } from './impact.ts'
import { bounded, problemOf } from './problem.ts'
import type { Entry } from './registry.ts'
import { nextRegular, nextRetry } from './schedule.ts'
import { type AlerterConfig, type Contact, seesAll } from './section.ts'
import { type Around, surroundingsOf } from './surroundings.ts'

export interface Collected {
  checks: StoredCheck[]
  removed: string[]
  transitions: Omit<Transition, 'seq'>[]
  notifications: NewNotification[]
  held: NotificationRecord[]
  downtimes: StoredDowntime[]
  comments: NewComment[]
  /** Changes that event handlers are to be run for, once the rest is on disk. */
  handling: Handling[]
}

export const emptyBatch = (): Collected => ({
  ...{ checks: [], removed: [], transitions: [], notifications: [], held: [], downtimes: [], comments: [], handling: [] },
})

/** While it waits whether it is one of many, a problem is looked at again after this long. */
const againMs = 2000

/** Nothing to write. */
export const isEmpty = (batch: AlertBatch) => Object.values(batch).every((list: readonly unknown[]) => list.length === 0)

/** Decides on a result, moves the entry on, and adds what changed to the batch. */
export function judgeResult(around: Around, entry: Entry, given: CheckResult, now: number, batch: Collected): DowntimeTurn[] {
  const { rule, target, stored } = entry
  const result = asReached(around.registry, entry, given)
  const { reaching, silent } = reachingOf(around, entry, now)
  const told =
    around.config.quirks.noDataIsUnknown && result.state === 'nodata' ? { ...result, state: 'unknown' as const } : result
  const confirmed = rule.device?.host === true && result.pushed === true
  const surroundings = { ...surroundingsOf(around, entry, now, told.state), confirmed }
  const decision = decide<Recipient>(stored, told, rule.alert, surroundings, reaching)
  const chain = chainOf(around.config, entry, decision.next.state.state)
  const named = (name: string) => around.people.named(name, now)
  const next: StoredCheck = {
    ...stored,
    ...decision.next,
    told: remember(stored.told, decision.next, decision.tellings, { now, chain, named }),
    ...{ targetName: target.name, project: target.project, host: target.host, maxAttempts: rule.alert.attempts },
    longOutput: withNotices(result.longOutput, entry.own.notices),
    perfdata: result.perfdata,
    nextCheck: nextCheck(entry, decision, now, around.causes.hurries),
    cause: result.state === 'ok' ? null : surroundings.cause,
  }
  entry.stored = next
  entry.again = false
  batch.checks.push(next)
  batch.handling.push(...handlingOf(entry, decision, stored.state.state))
  if (decision.hold?.stage === 'grouping') around.causes.hurrySiblings(entry, now)
  const problem = problemOf(next)
  const { change } = decision
  const transition = change && transitionOf(problem, change, now)
  if (transition) batch.transitions.push(transition)
  orderChecks(around.registry, entry, stored.state.state, now)
  collectTellings(around, entry, decision.tellings, transition, now, batch, stored.told.heard ?? null)
  collectSilence(entry, decision, stored.told.held, silent(), now, batch)
  return decision.beginsDowntimes ? around.downtimes.beginFlexible(entry, now) : []
}

const chainOf = ({ chains }: AlerterConfig, { rule, target }: Entry, state: State) =>
  state === 'ok' ? null : chainFor(chains, { rule: rule.name, project: target.project, state })

/** What a target wrote for itself and does not count is said with every result. */
function withNotices(longOutput: string | undefined, notices: readonly string[]): string | null {
  const lines = [...notices.map((notice) => `IGNORED ${notice}`), ...(longOutput ? [longOutput] : [])]
  return bounded({ state: 'ok', output: '', perfdata: [], longOutput: lines.join('\n') }).longOutput ?? null
}

/** Who hears of alerts about this check; those who do not are remembered with the reason. */
export function reachingOf(
  { config, people }: Pick<Around, 'config' | 'people'>,
  entry: Entry,
  now: number,
): { reaching: Reaching<Recipient>; silent: () => (Silent & { kind: Alert['kind'] })[] } {
  const { rule, target, stored } = entry
  const silent: (Silent & { kind: Alert['kind'] })[] = []
  const named = (name: string) => people.named(name, now)
  const reaching: Reaching<Recipient> = (alert, number) => {
    const running = stored.told.chain
    const first = running ? undefined : chainOf(config, entry, alert.check.state.state)?.steps[0]
    const chain = running ? toldByChain(running) : (first?.tell.flatMap(named) ?? [])
    const heard = config.quirks.forgetHeldRecoveries ? null : (stored.told.heard ?? null)
    const reach = reachContacts(config, rule, target, alert, number, now, { named, chain, heard })
    silent.push(...reach.silent.map((one) => ({ ...one, kind: alert.kind })))
    return reach
  }
  return { reaching, silent: () => silent }
}

/** Puts messages for everybody who is told into the batch. */
export function collectTellings(
  { config, registry, causes }: Pick<Around, 'config' | 'registry' | 'causes'>,
  { stored, target, rule }: Entry,
  tellings: readonly Telling<Recipient>[],
  transition: Omit<Transition, 'seq'> | null,
  now: number,
  batch: Collected,
  heardBefore: NonNullable<Told['heard']> | null = stored.told.heard ?? null,
  escalation?: Message['escalation'],
): void {
  const problem = problemOf(stored)
  const instances = target.kind === 'instance' || !target.host ? null : registry.instancesOn(target.host)
  for (const { kind, recipients } of tellings)
    batch.notifications.push(
      ...recipients.map((to) => {
        const heard = heardBefore?.[to.contact.name] ?? null
        const { importance } = rule
        const carries = carriedBy(causes, target, to.contact.projects)
        const said = {
          ...{ kind, problem, transition, instances, carries, heard, importance, time: now },
          ...(escalation && { escalation }),
        }
        return notificationTo(config, to, said)
      }),
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
  const record = (kind: Alert['kind'], contact: string, reason: string, filter: string) =>
    suppressed(stored, { kind, contact, reason, filter }, now)
  if (hold && hold.stage !== 'told' && hold.stage !== heldBefore)
    batch.held.push(record(change?.to === 'ok' ? 'recovery' : 'problem', '', hold.reason, hold.stage))
  const nobody = hold?.stage === 'nobody'
  if (nobody ? heldBefore !== 'nobody' : tellings.length > 0)
    batch.held.push(...silent.map(({ kind, contact, reason, filter }) => record(kind, contact, reason, filter)))
}

/** Why somebody, or everybody (an empty name), was not told. */
export const suppressed = (
  { id, state }: StoredCheck,
  { kind, contact, reason, filter }: Silent & { kind: Alert['kind'] },
  now: number,
): NotificationRecord => ({
  ...{ check: id, time: now, kind, state: state.state, contact, notifier: '' },
  ...{ outcome: 'suppressed', reason, filter, attempts: 0 },
})

function nextCheck({ again, rule, offset }: Entry, { next, hold }: Decision<Recipient>, now: number, hurries: boolean): number {
  if (again) return now
  // its siblings are looked at in the meantime: the wait may be over sooner
  if (hold?.stage === 'grouping' && hold.next !== undefined) return hurries ? Math.min(hold.next, now + againMs) : hold.next
  return next.state.hard ? nextRegular(offset, rule.intervalMs, now) : nextRetry(rule.retryMs, now)
}

function transitionOf(
  problem: Problem,
  change: Pick<Transition, 'from' | 'to' | 'hard' | 'attempt'>,
  time: number,
): Omit<Transition, 'seq'> {
  const { check, rule, target, targetName, project, output } = problem
  return { check, rule, target, targetName, project, time, ...change, output }
}

/** People of projects do not learn what carries their instances. */
const seenBy = ({ role }: Pick<Contact, 'role'>, problem: Problem): Problem =>
  seesAll.includes(role) ? problem : { ...problem, host: null, cause: null }

/** A message as this recipient reads it. */
export function notificationTo(
  config: AlerterConfig,
  { contact, notifier, to }: Recipient,
  said: Pick<
    Message,
    'kind' | 'problem' | 'transition' | 'instances' | 'carries' | 'time' | 'heard' | 'importance' | 'escalation'
  >,
): NewNotification {
  const message: Message = {
    ...said,
    problem: seenBy(contact, said.problem),
    acknowledgement: said.problem.acknowledgement,
    link: config.publicUrl === null ? null : `${config.publicUrl}/checks/${encodeURIComponent(said.problem.check)}`,
    zone: contact.zone ?? config.zone,
    language: contact.language ?? config.language,
  }
  return { message, contact: contact.name, notifier, to }
}
