/** What reports do by themselves: close settled months, mail reports. */
import { type Clock, every } from '../model/clock.ts'
import type { Logger } from '../model/contract.ts'
import type { HealthBoard } from '../model/health.ts'
import { type FatigueMailDeps, mailFatigue } from './fatigue-mail.ts'
import { type MailingDeps, mailReports } from './mailing.ts'
import { type Closing, type ClosingOptions, monthsToClose } from './months.ts'
import type { ReportsConfig } from './section.ts'
import type { ReportDeps } from './sources.ts'

const intervalMs = 60_000

export interface RunDeps {
  reporting: Pick<ReportDeps, 'months' | 'clock' | 'zone' | 'book'>
  closeMonth(options: ClosingOptions): Promise<Closing>
  /** null: nothing is mailed. */
  mailing: MailingDeps | null
  /** null: the weekly report on fatigue is not mailed. */
  fatigue: FatigueMailDeps | null
  clock: Clock
  logger: Logger
  health: Pick<HealthBoard, 'report'>
}

/** Looks every minute, until the signal is aborted. A failure waits for the next round; it is said when it begins and when it ends. */
export function runReports(config: ReportsConfig, deps: RunDeps, signal: AbortSignal): Promise<void> {
  let failing = false
  return every(deps.clock, intervalMs, signal, async () => {
    try {
      if (config.close.automatic && deps.reporting.book) await closeSettled(config, deps)
      if (deps.mailing) await mailReports(deps.mailing, signal)
      if (deps.fatigue) await mailFatigue(deps.fatigue, signal)
      if (failing) deps.logger.info('reports go on')
      failing = false
    } catch (error) {
      if (!failing) deps.logger.error(`reports: ${(error as Error).message}`, { error })
      failing = true
    }
  })
}

async function closeSettled({ close }: ReportsConfig, { reporting, closeMonth, logger, health }: RunDeps): Promise<void> {
  for (const month of await monthsToClose(reporting, close.settle)) {
    const closing = await closeMonth({ month, by: 'specola', settleMs: close.settle, gaps: close.gaps })
    const report = (state: 'ok' | 'degraded', detail: string) =>
      health.report({ component: 'months', kind: 'reports', state, detail })
    if (closing.outcome === 'closed') {
      logger.info(`${month} is closed`, { prices: closing.month.fingerprint, gaps: closing.month.gaps.length })
      report('ok', `${month} is closed`)
    } else if (closing.outcome === 'gaps') {
      report(
        'degraded',
        `${month} is not closed: ${closing.gaps.length} gaps in its messages (reconcile, or specola month close --force)`,
      )
      return // months are closed in their order
    }
  }
}
