/** The journal's schema, step by step. A step that was released is never edited: add another. */

import { accountsSchema } from './accounts.schema.ts'
import { alertRetentionSchema } from './alert-retention.schema.ts'
import { alertsSchema } from './alerts.schema.ts'
import { capacitySchema } from './capacity.schema.ts'
import { causesSchema } from './causes.schema.ts'
import { completenessSchema } from './completeness.schema.ts'
import { downtimesSchema } from './downtimes.schema.ts'
import { eventIdentitySchema } from './event-identity.schema.ts'
import { eventsSchema } from './events.schema.ts'
import { fatigueSchema } from './fatigue.schema.ts'
import { labelsSchema } from './labels.schema.ts'
import { machinesSchema } from './machines.schema.ts'
import { moneySchema } from './money.schema.ts'
import { peopleSchema } from './people.schema.ts'
import { readingsSchema } from './readings.schema.ts'
import { resourcesSchema } from './resources.schema.ts'
import { retentionSchema } from './retention.schema.ts'
import { usageProofSchema } from './usage-proof.schema.ts'

export interface Migration {
  name: string
  sql: string
}

export const migrations: readonly Migration[] = [
  { name: '0001-events', sql: eventsSchema },
  { name: '0002-alerts', sql: alertsSchema },
  { name: '0003-accounts', sql: accountsSchema },
  { name: '0004-usage-proof', sql: usageProofSchema },
  { name: '0005-resources', sql: resourcesSchema },
  { name: '0006-money', sql: moneySchema },
  { name: '0007-completeness', sql: completenessSchema },
  { name: '0008-readings', sql: readingsSchema },
  { name: '0009-downtimes', sql: downtimesSchema },
  { name: '0011-machines', sql: machinesSchema },
  { name: '0012-event-identity', sql: eventIdentitySchema },
  { name: '0013-capacity', sql: capacitySchema },
  { name: '0015-labels', sql: labelsSchema },
  { name: '0016-people', sql: peopleSchema },
  { name: '0018-fatigue', sql: fatigueSchema },
  { name: '0019-causes', sql: causesSchema },
  { name: '0020-retention', sql: retentionSchema },
  { name: '0021-alert-retention', sql: alertRetentionSchema },
]
