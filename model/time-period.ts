/** Time periods ("working hours"): parsed once, asked often. The wall clock of the period's zone decides, also when it is changed. */
import { IANAZone } from 'luxon'
import { type DayRule, dayKinds, type HourRange, matchesDay, parseDayRule } from './day-rule.ts'
import { nagiosMatches } from './nagios-spans.ts'
import { aheadOfUtc, clockChange } from './wall-clock.ts'

export interface TimePeriod {
  name: string
  zone: string
  rules: readonly DayRule[]
  /** Times of these are taken away. */
  exclude: readonly TimePeriod[]
  /** Spans of days mean what they mean to Nagios (`model/nagios-spans.ts`); default: what they say. */
  nagiosSpans?: boolean
}

export interface TimePeriodText {
  name: string
  zone: string
  lines: readonly string[]
  exclude: readonly string[]
}

export type ParsedPeriods = { ok: true; periods: Map<string, TimePeriod> } | { ok: false; errors: string[] }

/** Reads periods that may exclude each other by name; a period that excludes itself, even in a round, is an error. */
export function parsePeriods(texts: readonly TimePeriodText[], { nagiosSpans = false } = {}): ParsedPeriods {
  const byName = new Map(texts.map((text) => [text.name, text]))
  const errors: string[] = []
  const periods = new Map<string, TimePeriod>()
  const build = (text: TimePeriodText, trail: readonly string[]): TimePeriod => {
    const done = periods.get(text.name)
    if (done) return done
    const rules = text.lines.flatMap((line) => {
      const parsed = parseDayRule(line)
      if (parsed.ok) return [parsed.rule]
      errors.push(`${text.name}: ${parsed.message}`)
      return []
    })
    const exclude = text.exclude.flatMap((name) => {
      const other = byName.get(name)
      const round = [...trail, text.name].includes(name)
      if (!other) errors.push(`${text.name}: excludes "${name}", which is not defined`)
      else if (round) errors.push(`${text.name}: excludes itself through ${[...trail, text.name, name].join(' → ')}`)
      return other && !round ? [build(other, [...trail, text.name])] : []
    })
    const period = { name: text.name, zone: text.zone, rules, exclude, ...(nagiosSpans && { nagiosSpans }) }
    periods.set(text.name, period)
    return period
  }
  for (const text of texts) {
    if (!IANAZone.isValidZone(text.zone)) errors.push(`${text.name}: "${text.zone}" is not a time zone`)
    else build(text, [])
  }
  return errors.length > 0 ? { ok: false, errors } : { ok: true, periods }
}

const daySeconds = 86_400

/** Is the instant (epoch ms) inside? */
export function within(period: TimePeriod, at: number): boolean {
  const { day, second } = wallClock(at, aheadOfUtc(period.zone, at))
  return insideAt(period, day, second)
}

function insideAt(period: TimePeriod, day: number, second: number): boolean {
  return (
    hoursOn(period, day).some((range) => second >= range.from && second <= range.to) &&
    !period.exclude.some((excluded) => insideAt(excluded, day, second))
  )
}

export interface NextOptions {
  /**
   * As Nagios 4.4.6 answers: after an exclusion it goes on a whole minute later, and its search ends after `horizonDays`.
   */
  nagiosCompatible?: boolean
}

/** The first instant from `at` on that is inside; null when there is none within five years. Whole seconds. */
export function nextWithin(period: TimePeriod, at: number, { nagiosCompatible = false }: NextOptions = {}): number | null {
  if (within(period, at)) return at
  if (period.rules.length === 0) return null
  const { day: today } = wallClock(at, aheadOfUtc(period.zone, at))
  const last = today + (nagiosCompatible ? horizonDays : 5 * 366)
  for (let day = today; day < last; day++) {
    if (hoursOn(period, day).length === 0) continue
    let first = Number.POSITIVE_INFINITY
    for (const instant of candidates(period, day, nagiosCompatible ? 60 : 1))
      if (instant >= at && instant < first && within(period, instant)) first = instant
    if (first !== Number.POSITIVE_INFINITY) return first
  }
  return null
}

/** How far Nagios looks for the next day that a yearly rule means. */
const horizonDays = 298

/** The hours of a day: those of the first kind of rule that means it. */
function hoursOn({ rules, nagiosSpans }: TimePeriod, day: number): readonly HourRange[] {
  for (const kind of dayKinds) {
    const matching = rules.filter(
      (rule) => rule.kind === kind && (nagiosSpans && kind !== 'weekday' ? nagiosMatches : matchesDay)(rule, day),
    )
    // of several spans that hold the day, Nagios takes the first
    const counting = nagiosSpans && kind !== 'weekday' ? matching.slice(0, 1) : matching
    if (counting.length > 0) return counting.flatMap((rule) => rule.hours)
  }
  return []
}

/** Instants of a day at which "inside" can begin: a range starts, an exclusion is over, the clock was changed. */
function candidates(period: TimePeriod, day: number, afterExclusion: number): number[] {
  const seconds = new Set<number>([0])
  const addStarts = (of: TimePeriod) => {
    for (const range of hoursOn(of, day)) seconds.add(range.from)
    for (const excluded of of.exclude) addEnds(excluded)
  }
  const addEnds = (of: TimePeriod) => {
    for (const range of hoursOn(of, day)) seconds.add(range.to + afterExclusion)
    for (const inner of of.exclude) addStarts(inner)
  }
  addStarts(period)
  const midnight = day * daySeconds * 1000
  const offsets = new Set([-1, 1].map((side) => aheadOfUtc(period.zone, midnight + side * daySeconds * 1000)))
  const possible = [...seconds]
    .filter((second) => (second < daySeconds ? offsets.size > 1 || insideAt(period, day, second) : afterExclusion > 1))
    .flatMap((second) => [...offsets].map((shift) => midnight + second * 1000 - shift))
  return offsets.size > 1 ? [...possible, clockChange(period.zone, midnight)] : possible
}

function wallClock(at: number, ahead: number): { day: number; second: number } {
  const local = Math.floor((at + ahead) / 1000)
  return { day: Math.floor(local / daySeconds), second: ((local % daySeconds) + daySeconds) % daySeconds }
}

/** Instants of [from, to) at which "inside" may begin or end; more than do. For who walks along a period. */
export function edgesOf(period: TimePeriod, from: number, to: number): number[] {
  const edges = new Set<number>()
  const dayMs = daySeconds * 1000
  const first = wallClock(from, aheadOfUtc(period.zone, from)).day - 1
  for (let day = first; day * dayMs < to + 2 * dayMs; day++) {
    const midnight = day * dayMs
    const offsets = new Set([-1, 1].map((side) => aheadOfUtc(period.zone, midnight + side * dayMs)))
    const seconds = new Set<number>([0])
    const add = (of: TimePeriod) => {
      for (const range of hoursOn(of, day))
        seconds
          .add(range.from)
          .add(range.to)
          .add(range.to + 1)
      for (const excluded of of.exclude) add(excluded)
    }
    add(period)
    for (const second of seconds) for (const shift of offsets) edges.add(midnight + second * 1000 - shift)
    if (offsets.size > 1) edges.add(clockChange(period.zone, midnight))
  }
  return [...edges].filter((at) => at >= from && at < to).sort((a, b) => a - b)
}
