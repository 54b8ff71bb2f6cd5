/** The journal's schema, step by step. A step that was released is never edited: add another. */

import { accountsSchema } from './accounts.schema.ts'
import { alertsSchema } from './alerts.schema.ts'
import { eventsSchema } from './events.schema.ts'
import { machinesSchema } from './machines.schema.ts'

export interface Migration {
  name: string
  sql: string
}

export const migrations: readonly Migration[] = [
  { name: '0001-events', sql: eventsSchema },
  { name: '0002-alerts', sql: alertsSchema },
  { name: '0003-accounts', sql: accountsSchema },
  { name: '0011-machines', sql: machinesSchema },
]
