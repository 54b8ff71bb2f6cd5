/** Says whether the journal answers, and how much is in it. Who cannot write to it says so himself. */
import { type Clock, every } from '../../model/clock.ts'
import type { HealthBoard } from '../../model/health.ts'
import type { Database } from './database.ts'

const intervalMs = 15_000

export function watchJournal(
  db: Database,
  place: string,
  health: Pick<HealthBoard, 'report'>,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const report = (state: 'ok' | 'down', detail: string, numbers: Record<string, number> = {}) =>
    health.report({ component: 'journal', kind: 'journal', state, detail, numbers })
  return every(clock, intervalMs, signal, async () => {
    try {
      report('ok', place, { events: db.get<{ last: number | null }>('SELECT max(seq) AS last FROM event')?.last ?? 0 })
    } catch (error) {
      report('down', `${place}: ${(error as Error).message}`)
    }
  })
}
