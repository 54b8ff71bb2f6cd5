/** Who spoke when: counted in the transaction that stores the events, so that counts and events agree after any kill. */
import { auditLog, closedAudit, hourMs } from '../../model/audit-period.ts'
import type { CloudEvent } from '../../model/event.ts'
import type { Database } from './database.ts'

/** Names of hosts come from outside. */
const longestHost = 255

/**
 * The host that a publisher speaks for: `compute.hv-01`, `nova-compute:hv-01`, `volume.node-1@lvm#pool` …; without one, the
 * host that the event is about; '' = nobody says.
 */
export function speakerOf({ publisher, host }: Pick<CloudEvent, 'publisher' | 'host'>): string {
  const told = /^[\w-]+[.:](.+)$/.exec(publisher)?.[1] ?? host ?? ''
  return told.split('@', 1)[0]?.slice(0, longestHost) ?? ''
}

/** Inside the transaction that stored the events; they must be new. One statement per distinct speaker, hour and audit. */
export function noteHeard(db: Database, events: readonly CloudEvent[]): void {
  const counts = new Map<string, { hour: number; service: string; host: string; messages: number }>()
  const audits = new Map<string, { length: number; start: number; host: string; legacy: number; versioned: number }>()
  for (const event of events) {
    const log = auditLog(event)
    if (log) noteLog(db, log)
    if (event.format === 'native' || !Number.isFinite(event.time)) continue
    const hour = Math.floor(event.time / hourMs) * hourMs
    const host = speakerOf(event)
    const key = `${hour} ${event.service} ${host}`
    const count = counts.get(key)
    if (count) count.messages++
    else counts.set(key, { hour, service: event.service, host, messages: 1 })
    const period = closedAudit(event)
    if (!period) continue
    const reporter = event.host ?? host
    const auditKey = `${period.from} ${period.to} ${reporter}`
    const audit = audits.get(auditKey) ?? {
      length: period.to - period.from,
      start: period.from,
      host: reporter,
      legacy: 0,
      versioned: 0,
    }
    audit[event.format]++
    audits.set(auditKey, audit)
  }
  for (const { hour, service, host, messages } of counts.values())
    db.run(
      `INSERT INTO heard (hour, service, host, messages) VALUES (?, ?, ?, ?)
       ON CONFLICT (hour, service, host) DO UPDATE SET messages = messages + excluded.messages`,
      hour,
      service,
      host,
      messages,
    )
  for (const { length, start, host, legacy, versioned } of audits.values())
    db.run(
      `INSERT INTO audited (length, start, host, legacy, versioned) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (length, start, host) DO UPDATE SET legacy = legacy + excluded.legacy, versioned = versioned + excluded.versioned`,
      length,
      start,
      host,
      legacy,
      versioned,
    )
}

/** A host may still run it: the newest reading of a period counts. */
function noteLog(db: Database, { from, to, notRun }: NonNullable<ReturnType<typeof auditLog>>): void {
  db.run('DELETE FROM audit_missed WHERE start = ? AND stop = ?', from, to)
  for (const host of notRun) db.run('INSERT OR IGNORE INTO audit_missed (start, stop, host) VALUES (?, ?, ?)', from, to, host)
}
