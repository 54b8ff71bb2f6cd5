/** When we were bound to which exchange: what was published in between is kept by our queue, or may be lost. */
import type { Clock } from '../../model/clock.ts'
import type { Absence, ListeningLog } from '../../model/contract.ts'

/** Written down so often: after a kill the absence begins no earlier than this before it. */
const noteEveryMs = 30_000
/** What was away for less, and lost nothing, is not worth a line. */
const shortestMs = 1000

export interface Presence {
  /** A connection stands. Did the queue and the bindings outlive the time since the last one? */
  connected(held: { queueWasThere: boolean; bindingsHeld: boolean }): Promise<void>
  /** After each look: these exchanges are missing, we are bound to all others. Resolves when that is on disk. */
  looked(missing: readonly string[]): Promise<void>
  /** The connection is gone, or we stop; it was good until then. */
  gone(at: number): Promise<void>
}

export function presence(source: { name: string; exchanges: readonly string[] }, log: ListeningLog, clock: Clock): Presence {
  /** Until when nothing escaped us, by exchange: we were bound to it, or it was not there to publish to. */
  let seen: Map<string, number> | null = null
  const bound = new Set<string>()
  /** Missing at the broker since we were bound: its bindings went with it. */
  const missed = new Set<string>()
  /** Of these, those that went while the connection stood. */
  const vanished = new Set<string>()
  let cause: Absence['cause'] = 'process'
  let lost = false
  let justConnected = false
  let unwritten: Absence[] = []
  let notedAt = Number.NEGATIVE_INFINITY

  async function write(exchanges: readonly string[], at: number): Promise<void> {
    const absences = unwritten
    unwritten = []
    try {
      await log.absent(absences)
      await log.bound(source.name, exchanges, at)
      notedAt = at
    } catch (error) {
      unwritten = [...absences, ...unwritten] // the disk may be full now and not later
      throw error
    }
  }

  return {
    async connected({ queueWasThere, bindingsHeld }) {
      lost = !queueWasThere || !bindingsHeld
      justConnected = true
      if (!queueWasThere) cause = 'queue'
      seen ??= await log.last(source.name)
    },

    async looked(missing) {
      seen ??= await log.last(source.name)
      const last = seen
      const now = clock.now()
      const firstLook = justConnected
      justConnected = false
      let news = false
      for (const exchange of source.exchanges) {
        const from = last.get(exchange)
        if (missing.includes(exchange)) {
          if (from === undefined) continue // it never was
          if (bound.delete(exchange)) vanished.add(exchange)
          // what it was told before it went may be lost; from now until it is made anew there is nothing to lose
          if (firstLook || !missed.has(exchange)) {
            news = true
            unwritten.push({
              ...{ source: source.name, exchange, from, to: Math.max(from, now), lost: true },
              cause: vanished.has(exchange) ? 'exchange' : cause,
            })
          }
          missed.add(exchange)
          last.set(exchange, now)
          continue
        }
        if (!bound.has(exchange)) {
          news = true
          const loss = lost || missed.has(exchange)
          if (from !== undefined && (loss || now - from >= shortestMs))
            unwritten.push({
              ...{ source: source.name, exchange, from, to: Math.max(from, now), lost: loss },
              cause: vanished.has(exchange) ? 'exchange' : cause,
            })
          bound.add(exchange)
          missed.delete(exchange)
          vanished.delete(exchange)
        }
        last.set(exchange, now)
      }
      if (news || unwritten.length > 0 || now - notedAt >= noteEveryMs) await write([...bound, ...missed], now)
    },

    async gone(at) {
      for (const exchange of bound) seen?.set(exchange, at)
      const until = [...bound]
      bound.clear()
      cause = 'broker'
      await write(until, at)
    },
  }
}
