/**
 * What is against the completeness of a period: evidence → gaps, each with what it means for figures. Pure.
 *
 * Expectations are taken from a speaker's own history, and conservatively: a gap that is none costs more trust than one that is
 * found an hour later. Only closed hours in which we listened are judged, and a speaker owes an hour only if it spoke
 *  - in all of the last 24 hours in which we listened (at least 20 of them), and
 *  - in the same hour of the day on each of the seven days before that we know (at least two): nights and weekends are quiet.
 * A service that speaks when asked to never meets that; a compute host with Nova's hourly audit or metrics does, as long as it
 * has instances. A host owes an audit when the one before came, or was owed, and instances stayed on it for the whole period.
 * Whoever owes for more than a week is gone or was switched off: nothing more is expected.
 */
import { dayMs, hourMs, nextAudit } from './audit-period.ts'
import type { Absence, Gap, Period } from './contract.ts'
import { type HostStays, type Stay, staysByHost } from './stays.ts'

/** Messages that are older than that when they come are rare: an hour is judged this long after it is over, ms. */
const lateMs = 10 * 60_000
/** Nova looks once a minute whether a period is over; a host with many instances needs a while to tell of them all. */
const auditLateMs = 30 * 60_000
const longestExpectation = 7 * dayMs
/** A binding that has not been confirmed for this long is gone; it is confirmed every 30 s. */
const confirmedMs = 2 * 60_000
/** A source that was not heard of for this long was taken out of the configuration. */
const retiredMs = 31 * dayMs
/** How much history `silent` looks back on. */
export const historyMs = 8 * dayMs

/** The hours in which a service spoke from a host, ascending or not. */
export interface Speaker {
  service: string
  host: string
  hours: readonly number[]
}

/** Closed periods of one length that a host reported: start → instances. */
export interface HostAudits {
  host: string
  length: number
  readings: ReadonlyMap<number, number>
}

export interface Evidence {
  now: number
  /** Exchanges that we are bound to or were: since when, and when we last knew it. */
  listening: readonly { source: string; exchange: string; since: number; seenAt: number }[]
  absences: readonly Absence[]
  /** From `historyMs` before the period on. */
  heard: readonly Speaker[]
  /** First hour in which anything was ever heard; null = never. */
  firstHeard: number | null
  /** Last hour in which anything was. */
  lastHeard: number | null
  /** From three lengths before the period on. */
  audits: readonly HostAudits[]
  /** Periods that Nova's own log says were not audited on a host. */
  notAudited: readonly (Period & { host: string })[]
  stays: readonly Stay[]
  unread: readonly { service: string; hour: number; messages: number }[]
  /** Ends that were inferred: last word of the instance, and when it was found gone. */
  lostEnds: readonly { host: string | null; from: number; to: number | null }[]
  /** Starts that no end followed in time, until the next word of the resource. */
  overdue: readonly { service: string; type: string; host: string | null; from: number; to: number | null }[]
  /** When the newest complete list of the instances was read; null = never. */
  listedAt: number | null
}

/** Oldest first; only what overlaps the period. */
export function gapsOf(period: Period, evidence: Evidence): Gap[] {
  const stays = staysByHost(evidence.stays)
  const known = knowledge(evidence)
  const silent = silences(period, evidence, known, stays)
  const audits = missedAudits(period, evidence, known, stays).filter(
    (audit) => !silent.some((silence) => silence.host === audit.host && overlaps(silence, audit)),
  )
  const all = [...before(period, known), ...away(evidence, known), ...silent, ...audits, ...unread(evidence), ...lost(evidence)]
  return all
    .filter((gap) => gap.from < period.to && (gap.to === null || gap.to > period.from) && gap.from <= evidence.now)
    .map((gap) => healed(gap, evidence.listedAt))
    .sort((a, b) => a.from - b.from || compare(a.kind, b.kind) || compare(a.service, b.service) || compare(a.host, b.host))
}

const healable: ReadonlySet<Gap['kind']> = new Set(['away', 'silent', 'audit'])

/** A complete list finds every end that was lost before it was read; flavors and states in between it cannot tell. */
function healed(gap: Gap, listedAt: number | null): Gap {
  const reads = gap.loss === 'possible' && healable.has(gap.kind) && gap.to !== null && listedAt !== null && listedAt > gap.to
  return reads ? { ...gap, healedAt: listedAt } : gap
}

/** The gaps that touch figures: what is only late does not. */
export const doubtsOf = (gaps: readonly Gap[]): Gap[] => gaps.filter(({ loss }) => loss !== 'none')

export const isComplete = (gaps: readonly Gap[]): boolean => doubtsOf(gaps).length === 0

// ------------------------------------------------------------------------------------------------------- what we can know

interface Knowledge {
  begin: number
  end: number
  /** Whether we listened for the whole time. */
  listened(from: number, to: number): boolean
}

function knowledge({ listening, absences, firstHeard, lastHeard, now }: Evidence): Knowledge {
  const since = Math.min(...listening.map((one) => one.since), firstHeard ?? Number.POSITIVE_INFINITY)
  const begin = Number.isFinite(since) ? since : now
  const end = Math.min(
    now,
    listening.length > 0 ? Math.max(...listening.map(({ seenAt }) => seenAt)) : (lastHeard ?? begin - hourMs) + hourMs,
  )
  const deaf = absences.filter(({ lost }) => lost)
  return {
    begin,
    end,
    listened: (from, to) => from >= begin && to <= end && !deaf.some((absence) => absence.from < to && absence.to > from),
  }
}

function before(period: Period, { begin }: Knowledge): Gap[] {
  if (period.from >= begin) return []
  return [gap('before', 'possible', '', null, period.from, Math.min(begin, period.to), null, null)]
}

function away({ absences, listening, now }: Evidence, { end }: Knowledge): Gap[] {
  const closed = absences
    .filter(({ from, to, lost }) => lost || to - from >= 1000)
    .map(({ source, cause, lost, from, to }) => gap('away', lost ? 'possible' : 'none', source, null, from, to, null, cause))
  const newest = new Map<string, number>()
  for (const { source, seenAt } of listening) newest.set(source, Math.max(newest.get(source) ?? 0, seenAt))
  const open = listening
    .filter(({ seenAt }) => now - seenAt > confirmedMs && now - seenAt < retiredMs)
    .map(({ source, seenAt }) => {
      // an exchange that is missing while others are there cannot be kept for us; a queue that waits for us is
      const alone = (newest.get(source) ?? 0) - seenAt > confirmedMs
      return gap('away', alone ? 'possible' : 'none', source, null, seenAt, null, null, alone ? 'exchange' : 'process')
    })
  // what was imported ends where it ends: nobody listened after it
  const after =
    listening.length === 0 && now - end > hourMs ? [gap('away', 'possible', '', null, end, null, null, 'process')] : []
  return merged([...closed, ...open, ...after], 'keep')
}

// ---------------------------------------------------------------------------------------------------------------- silence

function silences(period: Period, evidence: Evidence, known: Knowledge, stays: HostStays): Gap[] {
  const judged = (hour: number) => known.listened(hour, hour + hourMs)
  const end = Math.min(period.to, evidence.now - lateMs)
  const gaps: Gap[] = []
  for (const { service, host, hours } of evidence.heard) {
    if (host === '' || hours.length < 20) continue
    const spoken = new Set(hours)
    let hour = hours.reduce((first, one) => Math.min(first, one), Number.POSITIVE_INFINITY)
    let since: number | null = null
    for (; hour + hourMs <= end; hour += hourMs) {
      if (spoken.has(hour)) {
        if (since !== null) gaps.push(gap('silent', 'possible', service, host, since, hour, null, null))
        since = null
        continue
      }
      if (!judged(hour)) continue
      const owes = expected(hour, since, spoken, judged) && !emptied(service, host, hour, stays)
      if (owes && (since === null || hour - since < longestExpectation)) since ??= hour
      else if (since !== null) {
        gaps.push(gap('silent', 'possible', service, host, since, hour, null, null))
        since = null
      }
    }
    if (since !== null) gaps.push(gap('silent', 'possible', service, host, since, null, null, null))
  }
  return gaps
}

/** Does this speaker owe a word in this hour? Hours of the silence that it may belong to say nothing about it. */
function expected(hour: number, since: number | null, spoken: ReadonlySet<number>, judged: (hour: number) => boolean): boolean {
  const last = since ?? hour
  let recent = 0
  for (let back = 1; back <= 24; back++) {
    const then = last - back * hourMs
    if (spoken.has(then)) recent++
    else if (judged(then)) return false
  }
  if (recent < 20) return false
  let days = 0
  const newest = hour - Math.max(1, Math.ceil((hour - last + 1) / dayMs)) * dayMs
  for (let back = 0; back < 7; back++) {
    const then = newest - back * dayMs
    if (spoken.has(then)) days++
    else if (judged(then)) return false
  }
  return days >= 2
}

/** A compute host without instances has nothing to tell. */
const emptied = (service: string, host: string, hour: number, stays: HostStays) =>
  service === 'nova' && stays.knows(host) && stays.throughout(host, hour, hour + hourMs) === 0

// ----------------------------------------------------------------------------------------------------------------- audits

function missedAudits(period: Period, { audits, notAudited, now }: Evidence, known: Knowledge, stays: HostStays): Gap[] {
  const found = [...Map.groupBy(audits, ({ host }) => host)].flatMap(([host, its]) =>
    missedOf(host, its, period, now, known, stays),
  )
  // Nova knows of hosts that never had any; a host without instances has nothing to audit
  const told = notAudited
    .map(({ host, from, to }) => gap('audit', 'possible', 'nova', host, from, to, stays.throughout(host, from, to), 'not-run'))
    .filter((one) => one.count !== 0 && !found.some((other) => other.host === one.host && overlaps(other, one)))
  return [...found, ...merged(told, 'keep')]
}

function missedOf(
  host: string,
  its: readonly HostAudits[],
  period: Period,
  now: number,
  known: Knowledge,
  stays: HostStays,
): Gap[] {
  const starts = its.flatMap(({ length, readings }) => [...readings.keys()].map((from) => ({ from, to: from + length })))
  // after a change of the setting the periods go on with the new length
  const lengths = new Map(its.length > 1 ? starts.map(({ from, to }) => [from, to]) : [])
  const instances = (from: number) =>
    its.reduce<number | undefined>((found, { readings }) => readings.get(from) ?? found, undefined)
  const gaps: Gap[] = []
  let missing: Gap | null = null
  const over = () => {
    if (missing) gaps.push(missing)
    missing = null
  }
  let at: Period = starts.reduce((first, audit) => (audit.from < first.from ? audit : first))
  for (; at.from < period.to && at.to + auditLateMs <= now; at = nextAudit(at)) {
    at = { from: at.from, to: lengths.get(at.from) ?? at.to }
    const reported = instances(at.from)
    const owed = at.to > period.from - longestExpectation ? stays.throughout(host, at.from, at.to + 60_000) : 0
    const short = owed - (reported ?? 0)
    if (short <= 0 || !known.listened(at.to, at.to + auditLateMs)) over()
    else if (reported !== undefined) {
      over()
      gaps.push(gap('audit', 'possible', 'nova', host, at.from, at.to, short, 'unfinished'))
    } else if (missing === null) missing = gap('audit', 'possible', 'nova', host, at.from, at.to, owed, 'not-run')
    else missing = { ...(missing as Gap), to: at.to, count: Math.max((missing as Gap).count ?? 0, owed) }
    if (missing && at.to - (missing as Gap).from > Math.max(longestExpectation, 3 * (at.to - at.from))) break
  }
  over()
  return gaps
}

// --------------------------------------------------------------------------------------------------------- single messages

const unread = ({ unread: parked }: Evidence): Gap[] =>
  merged(
    parked.map(({ service, hour, messages }) => gap('unread', 'certain', service, null, hour, hour + hourMs, messages, null)),
    'add',
  )

const lost = ({ lostEnds, overdue }: Evidence): Gap[] =>
  merged(
    [
      ...lostEnds.map(({ host, from, to }) => gap('lost-end', 'certain', 'nova', host, from, to, 1, null)),
      ...overdue.map(({ service, type, host, from, to }) => gap('overdue', 'possible', service, host, from, to, 1, type)),
    ],
    'add',
  )

// ---------------------------------------------------------------------------------------------------------------- details

function gap(
  kind: Gap['kind'],
  loss: Gap['loss'],
  service: string,
  host: string | null,
  from: number,
  to: number | null,
  count: number | null,
  cause: string | null,
): Gap {
  return { kind, loss, service, host, from, to, count, cause }
}

const endOf = ({ to }: Pick<Gap, 'to'>) => to ?? Number.POSITIVE_INFINITY
const overlaps = (a: Gap, b: Gap) => a.from < endOf(b) && b.from < endOf(a)
const compare = (a: string | null, b: string | null) => ((a ?? '') < (b ?? '') ? -1 : (a ?? '') > (b ?? '') ? 1 : 0)

/** Gaps of the same kind, place and cause that touch become one; counts are added, or there are none. */
function merged(gaps: readonly Gap[], counts: 'add' | 'keep'): Gap[] {
  const groups = Map.groupBy(gaps, ({ kind, loss, service, host, cause }) => JSON.stringify([kind, loss, service, host, cause]))
  return [...groups.values()].flatMap((group) => {
    const sorted = [...group].sort((a, b) => a.from - b.from || endOf(a) - endOf(b))
    const done: Gap[] = []
    for (const next of sorted) {
      const last = done.at(-1)
      if (!last || next.from > endOf(last)) {
        done.push({ ...next })
        continue
      }
      last.to = last.to === null || next.to === null ? null : Math.max(last.to, next.to)
      if (counts === 'add') last.count = (last.count ?? 0) + (next.count ?? 0)
    }
    return done
  })
}
