/** What reports are made of, as far as it is in the journal. */
import type { Clock } from '../model/clock.ts'
import type { ReportDeps } from '../reports/sources.ts'
import { completenessJournal } from '../store/journal/completeness.ts'
import type { Database } from '../store/journal/database.ts'
import { flavorJournal } from '../store/journal/flavor-specs.ts'
import { inventory } from '../store/journal/inventory.ts'
import { monthJournal } from '../store/journal/months.ts'
import { resourceJournal } from '../store/journal/resources.ts'
import { usageJournal } from '../store/journal/usage.ts'

export const journalReportDeps = (db: Database, clock: Clock): Omit<ReportDeps, 'book' | 'zone'> => ({
  ...{ usage: usageJournal(db, clock), inventory: inventory(db), months: monthJournal(db), flavors: flavorJournal(db) },
  ...{ resources: resourceJournal(db, clock), completeness: completenessJournal(db, clock), clock },
})
