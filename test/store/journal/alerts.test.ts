import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { historyOf } from '../../../store/journal/alert-history.ts'
import { alertJournal } from '../../../store/journal/alerts.ts'
import { openDatabase } from '../../../store/journal/database.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { alertJournalContract } from '../alert-journal.contract.ts'
import { outboxContract } from '../outbox.contract.ts'

describe('the alert journal in SQLite', () => {
  const root = temporaryDirectory()
  const open = async () => {
    const db = openDatabase(mkdtempSync(join(root(), 'journal-')))
    return { journal: alertJournal(db), history: historyOf(db), close: async () => db.close() }
  }
  alertJournalContract(open)
  outboxContract(open)
})
