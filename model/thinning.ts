/**
 * Which witnesses of an instance say nothing: an audit of 10,000 instances repeats itself 240,000 times a day. Of a stretch of
 * witnesses that say the same, with no other word of the instance between, the first and the last are enough. Pure.
 *
 * Why no figure changes: a witness goes only when the ledger, having heard it, knows exactly what it knew before but for when it
 * was last told, contradicts nothing, and hears another witness next, which tells that anew. Without it, the next one finds
 * the same state: so it is with any number of them, and with any later fold of what is left.
 */
import { closedAudit } from './audit-period.ts'
import type { Discrepancy } from './discrepancy.ts'
import type { CloudEvent } from './event.ts'
import { absent, follow } from './ledger.ts'
import { type LedgerState, unknownInstance } from './ledger-state.ts'
import type { Segment } from './usage.ts'

/** An event as the log holds it. */
export interface LoggedEvent {
  seq: number
  /** The same fact in the other format. */
  twin: number | null
  event: CloudEvent
}

/** Witnesses that said the same from the first to the last, both of which stay. Times are epoch ms. */
export interface Run {
  /** Type and format: one fact told in both is two runs beside each other. */
  key: string
  said: string
  from: number
  to: number
  /** Seqs of those between that can go. */
  dropped: readonly number[]
}

export interface Thinner {
  /** The next event about the instance, whatever it says, in the order of `sortKey`. */
  take(logged: LoggedEvent): void
  /** After the last. */
  runs(): Run[]
}

/** What runs are told apart by. */
export const runKey = ({ type, format }: Pick<CloudEvent, 'type' | 'format'>): string => `${type} ${format}`

/** Could it be one of many that say the same? The `exists` that is sent before a resize and the like never is. */
export const mayRepeat = (event: CloudEvent): boolean =>
  event.resource?.kind === 'instance' && (event.type === 'instance.observed' || closedAudit(event) !== null)

/** All that it says but for when, and for which period. */
export function saidBy({ project, user, host, publisher, service, priority, instance, about, facts }: CloudEvent): string {
  const { auditPeriod: _period, ...said } = instance ?? {}
  return JSON.stringify([project, user, host, publisher, service, priority, said, about, facts])
}

interface Stretch {
  said: string
  first: LoggedEvent
  last: LoggedEvent
  between: LoggedEvent[]
}

/** `toldAt`: time of the newest word of the instance in the whole log; an absence before it was no end. */
export function thinner(instance: string, toldAt: number): Thinner {
  const segments: Segment[] = []
  const found: Stretch[] = []
  let state = unknownInstance(instance)
  let going = new Map<string, Stretch>()

  function end(): void {
    found.push(...[...going.values()].filter(({ between }) => between.length > 0))
    going = new Map()
  }

  /** Takes it into the ledger: does that know the same as before? */
  function saysNothing(event: CloudEvent): boolean {
    const discrepancies: Discrepancy[] = []
    const [before, count, newest] = [state, segments.length, segments.at(-1)]
    state = follow(state, event, segments, discrepancies)
    return (
      discrepancies.length === 0 && segments.length === count && segments.at(-1) === newest && sameButForWhenTold(before, state)
    )
  }

  return {
    take(logged) {
      const { event } = logged
      if (!concernsLedger(event) || (event.type === absent && event.time <= toldAt)) return end()
      const nothing = saysNothing(event)
      if (!mayRepeat(event)) return end()
      const [key, said] = [runKey(event), saidBy(event)]
      const known = going.get(key)
      if (!nothing || (known && known.said !== said)) end()
      const run = going.get(key)
      if (!run) return void going.set(key, { said, first: logged, last: logged, between: [] })
      if (run.last !== run.first) run.between.push(run.last)
      run.last = logged
    },

    runs() {
      end()
      const candidates = new Set(found.flatMap(({ between }) => between.map(({ seq }) => seq)))
      // one fact is shown by one of its two rows: they go together or not at all
      const goes = ({ seq, twin }: LoggedEvent) => (twin === null || candidates.has(twin) ? [seq] : [])
      return found.map(({ said, first, last, between }) => ({
        ...{ key: runKey(first.event), said, from: first.event.time, to: last.event.time },
        dropped: between.flatMap(goes),
      }))
    },
  }
}

/** The events that an instance's ledger is folded from. */
const concernsLedger = ({ resource, type }: CloudEvent) => resource?.kind === 'instance' && type.startsWith('instance.')

function sameButForWhenTold(a: LedgerState, b: LedgerState): boolean {
  const { last: _a, toldAt: _ta, ...before } = a
  const { last: _b, toldAt: _tb, ...after } = b
  return JSON.stringify(before) === JSON.stringify(after)
}
