/** Once a day, at a quiet hour, removes what the settings let go; never for longer than some milliseconds at a time. */
import { dayMs, hourMs } from '../model/audit-period.ts'
import { type Clock, every } from '../model/clock.ts'
import type { Logger } from '../model/contract.ts'
import type { HealthBoard } from '../model/health.ts'
import type { Database } from '../store/journal/database.ts'
import { type Removed, type RetentionBounds, retire } from '../store/journal/retention.ts'
import type { RetentionConfig } from '../store/journal/retention-section.ts'
import { retiredSoFar } from '../store/journal/retired.ts'

const lookMs = 60_000
/** After so long the other work has its turn, and then so long it has. */
const workMs = 10
const restMs = 40

export interface RetentionDeps {
  /** Removes the history of alerts that is older than `before` and that nothing needs, step by step, wherever it is kept. */
  retireAlerts(before: number, now: () => number): AsyncIterable<number>
  health: Pick<HealthBoard, 'report'>
  clock: Clock
  logger: Logger
}

export function keepRetention(
  db: Database,
  config: RetentionConfig,
  { retireAlerts, health, clock, logger }: RetentionDeps,
  signal: AbortSignal,
): Promise<void> {
  let said: ['ok' | 'degraded', string] = ['ok', `next at ${String(config.hour).padStart(2, '0')}:00 UTC`]
  const report = (...words: typeof said) => {
    said = words
    const [state, detail] = words
    health.report({
      ...{ component: 'retention', kind: 'journal', state, detail },
      numbers: Object.fromEntries(retiredSoFar(db).map(({ what, count }) => [what, count])),
    })
  }
  let last = clock.now()
  return every(clock, lookMs, signal, async () => {
    const now = clock.now()
    if (!isDue(now, last, config.hour)) return report(...said)
    last = now
    try {
      const removed = await removeNow(db, boundsOf(config, now), { retireAlerts, clock }, signal)
      const words = `removed ${removed.witnesses} audits and readings that repeated others, the texts of ${removed.texts} messages, ${removed.events} events that no figure needs, and ${removed.alerts} entries of the history of alerts`
      logger.info(words, { ...removed, ms: clock.now() - now })
      report('ok', `${new Date(now).toISOString().slice(0, 16)}Z: ${words}`)
    } catch (error) {
      if (signal.aborted) return
      logger.warn(`retention stopped half-way, and goes on tomorrow: ${(error as Error).message}`)
      report('degraded', `stopped half-way: ${(error as Error).message}`)
    }
  })
}

interface Bounds extends RetentionBounds {
  alerts: number | null
}

/** In the hour, once; at any hour when that was missed twice. */
export const isDue = (now: number, last: number, hour: number): boolean =>
  now - last >= 2 * dayMs || (new Date(now).getUTCHours() === hour && now - last >= hourMs)

/** Whole hours: an audit's messages come together. */
export function boundsOf({ texts, witnesses, events, alerts }: RetentionConfig, now: number): Bounds {
  const before = (age: number | null) => (age === null ? null : Math.floor((now - age) / hourMs) * hourMs)
  return { texts: before(texts), witnesses: before(witnesses), events: before(events), alerts: before(alerts) }
}

export async function removeNow(
  db: Database,
  bounds: Bounds,
  { retireAlerts, clock }: Pick<RetentionDeps, 'retireAlerts' | 'clock'>,
  signal: AbortSignal,
): Promise<Record<Removed | 'alerts', number>> {
  const removed = { texts: 0, witnesses: 0, events: 0, alerts: 0 }
  const now = () => clock.now()
  let began = clock.monotonic()
  const rest = async () => {
    if (clock.monotonic() - began < workMs) return
    await clock.sleep(restMs, signal)
    began = clock.monotonic()
  }
  for await (const [what, count] of retire(db, bounds, now)) {
    removed[what] += count
    await rest()
  }
  if (bounds.alerts !== null)
    for await (const count of retireAlerts(bounds.alerts, now)) {
      removed.alerts += count
      await rest()
    }
  return removed
}
