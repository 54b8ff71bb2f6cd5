import type { SQLInputValue } from 'node:sqlite'
import { type AlertRetentionDeps, retireAlerts, type Statement } from '../alert-retention.ts'
import type { Database } from './database.ts'
import { noteRetired } from './retired.ts'

const given = ({ values }: Statement): SQLInputValue[] =>
  values.map((value) => (typeof value === 'object' ? JSON.stringify(value) : value))

const deps = (db: Database): AlertRetentionDeps => ({
  all: async (statement) => db.all(statement.sql, ...given(statement)),
  among: (column) => `${column} IN (SELECT value FROM json_each(?))`,
  step: async (statements, at) =>
    db.transaction(() => {
      const removed = statements.reduce((sum, one) => sum + db.run(one.sql, ...given(one)).changes, 0)
      return noteRetired(db, 'alerts', removed, at)
    }),
})

/** Everything of the history of alerts that is older than `before` and that nothing needs, step by step. */
export const retireAlertsOf = (db: Database, before: number, now: () => number): AsyncGenerator<number> =>
  retireAlerts(deps(db), before, now)
