import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { AppError } from '../../../model/contract.ts'
import { openDatabase, openDatabaseReadOnly } from '../../../store/journal/database.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

describe('a journal that a command only reads', () => {
  const directory = temporaryDirectory()
  const refuses = (name: string, make: (sqlite: DatabaseSync) => void) =>
    it(`is refused in words: ${name}`, () => {
      const data = join(directory(), name.replaceAll(' ', '-'))
      mkdirSync(data)
      const sqlite = new DatabaseSync(join(data, 'journal.sqlite'))
      make(sqlite)
      sqlite.close()
      assert.throws(
        () => openDatabaseReadOnly(data),
        (error) => error instanceof AppError && /of an older Specola \(it lacks 0\d+-.*start serve once/.test(error.message),
      )
      openDatabase(data).close()
      openDatabaseReadOnly(data).close()
    })
  refuses('just being made', () => undefined)
  refuses('before any step', (sqlite) =>
    sqlite.exec('CREATE TABLE migration (name TEXT PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT'),
  )
})
