/**
 * How much alerts ask of people, over a week: how long until somebody takes a problem, until it is over, what makes most noise, who
 * is woken. Pure.
 */
import { DateTime } from 'luxon'
import type { FatigueFacts } from './alert-history.ts'
import type { ResourceRef } from './event.ts'

/** Of a set of durations, ms; null = there was none. */
export interface Durations {
  count: number
  mean: number
  median: number
}

export interface Noise {
  check: string
  rule: string
  target: ResourceRef
  targetName: string | null
  messages: number
  problems: number
}

export interface ContactLoad {
  contact: string
  messages: number
  wakeUps: number
}

export interface FatigueReport {
  /** Epoch ms, `to` exclusive. */
  from: number
  to: number
  /** Hard problems that began, and those of them that somebody was told of. */
  problems: number
  told: number
  /** Told problems that somebody acknowledged. */
  acted: number
  messages: number
  /** From the hard problem to its acknowledgement. */
  acknowledged: Durations | null
  /** From the hard problem to its end, of those that ended. */
  resolved: Durations | null
  /** Told problems that were over by themselves before anybody took them, within ten minutes. */
  brief: number
  noisiest: readonly Noise[]
  contacts: readonly ContactLoad[]
  /** Each night by the date of its evening: `2026-11-16`. */
  nights: readonly { evening: string; wakeUps: number }[]
}

export interface FatigueOptions {
  from: number
  to: number
  /** IANA; where a contact lives when it does not say otherwise. */
  zone: string
  /** Zones of contacts that have their own. */
  zones?: ReadonlyMap<string, string>
}

const noisy = 10
const nightBegins = 22
const nightEnds = 7
/** Messages so close to each other wake once. */
const sameWakingMs = 15 * 60_000
const briefMs = 10 * 60_000
/** A problem may be this much older than the report, and still be acknowledged or end in it. */
export const lookBackMs = 30 * 86_400_000

interface Episode {
  check: string
  began: number
  ended: number | null
  taken: number | null
  told: boolean
}

export function fatigueReport({ changes, acknowledged, told }: FatigueFacts, options: FatigueOptions): FatigueReport {
  const { from, to } = options
  const all = episodesOf(changes)
  const byCheck = Map.groupBy(all, ({ check }) => check)
  const during = (check: string, time: number) =>
    byCheck.get(check)?.findLast(({ began, ended }) => began <= time && (ended === null || time <= ended))
  for (const { check, time } of acknowledged) {
    const episode = during(check, time)
    if (episode) episode.taken ??= time
  }
  for (const { check, time, kind } of told) {
    const episode = kind === 'problem' ? during(check, time) : undefined
    if (episode) episode.told = true
  }
  const own = all.filter(({ began }) => began >= from && began < to)
  const heard = own.filter((one) => one.told)
  const inside = (time: number | null): time is number => time !== null && time >= from && time < to
  return {
    ...{ from, to, problems: own.length, told: heard.length, messages: told.length },
    acted: heard.filter(({ taken }) => taken !== null).length,
    acknowledged: durationsOf(all.flatMap(({ began, taken }) => (inside(taken) ? [taken - began] : []))),
    resolved: durationsOf(all.flatMap(({ began, ended }) => (inside(ended) ? [ended - began] : []))),
    brief: heard.filter(({ began, ended, taken }) => taken === null && ended !== null && ended - began <= briefMs).length,
    noisiest: noisiestOf({ changes, told }, own),
    ...wakingsOf(told, options),
  }
}

/** A problem begins with the first hard state that is not ok, and ends with the next hard ok. */
function episodesOf(changes: FatigueFacts['changes']): Episode[] {
  const open = new Map<string, Episode>()
  const all: Episode[] = []
  for (const { check, time, to } of changes) {
    const before = open.get(check)
    if (to === 'ok') {
      if (before) before.ended = time
      open.delete(check)
    } else if (!before) {
      const episode: Episode = { check, began: time, ended: null, taken: null, told: false }
      open.set(check, episode)
      all.push(episode)
    }
  }
  return all
}

function durationsOf(values: readonly number[]): Durations | null {
  if (values.length === 0) return null
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const median =
    sorted.length % 2 === 1 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
  return { count: sorted.length, mean: sorted.reduce((sum, one) => sum + one, 0) / sorted.length, median }
}

function noisiestOf({ changes, told }: Pick<FatigueFacts, 'changes' | 'told'>, own: readonly Episode[]): Noise[] {
  const named = new Map(changes.map((one) => [one.check, one]))
  const problems = Map.groupBy(own, ({ check }) => check)
  return [...Map.groupBy(told, ({ check }) => check)]
    .map(([check, messages]): Noise => {
      const { rule = '', target = { kind: '', id: check }, targetName = null } = named.get(check) ?? {}
      return { check, rule, target, targetName, messages: messages.length, problems: problems.get(check)?.length ?? 0 }
    })
    .sort((a, b) => b.messages - a.messages || b.problems - a.problems || (a.check < b.check ? -1 : 1))
    .slice(0, noisy)
}

function wakingsOf(
  told: FatigueFacts['told'],
  { from, to, zone, zones }: FatigueOptions,
): Pick<FatigueReport, 'contacts' | 'nights'> {
  const nights = new Map(eveningsOf(from, to, zone).map((evening) => [evening, 0]))
  const contacts = [...Map.groupBy(told, ({ contact }) => contact)].map(([contact, messages]): ContactLoad => {
    let wakeUps = 0
    let last = Number.NEGATIVE_INFINITY
    for (const { time, kind } of messages) {
      const evening = kind === 'problem' ? eveningOf(time, zones?.get(contact) ?? zone) : null
      if (evening === null) continue
      if (time - last > sameWakingMs) {
        wakeUps++
        nights.set(evening, (nights.get(evening) ?? 0) + 1)
      }
      last = time
    }
    return { contact, messages: messages.length, wakeUps }
  })
  return {
    contacts: contacts.sort((a, b) => b.wakeUps - a.wakeUps || b.messages - a.messages || (a.contact < b.contact ? -1 : 1)),
    nights: [...nights].sort(([a], [b]) => (a < b ? -1 : 1)).map(([evening, wakeUps]) => ({ evening, wakeUps })),
  }
}

/** The date of the evening of the night in which the instant lies; null by day. */
function eveningOf(time: number, zone: string): string | null {
  const local = DateTime.fromMillis(time, { zone })
  if (local.hour >= nightBegins) return local.toFormat('yyyy-MM-dd')
  return local.hour < nightEnds ? local.minus({ days: 1 }).toFormat('yyyy-MM-dd') : null
}

function eveningsOf(from: number, to: number, zone: string): string[] {
  const evenings: string[] = []
  for (let day = DateTime.fromMillis(from, { zone }).startOf('day'); day.toMillis() < to; day = day.plus({ days: 1 }))
    evenings.push(day.toFormat('yyyy-MM-dd'))
  return evenings
}

/** The week of an instant: the Monday's date, and its bounds. `weeks` back. */
export function weekOf(time: number, zone: string, weeks = 0): { week: string; from: number; to: number } {
  const start = DateTime.fromMillis(time, { zone }).startOf('week').minus({ weeks })
  return { week: start.toFormat('yyyy-MM-dd'), from: start.toMillis(), to: start.plus({ weeks: 1 }).toMillis() }
}

/** `2026-11-18`, any day of it, or null for what is no date. */
export function weekAt(date: string, zone: string): ReturnType<typeof weekOf> | null {
  const day = DateTime.fromISO(date, { zone })
  return /^\d{4}-\d{2}-\d{2}$/.test(date) && day.isValid ? weekOf(day.toMillis(), zone) : null
}

/** When the report of a week is due: weekday (1 = Monday) and hour of the week after. */
export const dueInNextWeek = (week: string, weekday: number, hour: number, zone: string): number =>
  DateTime.fromISO(week, { zone })
    .plus({ weeks: 1 })
    .set({ weekday: weekday as 1 | 2 | 3 | 4 | 5 | 6 | 7, hour })
    .toMillis()
