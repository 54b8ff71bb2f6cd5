import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { historyOf } from '../../../store/journal/alert-history.ts'
import { retireAlertsOf } from '../../../store/journal/alert-retention.ts'
import { alertJournal } from '../../../store/journal/alerts.ts'
import { openDatabase } from '../../../store/journal/database.ts'
import { onCallJournal } from '../../../store/journal/on-call.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { alertJournalContract } from '../alert-journal.contract.ts'
import { alertRetentionContract } from '../alert-retention.contract.ts'
import { outboxContract } from '../outbox.contract.ts'

describe('the alert journal in SQLite', () => {
  const root = temporaryDirectory()
  const open = async () => {
    const db = openDatabase(mkdtempSync(join(root(), 'journal-')))
    return {
      ...{ journal: alertJournal(db), history: historyOf(db), onCall: onCallJournal(db), close: async () => db.close() },
      retire: (before: number, now: () => number) => retireAlertsOf(db, before, now),
    }
  }
  alertJournalContract(open)
  outboxContract(open)
  alertRetentionContract(open)
})
