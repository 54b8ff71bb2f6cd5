/** A recorded run whose audits are said again and again, and everything that is ever said of use: the same before and after retention. */
import { everything } from '../../model/access.ts'
import { systemClock } from '../../model/clock.ts'
import type { RecordedEvent } from '../../model/event.ts'
import { mayRepeat } from '../../model/thinning.ts'
import { completenessJournal } from '../../store/journal/completeness.ts'
import type { Database } from '../../store/journal/database.ts'
import { eventJournal } from '../../store/journal/events.ts'
import { timelineJournal } from '../../store/journal/timeline.ts'
import { usageJournal } from '../../store/journal/usage.ts'
import { novaUsage, type Recording } from './recordings.ts'

const minute = 60_000
/** Uptimes of instances that live are said as of now. */
const clock = { ...systemClock, now: () => Date.UTC(2027, 0, 1) }

/** Every recorded audit of an instance said again, minute after minute: as an hourly audit does for weeks, and stale as often. */
export function repeated(events: readonly RecordedEvent[], times: number): RecordedEvent[] {
  return events.flatMap((one) => {
    const { event } = one
    const period = event.instance?.auditPeriod
    if (!mayRepeat(event) || !period) return [one]
    return Array.from({ length: times }, (_, n): RecordedEvent => {
      if (n === 0) return one
      const later = n * minute
      return {
        ...one,
        raw: JSON.stringify({ n, of: event.id }),
        event: {
          ...event,
          id: `${event.id}-${n}`,
          time: event.time + later,
          request: event.request && `${event.request}-${n}`,
          instance: { ...event.instance, auditPeriod: { from: period.from + later, to: period.to + later } },
        },
      }
    })
  })
}

const inBatches = <T>(list: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size))

export async function record(db: Database, events: readonly RecordedEvent[]) {
  const journal = eventJournal(db)
  const sum = { events: 0, duplicates: 0 }
  for (const batch of inBatches(events, 400)) {
    const counts = await journal.record(batch)
    sum.events += counts.events
    sum.duplicates += counts.duplicates
  }
  return sum
}

/** Folds every ledger anew from what the log has. */
export function refold(db: Database): void {
  db.run('DELETE FROM ledger_rules')
  eventJournal(db)
}

/** Everything that is ever said of use, from ledgers and witnesses. */
export async function figures(db: Database, recording: Recording) {
  const { from, to } = novaUsage(recording)
  const period = { from, to }
  const usage = usageJournal(db, clock)
  return {
    segments: db.all('SELECT * FROM segment ORDER BY instance, start'),
    instances: db.all('SELECT * FROM instance ORDER BY id'),
    resources: db.all('SELECT * FROM resource ORDER BY kind, id'),
    resourceSegments: db.all('SELECT * FROM resource_segment ORDER BY kind, id, start'),
    discrepancies: db.all('SELECT * FROM discrepancy ORDER BY instance, at, about'),
    heard: db.all('SELECT * FROM heard ORDER BY hour, service, host'),
    audited: db.all('SELECT * FROM audited ORDER BY start, host'),
    types: db.all('SELECT * FROM event_type ORDER BY type'),
    parity: await usage.parity(everything, period),
    usage: await Promise.all(
      (['ledger', 'parity'] as const).flatMap((view) =>
        (['project', 'user', 'instance', 'flavor', 'host'] as const).map((by) =>
          usage.usage(everything, { view, by, ...period }),
        ),
      ),
    ),
    differences: await usage.differences(everything, period),
    overdue: await usage.overdue(to),
    gaps: await completenessJournal(db, clock).gaps(everything, { from: from - 3_600_000, to: to + 3_600_000 }),
    actions: db.all('SELECT * FROM action ORDER BY root, resource_id'),
    timeline: (await timelineJournal(db, clock).actions(everything, { limit: 1000 })).map(({ seq: _, ...action }) => action),
  }
}
