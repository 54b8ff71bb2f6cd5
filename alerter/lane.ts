/** One receiver's messages, one after the other, as its people want them. */
import type { Delivery, Message } from '../model/contract.ts'
import type { DeliveryTurn, OutboxItem, Receiver, StandIn } from '../model/outbox.ts'
import { bundleOf } from './bundle.ts'
import { type DispatchDeps, outcomeOf, pauseAfter } from './delivery.ts'
import { type Group, planDelivery } from './delivery-plan.ts'
import { fallsBack, standIns } from './fallback.ts'
import { mayBegin, noteAttempt } from './note-attempt.ts'
import { orAborted } from './or-aborted.ts'

const batchSize = 1000

export interface Lane {
  receiver: Receiver
  busy: boolean
  /** Attempts in a row that failed. */
  failures: number
  /** Not tried before this, epoch ms. */
  backUntil: number
  /** Why the last attempt failed; null = it did not. */
  reason: string | null
  /** What was refused for good since the last success, and for whom. */
  refused: string | null
  /** It was sent, but not as it was meant to be. */
  notice: string | null
  /** What was last told of it in the log. */
  said: string | null
}

/** Messages that are on their way to one receiver at the same time; those about one check are so one after the other. */
const atOnce = 4

/** Sends what is due until nothing is, or until the receiver fails. */
export async function servesLane(deps: DispatchDeps, lane: Lane, signal: AbortSignal): Promise<void> {
  const { queue, clock } = deps
  while (!signal.aborted) {
    const now = clock.now()
    const due = await queue.waitingFor(lane.receiver, now, batchSize)
    const groups = await settlePlans(deps, lane, due, now)
    if (groups.length === 0) return
    // one that failed is tried with one message first
    const probe = lane.reason === null ? [] : groups.splice(0, 1)
    const pass = { failed: false }
    for (const group of probe) await attempt(deps, lane, group, pass, signal)
    for (const several of wavesOf(groups)) {
      const next = several.values()
      const worker = async () => {
        for (const inOrder of next)
          for (const group of inOrder) if (!pass.failed && !signal.aborted) await attempt(deps, lane, group, pass, signal)
      }
      await allDone(Array.from({ length: Math.min(atOnce, several.length) }, worker))
    }
    if (pass.failed) return
  }
}

/** Whatever is being sent is noted before it is served again. */
async function allDone(work: readonly Promise<void>[]): Promise<void> {
  for (const end of await Promise.allSettled(work)) if (end.status === 'rejected') throw end.reason
}

/** Digests, then single messages by check, then the rest: within a wave nothing has to wait for anything. */
function wavesOf(groups: readonly Group[]): Group[][][] {
  const singles = Map.groupBy(
    groups.filter((group) => group.as === 'single'),
    ({ items }) => items[0]?.message.problem.check,
  )
  const several = (as: Group['as']) => groups.filter((group) => group.as === as).map((group) => [[group]])
  return [...several('digest'), [...singles.values()], ...several('rest')]
}

/** While it is known to fail nothing is tried; whoever has a fallback does not wait for that to be found out again. */
export async function deferLane(deps: DispatchDeps, lane: Lane, now: number): Promise<void> {
  const due = await deps.queue.waitingFor(lane.receiver, now, batchSize)
  const reason = lane.reason ?? 'it does not get through'
  await deps.queue.settle(
    [],
    due.flatMap((item) => replacements(deps, item, lane.failures, false, reason, now)),
  )
  lane.backUntil = Math.min(lane.backUntil, nextFallback(deps, due, now))
  await deps.queue.backOff(lane.receiver, lane.backUntil)
}

/** Holds back and drops what is to be; returns what is to be sent, in the order of its decision. */
async function settlePlans(
  { queue, around: { config } }: DispatchDeps,
  lane: Lane,
  due: readonly OutboxItem[],
  now: number,
): Promise<Group[]> {
  const turns: DeliveryTurn[] = []
  const groups: Group[] = []
  for (const [name, items] of Map.groupBy(due, ({ contact }) => contact)) {
    const habits = config.contacts.find((contact) => contact.name === name)?.habits ?? null
    const since = habits?.rate ? now - habits.rate.perMs : null
    const sent = since === null ? [] : await queue.sentTimes(name, lane.receiver.notifier, since)
    const plan = planDelivery(items, habits, sent, now)
    turns.push(
      ...plan.hold.map(({ id, until, filter, reason }) => ({
        id,
        time: now,
        outcome: 'held' as const,
        filter,
        reason,
        nextAttempt: until,
      })),
      ...plan.drop.map(({ id, filter, reason }) => ({ id, time: now, outcome: 'suppressed' as const, filter, reason })),
    )
    groups.push(...plan.send)
  }
  if (turns.length > 0) await queue.settle(turns, [])
  return groups.sort((a, b) => (a.items[0]?.id ?? 0) - (b.items[0]?.id ?? 0))
}

/** `pass.failed`: the receiver fails, and the rest waits with it. */
async function attempt(
  deps: DispatchDeps,
  lane: Lane,
  group: Group,
  pass: { failed: boolean },
  signal: AbortSignal,
): Promise<void> {
  const { queue, clock } = deps
  for (const item of group.items) if (!(await mayBegin(deps, item))) return
  const delivery = await send(deps, lane, group, signal)
  if (signal.aborted && !delivery.ok) return // shutting down: it stays in the queue as it was
  const now = clock.now()
  const [first] = group.items as [OutboxItem]
  if (delivery.ok) {
    const bundle = group.items.length > 1 ? first.id : null
    const sent = { time: now, outcome: 'sent' as const, deliveryId: delivery.id ?? null, bundle }
    const turns = group.items.map(({ id }) => ({ ...sent, id }))
    await noteAttempt(deps, () => queue.settle(turns, []), signal)
    deps.meter?.delivered(lane.receiver.notifier, { outcome: 'sent', deliveryId: sent.deliveryId })
    Object.assign(lane, { failures: 0, backUntil: 0, reason: null, refused: null, notice: delivery.notice ?? null })
    return
  }
  await noteFailure(deps, lane, group, delivery, pass)
}

async function noteFailure(
  deps: DispatchDeps,
  lane: Lane,
  { items }: Group,
  delivery: Extract<Delivery, { ok: false }>,
  pass: { failed: boolean },
): Promise<void> {
  const { queue, clock, giveUpMs } = deps
  const now = clock.now()
  const outcomes = items.map((item) => ({ item, outcome: outcomeOf(delivery, item, now, giveUpMs) }))
  // several that fail at the same time are one failure of the receiver
  const failures = lane.failures + (delivery.retry && !pass.failed ? 1 : 0)
  if (delivery.retry) pass.failed = true
  const waits = outcomes.flatMap(({ outcome }) => (outcome.outcome === 'waiting' ? [outcome.nextAttempt] : []))
  const until = Math.min(Math.max(now + pauseAfter(failures - 1), ...waits), nextFallback(deps, items, now))
  const stood = outcomes.flatMap(({ item, outcome }) =>
    replacements(deps, item, Math.max(failures, item.attempts + 1), outcome.outcome === 'failed', delivery.reason, now),
  )
  Object.assign(lane, { failures })
  for (const { outcome } of outcomes) deps.meter?.delivered(lane.receiver.notifier, outcome)
  await queue.settle(
    outcomes.map(({ item, outcome }) => turnOf(item.id, outcome, now, until)),
    stood,
  )
  const [head] = outcomes
  if (head?.outcome.outcome === 'failed') lane.refused = `not delivered to ${head.item.contact}: ${head.outcome.reason}`
  if (!delivery.retry) return
  const others = await queue.waitingFor(lane.receiver, now, batchSize)
  await queue.settle(
    [],
    others.flatMap((item) => replacements(deps, item, failures, false, delivery.reason, now)),
  )
  Object.assign(lane, { reason: delivery.reason, backUntil: Math.min(until, nextFallback(deps, others, now)) })
  await queue.backOff(lane.receiver, lane.backUntil)
}

function turnOf(id: number, outcome: ReturnType<typeof outcomeOf>, now: number, until: number): DeliveryTurn {
  const turn = { id, time: now }
  if (outcome.outcome === 'sent') return { ...turn, ...outcome, bundle: null }
  if (outcome.outcome === 'failed') return { ...turn, ...outcome }
  return { ...turn, outcome: 'retry', reason: outcome.reason, nextAttempt: until }
}

function replacements(
  { around: { config } }: DispatchDeps,
  item: OutboxItem,
  attempts: number,
  refused: boolean,
  reason: string,
  now: number,
): StandIn[] {
  return fallsBack(item, { attempts, refused, now }, config) ? standIns(config, item, reason) : []
}

/** When the time of the first one is up for whom somebody could stand in: then it is tried once more, and they are told. */
function nextFallback({ around: { config } }: DispatchDeps, items: readonly OutboxItem[], now: number): number {
  const times = items
    .filter((item) => !item.fellBack && standIns(config, item, '').length > 0)
    .map(({ message }) => message.time + config.delivery.afterMs)
    .filter((time) => time > now)
  return times.length > 0 ? Math.min(...times) : Number.POSITIVE_INFINITY
}

async function send(deps: DispatchDeps, { receiver }: Lane, group: Group, signal: AbortSignal): Promise<Delivery> {
  const { notifiers, render, clock, timeoutMs } = deps
  const found = notifiers.get(receiver.notifier)
  if (!found) return { ok: false, retry: false, reason: `no notifier "${receiver.notifier}" is configured` }
  const over = new AbortController()
  const late = new AbortController()
  const timeout = clock.sleep(timeoutMs, AbortSignal.any([signal, over.signal])).then(
    () => late.abort(new Error(`no answer within ${timeoutMs / 1000} s`)),
    () => undefined, // it was sent in time
  )
  const stop = AbortSignal.any([signal, late.signal])
  try {
    const [first] = group.items as [OutboxItem]
    const aids = group.as === 'single' ? deps.aids?.(first, stop) : undefined
    const context = { config: found.config, to: receiver.to, render, signal: stop, ...aids }
    return await orAborted(found.notifier.send(messageOf(deps, group), context), stop)
  } catch (error) {
    return { ok: false, retry: true, reason: (error as Error).message }
  } finally {
    over.abort()
    await timeout
  }
}

/** Links to acknowledge are made here: what can be done with them is not kept on disk. */
function messageOf({ acknowledgeLink, clock }: DispatchDeps, group: Group): Message {
  const linked = ({ message, contact }: OutboxItem): Message => {
    const link = message.kind === 'problem' ? (acknowledgeLink?.(message.problem, contact) ?? null) : null
    return link === null ? message : { ...message, acknowledge: link }
  }
  const [first] = group.items as [OutboxItem]
  if (group.as === 'single') return linked(first)
  return bundleOf({ ...group, items: group.items.map((item) => ({ ...item, message: linked(item) })) }, clock.now())
}
