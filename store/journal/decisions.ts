import type { SQLInputValue } from 'node:sqlite'
import type { DecisionLog } from '../../model/outbox.ts'
import { decisionsOf } from '../decisions.ts'
import type { Database } from './database.ts'
import { contains, inScope } from './scope.ts'

export const decisionLog = (db: Database): DecisionLog =>
  decisionsOf({
    all: async (sql, values) =>
      db.all(sql, ...values.map((value) => (Array.isArray(value) ? JSON.stringify(value) : value) as SQLInputValue)),
    inScope: (scope) => inScope(scope, 'project'),
    contains,
    among: (column) => `${column} IN (SELECT value FROM json_each(?))`,
    arrival: 'rowid',
  })
