/** Many hypervisors read from one place: each begins at its own moment of the interval, so that their polls do not come all at once. */
import { createHash } from 'node:crypto'
import type { Clock } from '../model/clock.ts'
import type { Collector } from '../model/contract.ts'

/** Where in the interval something of this name has its place: always the same, evenly spread over names. */
export function placeOf(name: string, intervalMs: number): number {
  const hash = createHash('sha1').update(name).digest().readUInt32BE(0)
  return Math.floor((hash / 2 ** 32) * intervalMs)
}

/** Fewer than this are read at once from the start: nobody waits for the first picture of a small cloud. */
const many = 10

/** Delays each collector's beginning, and so all its polls; `intervalOf` gives its interval in ms. */
export function spread<T>(
  sources: readonly T[],
  intervalOf: (source: T) => number,
  collectorOf: (source: T) => Collector,
  clock: Clock,
): Collector[] {
  const collectors = sources.map((source) => ({ collector: collectorOf(source), interval: intervalOf(source) }))
  if (collectors.length < many) return collectors.map(({ collector }) => collector)
  return collectors.map(({ collector, interval }) => {
    let first = true
    return {
      name: collector.name,
      async run(signal) {
        if (first) await clock.sleep(placeOf(collector.name, interval), signal).catch(() => undefined) // aborted: it will see
        first = false
        if (!signal.aborted) await collector.run(signal)
      },
    }
  })
}
