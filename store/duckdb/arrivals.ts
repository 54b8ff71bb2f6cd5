/** Sorts a batch into what is certainly new and what may have been written before. Pure. */

import type { Sample } from '../../model/sample.ts'
import { entryOf } from '../entry-of.ts'
import { windowOf } from './names.ts'

export interface Arrival {
  sid: number
  sample: Sample
  /** Its place in the measurement's stage; null when its values have changed since. */
  row: number | null
}

export interface Sorted {
  /** Later than everything known of their series: nothing to look up. */
  fresh: Arrival[]
  /** Not later: late, out of order, or written before. One per series and instant. */
  suspects: Arrival[]
}

/** `newest` is the latest stored instant of a series, or -1. */
export function sortArrivals(arrivals: readonly Arrival[], newest: (sid: number) => number): Sorted {
  const ahead = new Map<number, number>()
  const fresh: Arrival[] = []
  const suspects: Arrival[] = []
  for (const arrival of arrivals) {
    const { sid, sample } = arrival
    if (sample.time > (ahead.get(sid) ?? newest(sid))) {
      ahead.set(sid, sample.time)
      fresh.push(arrival)
    } else suspects.push(arrival)
  }
  return suspects.length === 0 ? { fresh, suspects } : withoutRepeats(fresh, suspects)
}

/** Within one batch several versions of a sample become one, whichever list they were in. */
function withoutRepeats(fresh: readonly Arrival[], suspects: readonly Arrival[]): Sorted {
  const key = ({ sid, sample }: Arrival) => `${sid} ${sample.time}`
  const firsts = new Map(fresh.map((arrival) => [key(arrival), { ...arrival }]))
  const seconds = new Map<string, Arrival>()
  for (const arrival of suspects) {
    const name = key(arrival)
    const first = firsts.get(name) ?? seconds.get(name)
    if (first) {
      first.sample = merged(first.sample, arrival.sample)
      first.row = null
    } else seconds.set(name, { ...arrival })
  }
  return { fresh: [...firsts.values()], suspects: [...seconds.values()] }
}

/** The later writing wins, field by field. */
export const merged = (before: Sample, after: Sample): Sample => ({ ...after, fields: { ...before.fields, ...after.fields } })

/** null when the second writing of a sample says nothing new, else the sample as it is from now on. */
export function amendment(before: Sample, after: Sample): Sample | null {
  for (const name in after.fields) if (!Object.is(before.fields[name], after.fields[name])) return merged(before, after)
  return null
}

/** Arrivals of one measurement and window. */
export interface Part {
  measurement: string
  window: number
  arrivals: Arrival[]
}

/** Groups by measurement and window, in their order. */
export function byWindow(arrivals: readonly Arrival[]): Part[] {
  const parts = new Map<string, Map<number, Part>>()
  for (const arrival of arrivals) {
    const { measurement, time } = arrival.sample
    const window = windowOf(time)
    const windows = entryOf(parts, measurement, () => new Map<number, Part>())
    entryOf(windows, window, () => ({ measurement, window, arrivals: [] })).arrivals.push(arrival)
  }
  return [...parts.values()].flatMap((windows) => [...windows.values()])
}
