/** The alert journal that the configuration asks for. */
import type { Alerter } from '../alerter/engine.ts'
import type { AlertCluster, EngineSeen } from '../model/alert-cluster.ts'
import type { AlertHistory, FatigueMails } from '../model/alert-history.ts'
import type { Clock } from '../model/clock.ts'
import { type AlertJournal, AppError, type Logger, type Mailer } from '../model/contract.ts'
import type { HealthBoard } from '../model/health.ts'
import type { OnCallJournal } from '../model/on-call.ts'
import type { DecisionLog, Outbox } from '../model/outbox.ts'
import type { AlertWriter } from '../model/tracked-check.ts'
import type { FatigueMailDeps } from '../reports/fatigue-mail.ts'
import { fatigueMailsOf, historyOf } from '../store/journal/alert-history.ts'
import { retireAlertsOf } from '../store/journal/alert-retention.ts'
import { alertJournal } from '../store/journal/alerts.ts'
import type { Database } from '../store/journal/database.ts'
import { onCallJournal } from '../store/journal/on-call.ts'
import { openSharedJournal } from '../store/postgres/open.ts'
import type { EngineView } from '../ui/engine-view.ts'
import type { Configuration } from './configuration.ts'

export interface OpenAlerts {
  journal: AlertJournal & AlertWriter & Outbox & DecisionLog
  history: AlertHistory
  fatigueMails: FatigueMails
  onCall: OnCallJournal
  /** Removes what is older than `before` (epoch ms) and needed by nothing; nothing where another engine does. */
  retire(before: number, now: () => number): AsyncIterable<number>
  /** Null: this engine is the only one on its journal. */
  cluster: AlertCluster | null
  /** Engines that share the journal, as it knows them; empty where there is but one. */
  engines(): Promise<EngineSeen[]>
  close(): Promise<void>
}

/** `db`: the data directory's, or null where the journal is elsewhere and nobody needs it. */
export function openAlerts(
  db: Database | null,
  { alerter }: Pick<Configuration, 'alerter'>,
  deps: { health: Pick<HealthBoard, 'report'>; clock: Clock; logger: Logger },
): OpenAlerts {
  if (alerter.journal !== null) return openSharedJournal(alerter.journal, deps)
  if (db === null) throw new AppError('not-found', 'no journal is open')
  return {
    ...{ journal: alertJournal(db), history: historyOf(db), fatigueMails: fatigueMailsOf(db), onCall: onCallJournal(db) },
    retire: (before, now) => retireAlertsOf(db, before, now),
    ...{ cluster: null, engines: async () => [], close: async () => undefined },
  }
}

/** The engine as the pages look at it. */
export function engineView(
  { journal, history, engines }: OpenAlerts,
  { figures }: Pick<Alerter, 'figures'>,
  { alerter }: Pick<Configuration, 'alerter'>,
): EngineView {
  return { figures, history, engines, outbox: () => journal.waiting(), zones: zonesOf(alerter) }
}

/** Contacts that do not live where the rest does. */
export const zonesOf = ({ contacts }: Configuration['alerter']): Map<string, string> =>
  new Map(contacts.flatMap(({ name, zone }) => (zone === null ? [] : [[name, zone] as const])))

/** The weekly report by mail; null where nobody asked for it. */
export function fatigueMailing(
  { history, fatigueMails }: OpenAlerts,
  { reports, alerter, ui }: Configuration,
  mailer: Mailer | null,
  publicUrl: string,
  deps: Pick<FatigueMailDeps, 'clock' | 'logger' | 'health'>,
): FatigueMailDeps | null {
  if (!reports.fatigue || !mailer) return null
  const place = { publicUrl, language: ui.language, zone: ui.zone, zones: zonesOf(alerter) }
  return { config: reports.fatigue, history, mails: fatigueMails, mailer, ...place, ...deps }
}
