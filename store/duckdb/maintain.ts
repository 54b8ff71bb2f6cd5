/** What time does to stored samples: hot windows are sealed, what is past its retention goes. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError, type Logger } from '../../model/contract.ts'
import type { Segment } from './catalog.ts'
import type { Holdings } from './holdings.ts'
import type { HotTable } from './hot-tables.ts'
import { dayMs, dayOf, type Tier, windowMs } from './names.ts'
import { seal } from './seal.ts'
import type { Turns } from './turns.ts'

/** How long after a window's end late samples are still waited for before it is sealed. */
const graceMs = 30 * 60_000
const forgetLatestAfterMs = dayMs

export type Retention = Readonly<Record<Tier, number>>

export interface Caretaker {
  holdings: Holdings
  turns: Turns
  /** Resolves when every query that runs now has ended. */
  quiet: () => Promise<void>
  retention: Retention
  logger: Logger
}

/** One round. Each day is sealed by itself: one that fails is tried again in the next round. */
export async function maintain(caretaker: Caretaker, now: number, signal: AbortSignal): Promise<void> {
  await expire(caretaker, now)
  for (const { measurement, day, tables } of closedDays(caretaker.holdings.hot.all(), now)) {
    if (signal.aborted) return
    try {
      await sealDay(caretaker, measurement, day, tables)
    } catch (error) {
      if (!signal.aborted)
        caretaker.logger.warn(
          `samples: ${measurement} of ${new Date(day).toISOString().slice(0, 10)} could not be sealed; stays hot, tried again later`,
          {
            error: (error as Error).message,
          },
        )
    }
  }
}

/** Hot tables of windows that are over, by measurement and day. */
export function closedDays(tables: readonly HotTable[], now: number): { measurement: string; day: number; tables: HotTable[] }[] {
  const days = new Map<string, { measurement: string; day: number; tables: HotTable[] }>()
  for (const table of tables) {
    if (table.window + windowMs + graceMs > now) continue
    const day = dayOf(table.window)
    const key = `${day} ${table.measurement}`
    const entry = days.get(key)
    if (entry) entry.tables.push(table)
    else days.set(key, { measurement: table.measurement, day, tables: [table] })
  }
  return [...days.values()].sort((a, b) => a.day - b.day)
}

async function sealDay(caretaker: Caretaker, measurement: string, day: number, tables: readonly HotTable[]): Promise<void> {
  const { holdings, turns, quiet, logger } = caretaker
  const { hot, catalog, engine, directory } = holdings
  const known = holdings.known(measurement)
  const segments = known.segments.filter((segment) => segment.day === day)
  // Roll-ups whose raw rows are gone cannot be computed anew; the late rows stay hot until their own retention ends.
  if (segments.length > 0 && !segments.some(({ tier }) => tier === 'raw')) return
  await turns.take(async () => hot.freeze(tables))
  let old: Segment[]
  try {
    const job = { directory, measurement, day, segments, tables, sequence: () => catalog.nextSequence() }
    // Which windows are amended is read after freezing: later amendments are in other tables.
    const result = await seal(engine, { ...job, amendedWindows: holdings.known(measurement).amendedWindows })
    old = await turns.take(async () => commit(holdings, measurement, day, tables, result))
  } catch (error) {
    hot.thaw(tables)
    throw error
  }
  await quiet()
  await turns.take(() => hot.dropTables(tables))
  await remove(directory, old)
  logger.debug('samples sealed', { measurement, day: new Date(day).toISOString().slice(0, 10), tables: tables.length })
}

/** The moment of change, durable in the catalog: from here on the rows are in the files and the hot tables are leftovers. */
function commit(
  holdings: Holdings,
  measurement: string,
  day: number,
  tables: readonly HotTable[],
  result: Awaited<ReturnType<typeof seal>>,
): Segment[] {
  if (holdings.engine.closed) throw new AppError('storage', 'samples: DuckDB was opened again meanwhile; the day is sealed later')
  const generations = new Map<number, number>()
  for (const { window, generation } of tables) generations.set(window, Math.max(generation, generations.get(window) ?? 0))
  const windows = [...generations].map(([window, generation]) => {
    const later = holdings.hot.of(measurement).some((table) => table.window === window && !tables.includes(table))
    return { window, generation, amended: later && holdings.known(measurement).amendedWindows.has(window) }
  })
  holdings.catalog.seal({ measurement, day, windows, ...result })
  for (const { window, amended } of windows) holdings.setAmended(measurement, window, amended)
  holdings.hot.hide(tables)
  return holdings.replaceSegments(result.segments)
}

/** Files and tables past their retention: unlinked and dropped whole, never deleted row by row. */
async function expire({ holdings, turns, quiet, retention }: Caretaker, now: number): Promise<void> {
  const expired = holdings.segments.filter(({ day, tier }) => day + dayMs < now - retention[tier])
  const tables = holdings.hot.all().filter(({ window, frozen }) => !frozen && window + windowMs < now - retention.raw)
  await turns.take(async () => {
    if (expired.length > 0) holdings.catalog.drop(expired)
    holdings.replaceSegments([], expired)
    holdings.hot.hide(tables)
    holdings.catalog.forgetWindows(dayOf(now - retention.raw) - dayMs)
    forgetSeries(holdings, now - Math.max(retention.raw, retention['5m'], retention['1h']) - dayMs)
    for (const [sid, sample] of holdings.latest) if (sample.time < now - forgetLatestAfterMs) holdings.latest.delete(sid)
  })
  if (expired.length + tables.length === 0) return
  await quiet()
  if (tables.length > 0) await turns.take(() => holdings.hot.dropTables(tables))
  await remove(holdings.directory, expired)
}

function forgetSeries(holdings: Holdings, before: number): void {
  const sids = holdings.seriesBefore(before)
  if (sids.length === 0) return
  holdings.catalog.removeSeries(sids)
  holdings.forgetSeries(new Set(sids))
}

async function remove(directory: string, segments: readonly Segment[]): Promise<void> {
  for (const { file } of segments) await rm(join(directory, file), { force: true })
}
