/** Which files and tables answer a question about an interval. Pure. */
import type { Segment } from './catalog.ts'
import type { HotTable } from './hot-tables.ts'
import { cellMs, dayMs, dayOf, type Tier, windowMs } from './names.ts'

/** Raw rows: a sealed file or a hot table, with the part of it that is wanted. Of one sample's versions the highest layer counts. */
export interface RawPiece {
  source: { file: string } | { table: string }
  fields: readonly string[]
  from: number
  to: number
  layer: number
}

/** Cells of a roll-up whose start lies in [from, to). */
export interface RollupPiece {
  file: string
  fields: readonly string[]
  from: number
  to: number
}

export interface Plan {
  raw: RawPiece[]
  rollups: RollupPiece[]
  /** Some samples are there in several versions: take the newest of each. */
  amended: boolean
}

export interface Known {
  segments: readonly Segment[]
  tables: readonly HotTable[]
  amendedWindows: ReadonlySet<number>
}

const coarsestFirst: readonly Tier[] = ['1h', '5m', 'raw']

/**
 * Covers [from, to) without overlap: whole cells of the coarsest roll-up that divides `step`, raw rows (or finer cells) for
 * the rest; hot rows as they are. Where raw rows are gone by age, the finest roll-up stands in for them.
 */
export function plan(known: Known, range: { from: number; to: number; step: number | null }): Plan {
  const { from, to, step } = range
  const result: Plan = { raw: [], rollups: [], amended: false }
  const days = new Map<number, Segment[]>()
  for (const segment of known.segments) {
    if (segment.day >= to || segment.day + dayMs <= from) continue
    days.set(segment.day, [...(days.get(segment.day) ?? []), segment])
  }
  for (const [day, segments] of [...days].sort(([a], [b]) => a - b)) {
    const amended = windowsOf(day).some((window) => known.amendedWindows.has(window))
    const tiers = coarsestFirst
      .map((tier) => segments.find((segment) => segment.tier === tier))
      .filter((segment) => segment !== undefined)
    const raw = tiers.filter((segment) => segment.tier === 'raw')
    const useful = tiers.filter((segment) => step !== null && step % cellMs[segment.tier] === 0 && !(amended && raw.length > 0))
    const fallback = raw.length > 0 ? raw : tiers.slice(-1)
    const chain = [...useful.filter((segment) => segment.tier !== 'raw'), ...fallback]
    cover(result, [...new Set(chain)], Math.max(from, day), Math.min(to, day + dayMs), step === null)
  }
  for (const table of known.tables) {
    const start = Math.max(from, table.window)
    const end = Math.min(to, table.window + windowMs)
    if (start >= end) continue
    const { fields, generation } = table
    result.raw.push({ source: { table: table.table }, fields, from: start, to: end, layer: generation + 1 })
  }
  result.amended = result.raw.some((piece) => overlapsAmended(piece, known.amendedWindows))
  return result
}

function cover(plan: Plan, [first, ...rest]: readonly Segment[], from: number, to: number, rawOnly: boolean): void {
  if (!first || from >= to) return
  if (first.tier === 'raw') {
    plan.raw.push({ source: { file: first.file }, fields: first.fields, from, to, layer: 0 })
    return
  }
  if (rawOnly) return // roll-ups cannot give back single samples
  const cell = cellMs[first.tier]
  const last = rest.length === 0
  const start = last ? Math.floor(from / cell) * cell : Math.ceil(from / cell) * cell
  const end = last ? to : Math.floor(to / cell) * cell
  if (start >= end) {
    cover(plan, rest, from, to, rawOnly)
    return
  }
  plan.rollups.push({ file: first.file, fields: first.fields, from: start, to: end })
  cover(plan, rest, from, start, rawOnly)
  cover(plan, rest, end, to, rawOnly)
}

/** Six hours divide a day: a window belongs to one day. */
export const windowsOf = (day: number): number[] => Array.from({ length: dayMs / windowMs }, (_, i) => dayOf(day) + i * windowMs)

const overlapsAmended = ({ from, to }: RawPiece, amended: ReadonlySet<number>) => {
  for (const window of amended) if (window < to && window + windowMs > from) return true
  return false
}
