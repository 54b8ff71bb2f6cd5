/** Time periods, escalations and recurring downtimes, as the configuration writes them. */
import { z } from 'zod'
import { duration, timeZone } from '../config/fields.ts'
import { targetsField } from '../config/targets-field.ts'
import type { TargetFilter } from '../model/target-filter.ts'
import { parsePeriods, type TimePeriod } from '../model/time-period.ts'
import type { Escalation } from './hearing.ts'

const name = z.string().min(1)
const list = z.array(name).optional()

/** `lines` as in Nagios: `monday 09:00-17:00`, `day -1 22:00-24:00`, `2026-12-25 00:00-24:00`. */
export const periodField = z.strictObject({
  name,
  zone: timeZone.optional(),
  lines: z.array(name).default([]),
  exclude: z.array(name).default([]),
})

const wishes = ['warning', 'critical', 'unknown', 'nodata', 'recovery'] as const

export const escalationField = z.strictObject({
  rules: list,
  projects: list,
  /** From this notification of a problem on … */
  first: z.int().min(1),
  /** … to this; 0 = for ever. */
  last: z.int().min(0).default(0),
  repeat: duration.optional(),
  states: z.array(z.enum(wishes)).default([...wishes]),
  period: name.optional(),
  contacts: z.array(name).min(1),
})

export const windowField = z.strictObject({
  name,
  /** While it lasts, nobody is told. */
  period: name,
  comment: z.string().default(''),
  rules: list,
  targets: targetsField.default({}),
})

/** An escalation for some rules and projects; null = all. */
export interface ScopedEscalation extends Escalation {
  rules: readonly string[] | null
  projects: readonly string[] | null
}

/** A downtime that comes again with its period. */
export interface DowntimeWindow {
  name: string
  period: TimePeriod
  comment: string
  rules: readonly string[] | null
  targets: TargetFilter
}

type Complain = (path: readonly (string | number)[], message: string) => void

export function readPeriods(
  written: readonly z.output<typeof periodField>[],
  zone: string,
  complain: Complain,
  nagiosSpans = false,
) {
  const parsed = parsePeriods(
    written.map((one) => ({ ...one, zone: one.zone ?? zone })),
    { nagiosSpans },
  )
  if (parsed.ok) return parsed.periods
  for (const message of parsed.errors) {
    const index = written.findIndex((one) => message.startsWith(`${one.name}: `))
    complain(['periods', Math.max(0, index)], message)
  }
  return new Map<string, TimePeriod>()
}

/** Looks a period up by name; complains of one that is not there. */
export function named(periods: ReadonlyMap<string, TimePeriod>, wanted: string | undefined, missing: (text: string) => void) {
  if (wanted === undefined) return null
  const found = periods.get(wanted)
  if (!found) missing(`no period is named "${wanted}" (known: ${[...periods.keys()].join(', ') || 'none'})`)
  return found ?? null
}

export function readEscalations(
  written: readonly z.output<typeof escalationField>[],
  periods: ReadonlyMap<string, TimePeriod>,
  contacts: ReadonlySet<string>,
  complain: Complain,
): ScopedEscalation[] {
  return written.map((one, index) => {
    for (const contact of one.contacts)
      if (!contacts.has(contact)) complain(['escalations', index, 'contacts'], `no contact, group or rota is named "${contact}"`)
    if (one.last !== 0 && one.last < one.first) complain(['escalations', index, 'last'], 'is before the first')
    return {
      ...{ first: one.first, last: one.last, repeatMs: one.repeat ?? null, wishes: one.states, contacts: one.contacts },
      period: named(periods, one.period, (text) => complain(['escalations', index, 'period'], text)),
      ...{ rules: one.rules ?? null, projects: one.projects ?? null },
    }
  })
}

export function readWindows(
  written: readonly z.output<typeof windowField>[],
  periods: ReadonlyMap<string, TimePeriod>,
  complain: Complain,
): DowntimeWindow[] {
  return written.flatMap(({ name: title, period, comment, rules, targets }, index) => {
    const found = named(periods, period, (text) => complain(['downtimes', index, 'period'], text))
    return found ? [{ name: title, period: found, comment, rules: rules ?? null, targets }] : []
  })
}
