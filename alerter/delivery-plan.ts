/** What becomes of everything that waits for one contact: sent now, held back, put together, or no news any more. Pure. */
import { covers } from '../model/check.ts'
import type { Message } from '../model/contract.ts'
import type { OutboxItem } from '../model/outbox.ts'
import { edgesOf, type TimePeriod, within } from '../model/time-period.ts'
import { instantOf, wallTime } from '../model/wall-clock.ts'
import type { Habits } from './people-section.ts'

/** Several notifications in one message: as the person asked for, or because there are too many. */
export interface Group {
  as: 'single' | 'digest' | 'rest'
  items: readonly OutboxItem[]
}

export interface Plan {
  send: readonly Group[]
  hold: readonly { id: number; until: number; filter: 'quiet' | 'digest' | 'rate'; reason: string }[]
  drop: readonly { id: number; filter: string; reason: string }[]
}

const dayMs = 86_400_000
const horizonMs = 14 * dayMs

/** `waiting`: of one contact and receiver, oldest first. `sent`: times of the messages that it got, oldest first. */
export function planDelivery(waiting: readonly OutboxItem[], habits: Habits | null, sent: readonly number[], now: number): Plan {
  if (habits === null) return { send: waiting.map((item) => ({ as: 'single', items: [item] })), hold: [], drop: [] }
  const held = waiting.flatMap((item) => holdOf(item, habits, now) ?? [])
  const heldIds = new Set(held.map(({ id }) => id))
  const free = waiting.filter(({ id }) => !heldIds.has(id))
  const collected = free.filter((item) => isLow(item, habits))
  const { kept, drop } = onlyNews(free.filter((item) => !isLow(item, habits)))
  const digest: Group[] = collected.length > 0 ? [{ as: 'digest', items: collected }] : []
  const { send, over } = withinRate(
    kept,
    habits,
    sent.filter((time) => habits.rate !== null && time > now - habits.rate.perMs).length,
  )
  const freeAt = over.length > 0 && habits.rate ? (sent[sent.length - habits.rate.most] ?? now) + habits.rate.perMs : now
  const rate = habits.rate ? `more than ${habits.rate.most} messages in ${minutes(habits.rate.perMs)}` : ''
  return {
    send: [...digest, ...send],
    hold: [
      ...held,
      ...over.map(({ id }) => ({
        id,
        until: Math.max(freeAt, now + 1000),
        filter: 'rate' as const,
        reason: `${rate}: comes with the rest`,
      })),
    ],
    drop,
  }
}

function holdOf(item: OutboxItem, habits: Habits, now: number): Plan['hold'][number] | null {
  const { quiet } = habits
  if (quiet && within(quiet.period, now) && !passesQuiet(item.message, quiet.pass)) {
    const reason = `quiet hours "${quiet.period.name}"`
    return { id: item.id, until: endOf(quiet.period, now), filter: 'quiet', reason }
  }
  if (!isLow(item, habits) || !habits.digest) return null
  const until = nextDigest(habits, item.message.time)
  return until > now ? { id: item.id, until, filter: 'digest', reason: 'comes with the next digest' } : null
}

/** Whoever is woken by a problem hears at once that it is over, too. */
const passesQuiet = ({ kind, problem, heard }: Message, pass: readonly string[]) =>
  covers(pass, problem.state) || (kind !== 'problem' && heard !== null && heard !== undefined && covers(pass, heard))

/** Small things: the problem's own state counts, and that of the problem which is over. */
function isLow({ message: { kind, problem, heard, transition, importance = 0, escalation } }: OutboxItem, { digest }: Habits) {
  if (!digest || escalation || (digest.below !== null && importance >= digest.below)) return false
  if (kind === 'custom' || kind === 'test') return false
  const state = problem.state === 'ok' ? (heard ?? transition?.from ?? 'ok') : problem.state
  return covers(digest.states, state)
}

/** When the digest that takes in what was decided at `from` is sent. */
export function nextDigest({ digest, zone }: Pick<Habits, 'digest' | 'zone'>, from: number): number {
  if (!digest) return from
  const wall = wallTime(zone, from)
  const midnight = Math.floor(wall / dayMs) * dayMs
  const readings =
    digest.everyMs === null
      ? [0, 1, 2].flatMap((day) => digest.at.map((time) => midnight + day * dayMs + time))
      : [midnight + (Math.floor((wall - midnight) / digest.everyMs) + 1) * digest.everyMs]
  const instants = readings.map((reading) => instantOf(zone, reading)).filter((at) => at > from)
  return instants.length > 0 ? Math.min(...instants) : from + (digest.everyMs ?? dayMs)
}

/** The first instant that is not inside; two weeks at the most. */
function endOf(period: TimePeriod, now: number): number {
  return edgesOf(period, now + 1, now + horizonMs).find((at) => !within(period, at)) ?? now + horizonMs
}

/**
 * After quiet hours: what changed and changed back is no news, and of several changes of a check only the last is. A problem that
 * somebody has meanwhile is told as that.
 */
function onlyNews(items: readonly OutboxItem[]): { kept: OutboxItem[]; drop: Plan['drop'][number][] } {
  const drop: Plan['drop'][number][] = []
  const byCheck = Map.groupBy(items, ({ message }) => message.problem.check)
  for (const ofCheck of byCheck.values()) {
    const changes = ofCheck.filter(({ message: { kind } }) => kind === 'problem' || kind === 'recovery')
    const first = changes.find(({ filter }) => filter === 'quiet')
    const last = changes.at(-1)
    if (!first || !last || first.filter !== 'quiet') continue
    const before = first.message.heard ?? 'ok'
    const truth = last.message.problem.state
    const taken = ofCheck.findLast(({ message: { kind }, id }) => kind === 'acknowledgement' && id > last.id)
    const quiet = ofCheck.filter(({ filter }) => filter === 'quiet')
    for (const one of quiet) {
      const ofProblem = one.message.kind === 'acknowledgement' && one.id < last.id
      if (before === truth && (changes.includes(one) || ofProblem))
        drop.push({ id: one.id, filter: 'quiet', reason: 'over before the quiet hours were' })
      else if (changes.includes(one) && one !== last)
        drop.push({ id: one.id, filter: 'quiet', reason: 'a later message says how it is' })
      else if (one === last && taken) drop.push({ id: one.id, filter: 'quiet', reason: 'told with its acknowledgement' })
      else if (ofProblem) drop.push({ id: one.id, filter: 'quiet', reason: 'a later message says how it is' })
    }
  }
  const dropped = new Set(drop.map(({ id }) => id))
  return { kept: items.filter(({ id }) => !dropped.has(id)), drop }
}

/** The last message that the limit allows says what else there is; what is over waits. */
function withinRate(
  items: readonly OutboxItem[],
  { rate }: Habits,
  used: number,
): { send: Group[]; over: readonly OutboxItem[] } {
  const single = (item: OutboxItem): Group => ({ as: 'single', items: [item] })
  if (rate === null || items.length <= rate.most - used) return { send: items.map(single), over: [] }
  const room = rate.most - used
  if (room <= 0) return { send: [], over: items }
  const rest = items.slice(room - 1)
  return { send: [...items.slice(0, room - 1).map(single), { as: 'rest', items: rest }], over: [] }
}

const minutes = (ms: number) => (ms % 3_600_000 === 0 ? `${ms / 3_600_000} h` : `${Math.round(ms / 60_000)} min`)
