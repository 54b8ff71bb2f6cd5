/** The journal's schema, step by step. A step that was released is never edited: add another. */
import { alertsSchema } from './alerts.schema.ts'
import { eventsSchema } from './events.schema.ts'

export interface Migration {
  name: string
  sql: string
}

export const migrations: readonly Migration[] = [
  { name: '0001-events', sql: eventsSchema },
  { name: '0002-alerts', sql: alertsSchema },
]
