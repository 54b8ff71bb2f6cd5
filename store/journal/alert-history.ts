import type { SQLInputValue } from 'node:sqlite'
import type { AlertHistory, FatigueMails } from '../../model/alert-history.ts'
import { alertHistory, type HistoryDeps } from '../alert-history.ts'
import { fatigueMails } from '../fatigue-mails.ts'
import type { Database } from './database.ts'
import { inScope } from './scope.ts'

const deps = (db: Database): HistoryDeps => ({
  all: async (sql, values) => db.all(sql, ...(values as SQLInputValue[])),
  inScope: (scope) => inScope(scope, 'project'),
})

export const historyOf = (db: Database): AlertHistory => alertHistory(deps(db))
export const fatigueMailsOf = (db: Database): FatigueMails => fatigueMails(deps(db))
