/** Downtimes that begin and end in the running engine: kept, and told to those who want to hear of them. */
import type { AlertKind } from '../model/check.ts'
import type { Downtime, DowntimeTurn } from '../model/downtime.ts'
import { Downtimes } from './downtimes.ts'
import { type Collected, collectTellings, emptyBatch, reachingOf } from './judge.ts'
import { announce } from './operate.ts'
import type { Entry } from './registry.ts'
import { type Around, surroundingsOf } from './surroundings.ts'

const news = { started: 'downtime-start', ended: 'downtime-end', cancelled: 'downtime-cancelled' } as const
const outcomes = { started: null, ended: 'over', expired: 'never needed', cancelled: 'cancelled' } as const

/** Of several engines the one that knows the check begins and ends its downtime, and tells of it; after so long anybody does. */
const leftToOthersMs = 15_000

export const knows = ({ registry }: Pick<Around, 'registry'>, downtime: Downtime): boolean =>
  [...registry.entries.values()].some((one) => Downtimes.concerns(downtime, one))

/** Everything whose turn has come. `shared`: other engines look at the same downtimes. */
export const dueTurns = (around: Around, now: number, shared: boolean): DowntimeTurn[] =>
  around.downtimes.takeDue(now, shared ? (one, at) => knows(around, one) || now - at > leftToOthersMs : undefined)

/** `told`: the entry whose problem began them; its own news went out with the problem. */
export function takeTurns(around: Around, turns: readonly DowntimeTurn[], now: number, batch: Collected, told?: Entry): void {
  for (const { downtime, what } of turns) {
    const [entry] = [...around.registry.entries.values()].filter((one) => Downtimes.concerns(downtime, one))
    const outcome = outcomes[what]
    batch.downtimes.push({ ...downtime, endedAt: outcome === null ? null : now, outcome })
    const wasActive = what === 'started' || downtime.active
    if (entry && entry !== told && what !== 'expired' && wasActive) say(around, entry, news[what], downtime.id, now, batch)
  }
}

/** A downtime of a whole target is told once, not for each of its checks. */
function say(
  around: Around,
  entry: Entry,
  kind: Exclude<AlertKind, 'problem' | 'recovery'>,
  downtime: string,
  now: number,
  batch: Collected,
): void {
  const surroundings = surroundingsOf(around, entry, now)
  const { reaching } = reachingOf(around, entry, now)
  const open = kind === 'downtime-start' ? { ...surroundings, downtime: null } : surroundings
  const { telling } = announce(entry.stored, entry.rule.alert, open, reaching, kind)
  const told = emptyBatch()
  collectTellings(around, entry, telling ? [telling] : [], null, now, told)
  batch.notifications.push(...told.notifications.map((one) => ({ ...one, downtime })))
}
