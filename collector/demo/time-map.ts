/**
 * Recorded times → demo times. The recorded cloud lived for twelve minutes; the demo shows it as days that end now. Bursts of
 * messages (one action of one user) keep their inner timing to the millisecond; only the quiet between bursts is stretched,
 * so order, durations of actions and the pairing of both formats stay what they were.
 */
import { floorToSecond, parseTimestamp } from '../../model/timestamp.ts'

/** A gap between messages longer than this ends a burst, ms. */
const quietMs = 1500

export type TimeMap = (recorded: number) => number

/**
 * `times`: of all messages, ascending. The last one falls on `end` (to the second); the first one `span` ms before. Everything is
 * moved by whole seconds: services tell one time with and without its fraction, and both must stay the same second.
 */
export function stretched(times: readonly number[], end: number, span: number): TimeMap {
  const starts = times.filter((time, i) => i === 0 || time - (times[i - 1] as number) > quietMs).map(floorToSecond)
  const first = starts[0] ?? 0
  const last = times.at(-1) ?? first
  const lastStart = starts.at(-1) ?? first
  const factor = lastStart > first ? (span - (last - lastStart)) / (lastStart - first) : 1
  const origin = end - span
  return (recorded) => {
    const start = recorded < first ? floorToSecond(recorded) : (starts[lastAtOrBefore(starts, recorded)] as number)
    return floorToSecond(origin + (start - first) * factor) + (recorded - start)
  }
}

function lastAtOrBefore(sorted: readonly number[], value: number): number {
  let low = 0
  let high = sorted.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((sorted[middle] as number) <= value) low = middle
    else high = middle - 1
  }
  return low
}

const timestamps = /\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?/g

/** Every time in a text moved, each written as it was: blank or T, as many digits of fraction, its zone. */
export function moveTimes(text: string, map: TimeMap): string {
  return text.replace(timestamps, (written) => {
    const recorded = parseTimestamp(written)
    if (recorded === null) return written
    const [, fraction = ''] = /\.(\d+)/.exec(written) ?? []
    const zone = /(?:Z|[+-]\d\d:?\d\d)$/.exec(written)?.[0] ?? ''
    const iso = new Date(map(recorded)).toISOString()
    const digits =
      fraction === '' ? '' : `.${(iso.slice(20, 23) + fraction.slice(3)).padEnd(fraction.length, '0').slice(0, fraction.length)}`
    return `${iso.slice(0, 10)}${written[10]}${iso.slice(11, 19)}${digits}${zone}`
  })
}
