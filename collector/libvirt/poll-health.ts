/** How a poll went → what the health board shows. */
import type { HealthReport } from '../../model/health.ts'
import type { PollReport } from './poll-report.ts'
import type { DomainRef } from './procedures.ts'

type Health = Omit<HealthReport, 'component' | 'kind' | 'host'>

/** The connection to the daemon. QEMUs that do not answer are a finding of their own. */
export function healthOfConnection(report: PollReport): Health {
  const { domains, running, pollMs, orphans, hanging, locked, unasked, droppedEvents } = report
  const stuck = hanging.length + locked.length
  const numbers = { domains, running, poll_ms: Math.round(pollMs), orphans, stuck, unasked, dropped: droppedEvents }
  if (unasked === 0) return { state: 'ok', detail: `${running} of ${domains} domains run`, numbers }
  const detail = `${unasked} QEMUs were not asked: ${orphans} calls are stuck in others, and the daemon needs its workers`
  return { state: 'degraded', detail, numbers }
}

/** The QEMUs behind it. */
export function healthOfQemus({ running, hanging, locked }: PollReport): Health {
  const numbers = { hanging: hanging.length, locked: locked.length }
  const told = [
    ...(hanging.length > 0 ? [`QEMU not answering: ${named(hanging)}`] : []),
    ...(locked.length > 0 ? [`locked by another operation: ${named(locked)}`] : []),
  ]
  if (told.length === 0) return { state: 'ok', detail: `all ${running} QEMUs answer`, numbers }
  return { state: 'degraded', detail: told.join('; '), numbers }
}

/** The same words as long as it is the same ones. */
function named(domains: readonly DomainRef[]): string {
  const names = domains.map(({ name }) => name).sort()
  return `${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`
}
