import type { SQLInputValue } from 'node:sqlite'
import type { OnCallJournal } from '../../model/on-call.ts'
import { onCallOf } from '../on-call.ts'
import type { Database } from './database.ts'

export const onCallJournal = (db: Database): OnCallJournal =>
  onCallOf({ all: async (sql, values) => db.all(sql, ...(values as SQLInputValue[])) })
