/**
 * Nova's own audit (`instance_usage_audit_period`: hour, day, month or year, with an offset): once a period is over each host
 * reports the instances it had in it. Source: nova/utils.py `last_completed_audit_period`. Times are epoch ms.
 */
import type { Period } from './contract.ts'
import type { CloudEvent } from './event.ts'

const minute = 60_000
export const hourMs = 3_600_000
export const dayMs = 24 * hourMs

/**
 * The closed period that an `exists` event reports for, or null: the same event is sent before resize, rebuild, rescue … for
 * the period that still runs, and then ends at the moment of sending. Closed periods begin and end on whole minutes and have one
 * of four lengths.
 */
export function closedAudit(event: CloudEvent): Period | null {
  const period = event.type === 'instance.exists' && event.format !== 'native' ? event.instance?.auditPeriod : undefined
  if (!period || event.time < period.to || period.from % minute !== 0 || period.to % minute !== 0) return null
  return isLength(period.to - period.from) ? period : null
}

/** What a reading of Nova's own log of the audit says of a closed period; null for any other event. */
export function auditLog(event: CloudEvent): (Period & { notRun: string[] }) | null {
  const { from, to, notRun } = event.type === 'audit.log' ? (event.facts ?? {}) : {}
  if (typeof from !== 'number' || typeof to !== 'number' || !Array.isArray(notRun)) return null
  return { from, to, notRun: notRun.filter((host): host is string => typeof host === 'string') }
}

function isLength(ms: number): boolean {
  const days = ms / dayMs
  return ms === hourMs || [1, 28, 29, 30, 31, 365, 366].includes(days)
}

/** The period that follows: months and years are as long as the calendar (UTC) has them. */
export function nextAudit({ from, to }: Period): Period {
  const days = (to - from) / dayMs
  if (days < 28) return { from: to, to: to + (to - from) }
  const months = days < 365 ? 1 : 12
  const next = new Date(to)
  return { from: to, to: next.setUTCMonth(next.getUTCMonth() + months) }
}
