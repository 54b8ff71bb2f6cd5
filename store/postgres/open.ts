/** The alert journal in PostgreSQL, shared by several alerters. */
import { randomUUID } from 'node:crypto'
import type { EngineSeen } from '../../model/alert-cluster.ts'
import type { AlertHistory, FatigueMails } from '../../model/alert-history.ts'
import type { Clock } from '../../model/clock.ts'
import type { AlertJournal, Logger } from '../../model/contract.ts'
import type { HealthBoard } from '../../model/health.ts'
import type { OnCallJournal } from '../../model/on-call.ts'
import type { DecisionLog, Outbox } from '../../model/outbox.ts'
import type { AlertWriter } from '../../model/tracked-check.ts'
import { alertHistory, type HistoryDeps } from '../alert-history.ts'
import { fatigueMails } from '../fatigue-mails.ts'
import { onCallOf } from '../on-call.ts'
import { PostgresCluster } from './alert-cluster.ts'
import { alertReader } from './alert-reader.ts'
import { retireSharedAlerts } from './alert-retention.ts'
import { alertWriter } from './alert-writer.ts'
import { inScope, numbered, storable } from './conditions.ts'
import { connect, type PostgresConfig } from './connect.ts'
import { decisionLog } from './decisions.ts'
import { enginesSeen } from './engines-seen.ts'
import { Membership } from './membership.ts'
import { migrate } from './migrations.ts'
import { notify, peopleNotice } from './notices.ts'
import { outbox } from './outbox.ts'
import { receivers } from './receivers.ts'

export interface SharedJournalConfig extends PostgresConfig {
  /** How the others call this engine. */
  engine: string
  leaseMs: number
}

export interface SharedAlertJournal {
  journal: AlertJournal & AlertWriter & Outbox & DecisionLog
  history: AlertHistory
  fatigueMails: FatigueMails
  onCall: OnCallJournal
  cluster: PostgresCluster
  /** Removes what is older than `before` (epoch ms) and needed by nothing; nothing where another engine does. */
  retire(before: number, now: () => number): AsyncIterable<number>
  engines(): Promise<EngineSeen[]>
  close(): Promise<void>
}

/** Connections of the engine and of the pages: a page that asks for much never keeps the engine from saying that it lives. */
const connections = { engine: 4, pages: 4 }

/** Waits for nothing: a database that is away is tried again by whoever needs it, and brought to the newest schema by `stored`. */
export function openSharedJournal(
  { engine, leaseMs, ...server }: SharedJournalConfig,
  { health, clock, logger }: { health: Pick<HealthBoard, 'report'>; clock: Clock; logger: Logger },
): SharedAlertJournal {
  const postgres = connect(server, { most: connections.engine, clock })
  const pages = connect(server, { most: connections.pages, clock })
  const own = new Membership(randomUUID(), engine, leaseMs)
  const history: HistoryDeps = { all: (sql, values) => pages.query(numbered(sql), values.map(kept)), inScope }
  const entered = async () => void (await notify(pages.query, peopleNotice))
  const writer = alertWriter(postgres, own)
  return {
    journal: {
      ...alertReader(pages),
      ...outbox(postgres, own),
      ...receivers(postgres, own),
      ...decisionLog(pages),
      ...writer,
      async stored() {
        await migrate(postgres)
        return writer.stored()
      },
    },
    history: alertHistory(history),
    fatigueMails: fatigueMails(history),
    onCall: onCallOf(history, entered),
    cluster: new PostgresCluster({ postgres, own, health, clock, logger }),
    retire: (before, now) => retireSharedAlerts(postgres, own, before, now),
    engines: () => enginesSeen(pages, leaseMs),
    close: async () => {
      await Promise.all([postgres.close(), pages.close()])
    },
  }
}

const kept = (value: unknown) => (typeof value === 'string' ? storable(value) : value)
