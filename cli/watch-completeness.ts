/** Looks at the completeness of the last day now and then, and tells the health board: the check and the Health page read it there. */
import { everything } from '../model/access.ts'
import { dayMs } from '../model/audit-period.ts'
import { type Clock, every } from '../model/clock.ts'
import type { CompletenessJournal, Logger } from '../model/contract.ts'
import type { HealthBoard } from '../model/health.ts'
import { formatter } from '../ui/format.ts'
import { gapNote } from '../ui/gap-words.ts'
import { translator } from '../ui/i18n.ts'

const everyMs = 5 * 60_000
/** The collectors say where they stand first. */
const firstMs = 60_000

export async function watchCompleteness(
  completeness: Pick<CompletenessJournal, 'gaps'>,
  health: HealthBoard,
  clock: Clock,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  const words = { t: translator('en'), show: formatter('en', 'UTC') }
  const report = (detail: string, numbers?: Record<string, number>) =>
    health.report({ component: 'completeness', kind: 'completeness', state: 'ok', detail, ...(numbers && { numbers }) })
  report('looking at the last 24 hours')
  await clock.sleep(firstMs, signal).catch(() => undefined) // aborted: the loop does not begin
  await every(clock, everyMs, signal, async () => {
    try {
      const now = clock.now()
      const gaps = await completeness.gaps(everything, { from: now - dayMs, to: now })
      const counted = gaps.filter(({ loss }) => loss !== 'none')
      const kinds = Object.fromEntries([...Map.groupBy(counted, ({ kind }) => kind)].map(([kind, its]) => [kind, its.length]))
      report(gapNote(words, gaps) ?? 'nothing is missing in the last 24 hours', { gaps: counted.length, ...kinds })
    } catch (error) {
      logger.warn(`completeness could not be looked at: ${(error as Error).message}`)
    }
  })
}
