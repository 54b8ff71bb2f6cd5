import type { DecisionLog } from '../../model/outbox.ts'
import { decisionsOf } from '../decisions.ts'
import { contains, inScope, numbered } from './conditions.ts'
import type { Postgres } from './connect.ts'

export const decisionLog = ({ query }: Pick<Postgres, 'query'>): DecisionLog =>
  decisionsOf({
    ...{ all: (sql, values) => query(numbered(sql), values), inScope, contains },
    among: (column) => `${column} = ANY(?)`,
    arrival: 'seq',
  })
