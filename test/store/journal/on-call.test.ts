import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { openDatabase } from '../../../store/journal/database.ts'
import { onCallJournal } from '../../../store/journal/on-call.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { onCallContract } from '../on-call.contract.ts'

describe('who is on call, in SQLite', () => {
  const root = temporaryDirectory()
  onCallContract(async () => {
    const db = openDatabase(mkdtempSync(join(root(), 'journal-')))
    return { here: onCallJournal(db), there: onCallJournal(db), close: async () => db.close() }
  })
})
