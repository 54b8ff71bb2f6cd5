import type { SQLInputValue } from 'node:sqlite'
import type { AlertHistory } from '../../model/alert-history.ts'
import { alertHistory } from '../alert-history.ts'
import type { Database } from './database.ts'
import { inScope } from './scope.ts'

export const historyOf = (db: Database): AlertHistory =>
  alertHistory({
    all: async (sql, values) => db.all(sql, ...(values as SQLInputValue[])),
    inScope: (scope) => inScope(scope, 'project'),
  })
